//! A picture of a tree of components, and finding things in it.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::component::{Child, Component, Handle};
use crate::tools::Graph;
use crate::{Address, AnyAddress, ComponentId};

/// The components of a system, or those of one branch of it, as they stood when they
/// were listed.
///
/// They stand depth first, children in the order of their start: each component comes
/// before all that is below it. Printed, it is a line for each, the root first and
/// each child indented by one space more than its parent:
///
/// ```text
/// * <System [R]>
///  * <Pool/jobs pool (queued=0) [R]>
///   * <Worker/jobs w1 (queued=2) [R]>
/// ```
///
/// The supervisors are asked one after the other, so what changes meanwhile may be
/// seen or not; no component is listed twice. Nobody is held up by that: a supervisor
/// never waits for a child before it answers.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// use circuits::tools::Tree;
///
/// # #[component]
/// # #[derive(Default)]
/// # struct Pool;
/// # #[component]
/// # impl Pool {
/// #     #[handler("started")]
/// #     async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
/// #         for name in ["w1", "w2"] {
/// #             cx.supervise(Worker::default).named(name).await?;
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # #[component]
/// # #[derive(Default)]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(Pool::default).named("pool").await?; // it has two workers
///
/// let tree = Tree::of(&system).await;
/// let workers: Vec<Address<Worker>> = tree.by_type().collect();
/// assert_eq!(workers.len(), 2);
/// let first = tree.by_path("/pool/w1").next();
/// assert!(first.is_some_and(|worker| worker.address().is_running()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tree {
    root: Option<Handle>,
    entries: Vec<Entry>,
}

/// One component in a [`Tree`].
#[derive(Clone, Debug)]
pub struct Entry {
    child: Child,
    parent: ComponentId,
    depth: usize,
    path: String,
    waiting: usize,
    text: String,
}

impl Tree {
    /// Lists all components of a system.
    pub async fn of(system: &Handle) -> Self {
        let mut walk = Walk::default();
        let children = system.children().list().await;
        walk.plan(ComponentId::ROOT, 1, "", children.unwrap_or_default());
        Self {
            root: Some(system.clone()),
            entries: walk.run().await,
        }
    }

    /// Lists a component and all that is below it: none if it has left for good.
    pub async fn below(component: impl Into<AnyAddress>) -> Self {
        let address = component.into();
        let mut walk = Walk::default();
        if let Ok(child) = address.listed().await {
            let path = address.path();
            let above = path.strip_suffix(&format!("/{}", address.name()));
            walk.plan(address.parent(), 0, above.unwrap_or_default(), vec![child]);
        }
        Self {
            root: None,
            entries: walk.run().await,
        }
    }

    /// Returns all components, depth first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the addresses of the components of a type, depth first; `.next()` is
    /// the first one.
    pub fn by_type<C: Component>(&self) -> impl Iterator<Item = Address<C>> {
        let entries = self.entries.iter();
        entries.filter_map(|entry| entry.address().downcast())
    }

    /// Returns the components of a name, depth first.
    pub fn by_name(&self, name: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter();
        entries.filter(move |entry| entry.name() == name)
    }

    /// Returns the components on a channel, depth first: those whose own channel it is.
    pub fn by_channel(&self, channel: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter();
        entries.filter(move |entry| entry.address().channel() == channel)
    }

    /// Returns the components with a path such as `/pool/w1`, depth first: one, except
    /// where names are alike.
    pub fn by_path(&self, path: &str) -> impl Iterator<Item = &Entry> {
        let entries = self.entries.iter();
        entries.filter(move |entry| entry.path == path)
    }

    /// Returns the tree as a graph: a box for each component, with its name, type and
    /// channel, and for the system, if the whole of it was listed.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        let mut boxes = HashMap::new();
        if self.root.is_some() {
            boxes.insert(ComponentId::ROOT, graph.add_box(vec!["System".to_owned()]));
        }
        for entry in &self.entries {
            let place = graph.add_box(entry.label());
            boxes.insert(entry.id(), place);
            if let Some(above) = boxes.get(&entry.parent) {
                graph.add_arrow(*above, place, &[]);
            }
        }
        graph
    }

    /// Returns each component below another with the one above it, depth first; those
    /// at the root of a system are below [`ComponentId::ROOT`].
    pub fn edges(&self) -> impl Iterator<Item = (ComponentId, ComponentId)> {
        let skipped = usize::from(self.root.is_none());
        let entries = self.entries.iter().skip(skipped);
        entries.map(|entry| (entry.parent, entry.child.component))
    }
}

impl Entry {
    /// Returns the component.
    pub fn address(&self) -> &AnyAddress {
        &self.child.address
    }

    /// Returns its id.
    pub fn id(&self) -> ComponentId {
        self.child.component
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.child.name
    }

    /// Returns the names on the way to it: `/pool/w1`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns what its supervisor said of it.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Returns the component above it; [`ComponentId::ROOT`] for the system.
    pub fn parent(&self) -> ComponentId {
        self.parent
    }

    /// Returns how far it is below the root of the tree, which has depth 0.
    pub fn depth(&self) -> usize {
        self.depth
    }

    fn label(&self) -> Vec<String> {
        let address = self.address();
        let kind = format!("{}/{}", address.type_name(), address.channel());
        vec![self.name().to_owned(), kind]
    }

    /// Returns how many events waited in its mailbox.
    pub fn waiting(&self) -> usize {
        self.waiting
    }
}

/// A walk, depth first.
#[derive(Default)]
struct Walk {
    /// What is still to be looked at, the next last.
    open: Vec<Entry>,
    /// A component that moves while the walk goes on may be met again.
    seen: HashSet<ComponentId>,
}

impl Walk {
    fn plan(&mut self, parent: ComponentId, depth: usize, above: &str, children: Vec<Child>) {
        for child in children.into_iter().rev() {
            self.open.push(Entry {
                parent,
                depth,
                path: format!("{above}/{}", child.name),
                waiting: child.address.waiting(),
                text: child.address.to_string(),
                child,
            });
        }
    }

    async fn run(mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        while let Some(entry) = self.open.pop() {
            if !self.seen.insert(entry.id()) {
                continue;
            }
            if let Some(children) = entry.address().children() {
                // One that ends meanwhile has none any more.
                let children = children.list().await.unwrap_or_default();
                self.plan(entry.id(), entry.depth + 1, &entry.path, children);
            }
            entries.push(entry);
        }
        entries
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(system) = &self.root {
            let state = if system.is_stopped() { 'S' } else { 'R' };
            writeln!(f, "* <System [{state}]>")?;
        }
        for entry in &self.entries {
            writeln!(f, "{:depth$}* {}", "", entry.text, depth = entry.depth)?;
        }
        Ok(())
    }
}

/// As `Display`.
impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

//! A component that does nothing but supervise.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use crate::core::component::{
    Added, AutoShutdown, Child, ChildCount, ChildError, ChildSpec, Component, Context, Declare,
    Handler, Handles, Options, Ran, Shared, SpecError, StartError, Strategy,
};
use crate::core::event::{AnyEvent, Error, Event};
use crate::core::id::ComponentId;
use crate::core::mailbox::{Message, Mode};
use crate::core::reply::{Answer, Envelope, Letter, Notice};
use crate::core::supervisor::by_event::by_event;
use crate::core::supervisor::events::{
    CountChildren, DeleteChild, RestartChild, StartChild, TerminateChild, WhichChildren,
};

/// A component that does nothing but supervise: a declared tree.
///
/// A function that returns one says what the tree is; it is called at the start
/// and again at each restart of the supervisor, so that its children are back.
/// They start in the order given, each when the one before it has, and stop in
/// reverse. If one does not start, those before it are stopped, and the start
/// fails with [`ChildStartError`].
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::supervisor::{ChildSpec, Supervisor};
///
/// # #[component]
/// # #[derive(Default)]
/// # struct Database;
/// # #[component]
/// # impl Database {}
/// # #[component]
/// # #[derive(Default)]
/// # struct Cache;
/// # #[component]
/// # impl Cache {}
/// # #[component]
/// # struct Web { port: u16 }
/// # #[component]
/// # impl Web {}
/// fn storage() -> Supervisor {
///     // Both are restarted when one of them fails.
///     Supervisor::one_for_all()
///         .child(ChildSpec::new("database", Database::default))
///         .child(ChildSpec::new("cache", Cache::default))
/// }
///
/// fn service(port: u16) -> Supervisor {
///     // What fails is restarted, with all that was started after it.
///     Supervisor::rest_for_one()
///         .max_restarts(3)
///         .within(Duration::from_secs(10))
///         .child(ChildSpec::new("storage", storage))
///         .child(ChildSpec::new("web", move || Web { port }))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let service = system.supervise(|| service(8080)).named("service").await?;
/// let children = service.children().list().await?;
/// assert_eq!(&*children[1].name, "web");
/// # Ok(())
/// # }
/// ```
#[must_use = "a supervisor starts nothing before it is started itself"]
pub struct Supervisor {
    options: Options,
    children: Vec<ChildSpec>,
}

impl Supervisor {
    /// Makes a supervisor without children; 1 restart within 5 s unless said.
    pub fn new(strategy: Strategy) -> Self {
        Self {
            options: Options::new().strategy(strategy),
            children: Vec::new(),
        }
    }

    /// Of its children, the one that fails is restarted.
    pub fn one_for_one() -> Self {
        Self::new(Strategy::OneForOne)
    }

    /// When one child fails, all are restarted.
    pub fn one_for_all() -> Self {
        Self::new(Strategy::OneForAll)
    }

    /// When one child fails, it and those after it are restarted.
    pub fn rest_for_one() -> Self {
        Self::new(Strategy::RestForOne)
    }

    /// For children that come and go: see [`Strategy::Dynamic`]. Where all are
    /// made by one function, [`Dynamic`](super::Dynamic) is simpler.
    pub fn dynamic() -> Self {
        Self::new(Strategy::Dynamic)
    }

    /// Sets how many restarts are allowed within the window.
    pub fn max_restarts(mut self, restarts: u32) -> Self {
        self.options = self.options.max_restarts(restarts);
        self
    }

    /// Allows any number of restarts.
    pub fn unlimited_restarts(mut self) -> Self {
        self.options = self.options.unlimited_restarts();
        self
    }

    /// Sets the length of the sliding window.
    pub fn within(mut self, window: Duration) -> Self {
        self.options = self.options.within(window);
        self
    }

    /// Sets whether the end of significant children ends the supervisor.
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.options = self.options.auto_shutdown(auto_shutdown);
        self
    }

    /// Adds a child, which is started after those before it.
    pub fn child(mut self, spec: ChildSpec) -> Self {
        self.children.push(spec);
        self
    }

    /// Checks what was said, as the start does before it starts any child.
    ///
    /// # Errors
    /// The first mistake that is found.
    pub fn check(&self) -> Result<(), SpecError> {
        self.options.check()?;
        let mut names = HashSet::new();
        for child in &self.children {
            if !names.insert(child.name()) {
                return Err(SpecError::DuplicateName(child.name().to_owned()));
            }
            child.check(&self.options)?;
        }
        Ok(())
    }

    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        self.check()?;
        cx.set_supervision(self.options);
        let children = cx.children();
        for spec in std::mem::take(&mut self.children) {
            let child = spec.name().to_owned();
            if let Err(error) = children.start_in(cx, spec).await {
                return Err(ChildStartError { child, error }.into());
            }
        }
        Ok(())
    }

    async fn which_children(
        &self,
        _event: &WhichChildren,
        cx: &Context<Self>,
    ) -> Result<Vec<Child>, ChildError> {
        cx.children().list().await
    }

    async fn count_children(
        &self,
        _event: &CountChildren,
        cx: &Context<Self>,
    ) -> Result<ChildCount, ChildError> {
        cx.children().count().await
    }

    async fn terminate_child(
        &self,
        event: &TerminateChild,
        cx: &Context<Self>,
    ) -> Result<(), ChildError> {
        cx.children().terminate(&*event.0).await
    }

    async fn restart_child(
        &self,
        event: &RestartChild,
        cx: &Context<Self>,
    ) -> Result<(), ChildError> {
        cx.children().restart(&*event.0).await
    }

    async fn delete_child(
        &self,
        event: &DeleteChild,
        cx: &Context<Self>,
    ) -> Result<(), ChildError> {
        cx.children().delete(&*event.0).await
    }

    async fn start_child(
        &self,
        event: &StartChild,
        cx: &Context<Self>,
    ) -> Result<Option<ComponentId>, StartError> {
        match event.take() {
            Some(spec) => cx.children().start(spec).await.map(Some),
            None => Ok(None),
        }
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("options", &self.options)
            .field("children", &self.children)
            .finish()
    }
}

/// Why a [`Supervisor`] did not start: one of its children did not.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the child `{child}` did not start")]
pub struct ChildStartError {
    child: String,
    #[source]
    error: StartError,
}

impl ChildStartError {
    /// Returns the name of the child.
    pub fn child(&self) -> &str {
        &self.child
    }

    /// Returns why it did not start.
    pub fn error(&self) -> &StartError {
        &self.error
    }
}

by_event! {
    Supervisor [], SupervisorMessage, "Supervisor",
    1 => WhichChildren(WhichChildren), which_children;
    2 => CountChildren(CountChildren), count_children;
    3 => TerminateChild(TerminateChild), terminate_child;
    4 => RestartChild(RestartChild), restart_child;
    5 => DeleteChild(DeleteChild), delete_child;
    6 => StartChild(StartChild), start_child;
}

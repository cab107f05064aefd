//! Who fires what to whom.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ComponentId;
use crate::component::Handle;
use crate::event::{EventRef, Name};
use crate::tap::{Firing, Handling, Member, Source, Tap, TapGuard};
use crate::tools::Graph;
use crate::tools::graph::one_line;

/// Records who fires what to whom, from when it is made until it is dropped.
///
/// What a timer of a component fires counts as fired by it. What nobody but a
/// [`Wait`](crate::Wait) gets is not recorded.
///
/// # Cost and bounds
/// It hangs a [tap](crate::tap) onto the system, so every event is traced while it is
/// there; nobody pays once it is dropped. It takes one short lock for each handling. It
/// keeps a count for each sender, receiver and name of an event that it meets: for
/// 1,024 of these, unless said. What it meets beyond is [counted](Flow::left_out), and
/// else forgotten.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// use circuits::tools::Recorder;
///
/// # #[derive(Event)]
/// # #[event(reply = u32)]
/// # struct Count;
/// # #[component]
/// # #[derive(Default)]
/// # struct Counter;
/// # #[component]
/// # impl Counter {
/// #     #[handler("count")]
/// #     fn count(&mut self, _event: &Count) -> u32 { 1 }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// # let system = System::new();
/// system.supervise(Counter::default).named("counter").await?;
/// let recorder = Recorder::on(&system);
/// system.call(Count).await?;
/// system.call(Count).await?;
/// assert_eq!(recorder.flow().to_string(), "outside\n -> counter: count × 2\n");
/// # Ok(())
/// # }
/// ```
#[must_use = "it records until it is dropped"]
pub struct Recorder {
    book: Arc<Book>,
    _guard: TapGuard,
}

/// Who fired what to whom, as a [`Recorder`] has met it.
///
/// Printed, it lists for each sender its receivers, with the name of the event and how
/// often that was handled:
///
/// ```text
/// outside
///  -> greeter: hello × 2
/// greeter
///  -> log: greeted × 2
///  -> nobody: forgotten × 1
/// ```
#[derive(Clone, Debug, Default)]
pub struct Flow {
    edges: Vec<FlowEdge>,
    left_out: u64,
}

/// One event from one sender to one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FlowEdge {
    /// Who fired it.
    pub from: Peer,
    /// Who handled it.
    pub to: Peer,
    /// The name of the event.
    pub event: Name,
    /// How many handlings of it have begun; with [`Peer::Nobody`], how often it was
    /// fired and not heard.
    pub count: u64,
}

/// Who fires an event, or handles it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// A component, by a handler or a timer.
    Component {
        /// The component.
        id: ComponentId,
        /// Its name.
        name: Arc<str>,
    },
    /// Somebody outside of all components, or a task of one.
    Outside,
    /// The framework itself: events of the life of components, feedback.
    Framework,
    /// Nobody handles it.
    Nobody,
}

impl Recorder {
    /// The most edges that are kept, unless said.
    pub const LIMIT: usize = 1024;

    /// Begins to record.
    pub fn on(system: &Handle) -> Self {
        Self::with_limit(system, Self::LIMIT)
    }

    /// Begins to record, and keeps so many edges at most.
    pub fn with_limit(system: &Handle, limit: usize) -> Self {
        let book = Arc::new(Book {
            limit,
            pages: Mutex::default(),
        });
        Self {
            _guard: system.tap(Writer(book.clone())),
            book,
        }
    }

    /// Returns what was recorded so far, the first met first.
    pub fn flow(&self) -> Flow {
        self.book.pages().flow.clone()
    }

    /// Forgets what was recorded so far.
    pub fn clear(&self) {
        let before = std::mem::take(&mut *self.book.pages());
        drop(before);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = self.book.pages();
        f.debug_struct("Recorder")
            .field("edges", &pages.flow.edges.len())
            .field("limit", &self.book.limit)
            .finish_non_exhaustive()
    }
}

impl Flow {
    /// Returns the edges, the first met first.
    pub fn edges(&self) -> &[FlowEdge] {
        &self.edges
    }

    /// Returns how many handlings were left out because there were too many edges.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Keeps only some edges: `flow.retain(|edge| edge.from != Peer::Framework)`.
    pub fn retain(&mut self, keep: impl FnMut(&FlowEdge) -> bool) {
        self.edges.retain(keep);
    }

    /// Returns it as a graph: a box for each sender and receiver, and one arrow
    /// between two of them, with a line for each event.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::default();
        let mut boxes = HashMap::new();
        let mut arrows: Vec<((usize, usize), Vec<String>)> = Vec::new();
        let mut places = HashMap::new();
        for FlowEdge {
            from,
            to,
            event,
            count,
        } in &self.edges
        {
            let ends = [from, to].map(|peer| {
                let place = boxes.entry(peer);
                *place.or_insert_with(|| graph.add_box(vec![peer.to_string()]))
            });
            let ends = (ends[0], ends[1]);
            let place = *places.entry(ends).or_insert_with(|| {
                arrows.push((ends, Vec::new()));
                arrows.len() - 1
            });
            arrows[place].1.push(format!("{event} × {count}"));
        }
        for ((from, to), label) in arrows {
            graph.add_arrow(from, to, &label);
        }
        graph
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut senders: Vec<&Peer> = Vec::new();
        let mut by_sender: HashMap<&Peer, Vec<&FlowEdge>> = HashMap::new();
        for edge in &self.edges {
            let edges = by_sender.entry(&edge.from).or_default();
            if edges.is_empty() {
                senders.push(&edge.from);
            }
            edges.push(edge);
        }
        for sender in senders {
            writeln!(f, "{}", one_line(&sender.to_string()))?;
            for FlowEdge {
                to, event, count, ..
            } in &by_sender[sender]
            {
                let to = one_line(&format!("{to}: {event} × {count}"));
                writeln!(f, " -> {to}")?;
            }
        }
        if self.left_out > 0 {
            writeln!(f, "({} left out)", self.left_out)?;
        }
        Ok(())
    }
}

/// The name of the component, or a word for who is none.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Component { name, .. } => name,
            Self::Outside => "outside",
            Self::Framework => "circuits",
            Self::Nobody => "nobody",
        })
    }
}

impl From<&Member> for Peer {
    fn from(member: &Member) -> Self {
        Self::Component {
            id: member.id,
            name: member.name.clone(),
        }
    }
}

impl From<&Source> for Peer {
    fn from(sender: &Source) -> Self {
        match sender {
            Source::Handler { component, .. } | Source::Timer(component) => component.into(),
            Source::Framework => Self::Framework,
            Source::Outside => Self::Outside,
        }
    }
}

/// What a recorder and its tap share.
struct Book {
    limit: usize,
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    flow: Flow,
    /// Where each edge stands in the flow.
    places: HashMap<(Peer, Peer, Name), usize>,
}

impl Book {
    fn note(&self, from: Peer, to: Peer, event: &Name) {
        let mut pages = self.pages();
        let Pages { flow, places } = &mut *pages;
        let key = (from, to, event.clone());
        if let Some(place) = places.get(&key) {
            flow.edges[*place].count += 1;
        } else if places.len() < self.limit {
            let (from, to, event) = key.clone();
            places.insert(key, flow.edges.len());
            flow.edges.push(FlowEdge {
                from,
                to,
                event,
                count: 1,
            });
        } else {
            flow.left_out += 1;
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears of every firing, and writes it into the book.
struct Writer(Arc<Book>);

impl Tap for Writer {
    fn fired(&self, firing: &Firing, _event: EventRef<'_>) {
        // The framework tells much that nobody needs to hear.
        if firing.receivers == 0 && !matches!(firing.sender, Source::Framework) {
            let from = Peer::from(&firing.sender);
            self.0.note(from, Peer::Nobody, &firing.event);
        }
    }

    fn begins(&self, firing: &Firing, handling: &Handling) {
        let (from, to) = (Peer::from(&firing.sender), Peer::from(&handling.component));
        self.0.note(from, to, &firing.event);
    }
}

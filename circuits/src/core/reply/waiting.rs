//! Who waits for whom.
//!
//! Every handler that awaits something another component has to do publishes
//! an edge on its own component, and then looks for a ring. Of two handlers
//! that close a ring in the same instant, at least one sees the other's edge,
//! because each edge is published under its component's lock before either
//! search begins. No lock is held while another is taken.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::core::id::ComponentId;
use crate::core::reply::Deadlock;

/// A component, as far as waiting goes.
pub(crate) trait Party: Send + Sync {
    fn id(&self) -> ComponentId;
    /// The component's name, for people.
    fn label(&self) -> String;
    fn edges(&self) -> &Edges;
    /// The same for one who only looks; `None` where there never were any.
    fn open_edges(&self) -> Option<&Edges> {
        Some(self.edges())
    }
    /// Tells whether an exclusive event waits for the readers that run now.
    fn has_writer_waiting(&self) -> bool;
}

/// Tells apart the readers of one component that run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Run(u32);

impl Run {
    /// A handler that runs alone.
    pub(crate) const ALONE: Self = Self(0);

    /// Returns the number of the next reader.
    pub(crate) fn next(self) -> Self {
        Self(self.0.checked_add(1).unwrap_or(1))
    }

    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// Returns the run that has this number.
    pub(crate) fn numbered(number: u32) -> Self {
        Self(number)
    }

    pub(crate) fn is_reader(self) -> bool {
        self != Self::ALONE
    }
}

/// Someone who has to act before a wait can end.
#[derive(Clone)]
pub(crate) struct Blocker {
    pub(crate) party: Arc<dyn Party>,
    /// The reader that has the event; [`Run::ALONE`] while the event is queued,
    /// or where an exclusive handler has it: then the component as a whole counts.
    pub(crate) run: Run,
}

impl Blocker {
    /// The component as a whole.
    pub(crate) fn whole(party: Arc<dyn Party>) -> Self {
        Self {
            party,
            run: Run::ALONE,
        }
    }

    /// The waits that keep it from acting.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = self.party.open_edges().map_or_else(Vec::new, Edges::list);
        if !edges.is_empty() {
            let writer = self.party.has_writer_waiting();
            edges.retain(|edge| {
                if self.run.is_reader() {
                    edge.run == self.run
                } else {
                    writer || !edge.run.is_reader()
                }
            });
        }
        edges
    }
}

/// Something that a handler awaits.
pub(crate) trait Wait: Send + Sync {
    /// Shows those who may end it; any one of them is enough.
    fn blockers(&self, show: &mut dyn FnMut(Blocker));
    /// Tells without any effort whether somebody can act, as is the rule.
    fn is_free(&self) -> bool {
        let mut free = true;
        let mut first = true;
        self.blockers(&mut |blocker| {
            let acts = blocker.edges().is_empty();
            free = if first { acts } else { free || acts };
            first = false;
        });
        free
    }
    /// Whether it can be broken off without harm, as waiting for room can.
    fn is_yielding(&self) -> bool;
    /// Ends the wait because it is part of a ring.
    fn break_off(&self, deadlock: Deadlock);
}

/// One wait of one handler.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) handler: &'static str,
    pub(crate) run: Run,
    pub(crate) wait: Arc<dyn Wait>,
}

impl Edge {
    pub(crate) fn new(handler: &'static str, run: Run, wait: Arc<dyn Wait>) -> Self {
        Self { handler, run, wait }
    }

    pub(crate) fn is_reader(&self) -> bool {
        self.run.is_reader()
    }

    /// Tells whether it is the same wait.
    pub(crate) fn is(&self, other: &Self) -> bool {
        same(&self.wait, &other.wait)
    }
}

/// The waits of one component's handlers that run now.
#[derive(Default)]
pub(crate) struct Edges {
    list: Mutex<Vec<Edge>>,
    /// The length of the list, to be read without its lock.
    count: AtomicUsize,
}

impl Edges {
    pub(crate) fn publish(&self, edge: Edge) {
        let mut list = self.lock();
        list.push(edge);
        self.count.store(list.len(), Ordering::SeqCst);
    }

    pub(crate) fn withdraw(&self, wait: &Arc<dyn Wait>) {
        let mut list = self.lock();
        if let Some(at) = list.iter().position(|edge| same(&edge.wait, wait)) {
            list.swap_remove(at);
        }
        self.count.store(list.len(), Ordering::SeqCst);
    }

    pub(crate) fn find(&self, wait: &Arc<dyn Wait>) -> Option<Edge> {
        self.lock()
            .iter()
            .find(|edge| same(&edge.wait, wait))
            .cloned()
    }

    /// Tells whether none of them waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::SeqCst) == 0
    }

    pub(crate) fn list(&self) -> Vec<Edge> {
        if self.is_empty() {
            Vec::new()
        } else {
            self.lock().clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Edge>> {
        self.list.lock()
    }
}

fn same(left: &Arc<dyn Wait>, right: &Arc<dyn Wait>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(left), Arc::as_ptr(right))
}

impl fmt::Debug for Edges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edges({})", self.count.load(Ordering::Relaxed))
    }
}

//! Who waits for whom, and the search for rings.
//!
//! Every handler that awaits something another component has to do publishes
//! an edge on its own component, then walks. Of two handlers that close a ring
//! in the same instant, at least one sees the other's edge, because each edge
//! is published under its component's lock before either walk begins. No lock
//! is held while another is taken.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::id::ComponentId;
use crate::core::reply::Deadlock;

/// Rings longer than this are not searched for.
const DEPTH: usize = 512;

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

/// Something that a handler awaits.
pub(crate) trait Wait: Send + Sync {
    /// The components that have to act first; all of them.
    fn blockers(&self) -> Vec<Arc<dyn Party>>;
    /// Whether it can be broken off without harm, as waiting for room can.
    fn is_yielding(&self) -> bool;
    /// Ends the wait because it is part of a ring.
    fn break_off(&self, deadlock: Deadlock);
}

/// One wait of one handler.
#[derive(Clone)]
pub(crate) struct Edge {
    handler: &'static str,
    /// Held by a `&self` handler: it blocks exclusive events only.
    reader: bool,
    wait: Arc<dyn Wait>,
}

impl Edge {
    pub(crate) fn new(handler: &'static str, reader: bool, wait: Arc<dyn Wait>) -> Self {
        Self {
            handler,
            reader,
            wait,
        }
    }

    pub(crate) fn is_reader(&self) -> bool {
        self.reader
    }

    /// Ends the wait because it is part of a ring.
    pub(crate) fn break_off(&self, deadlock: Deadlock) {
        self.wait.break_off(deadlock);
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

    pub(crate) fn list(&self) -> Vec<Edge> {
        if self.count.load(Ordering::SeqCst) == 0 {
            Vec::new()
        } else {
            self.lock().clone()
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Edge>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Looks for a ring that this edge closes; the edge must be published.
///
/// Waits on the ring that can yield are broken off instead, and then there is
/// no deadlock.
pub(crate) fn find_deadlock(party: &Arc<dyn Party>, edge: &Edge) -> Option<Deadlock> {
    let mut walk = Walk {
        start: party.id(),
        start_reads: edge.reader,
        seen: Vec::new(),
        path: vec![step(party, edge)],
        yielding: Vec::new(),
    };
    if edge.wait.is_yielding() {
        walk.yielding.push(edge.clone());
    }
    if !walk.is_stuck(edge) {
        return None;
    }
    let deadlock = Deadlock::new(walk.path);
    if walk.yielding.is_empty() {
        return Some(deadlock);
    }
    for edge in walk.yielding {
        edge.break_off(deadlock.clone());
    }
    None
}

fn step(party: &Arc<dyn Party>, edge: &Edge) -> String {
    format!("{}.{}", party.label(), edge.handler)
}

struct Walk {
    start: ComponentId,
    start_reads: bool,
    seen: Vec<ComponentId>,
    path: Vec<String>,
    yielding: Vec<Edge>,
}

impl Walk {
    /// Tells whether everyone that the edge waits for waits for the start.
    fn is_stuck(&mut self, edge: &Edge) -> bool {
        let blockers = edge.wait.blockers();
        !blockers.is_empty() && blockers.iter().all(|party| self.waits_for_start(party))
    }

    fn waits_for_start(&mut self, party: &Arc<dyn Party>) -> bool {
        if party.id() == self.start {
            // Readers do not wait for a reader, unless a writer came between.
            return !self.start_reads || party.has_writer_waiting();
        }
        if self.seen.contains(&party.id()) || self.seen.len() >= DEPTH {
            return false;
        }
        self.seen.push(party.id());
        for edge in party.open_edges().map_or_else(Vec::new, Edges::list) {
            if edge.reader && !party.has_writer_waiting() {
                continue;
            }
            let (path, yielding) = (self.path.len(), self.yielding.len());
            self.path.push(step(party, &edge));
            if edge.wait.is_yielding() {
                self.yielding.push(edge.clone());
            }
            if self.is_stuck(&edge) {
                return true;
            }
            self.path.truncate(path);
            self.yielding.truncate(yielding);
        }
        false
    }
}

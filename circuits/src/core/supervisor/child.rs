//! The table of children.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::Arc;

use smallvec::SmallVec;
use tokio::sync::oneshot;

use crate::core::component::{Birth, Body, Shutdown, Spec, StartError};
use crate::core::runtime::{Instant, SeededHash};

/// The place of a child in the order of starting.
pub(crate) type Place = u64;

/// One child, and how far it is.
pub(crate) struct Child {
    pub(crate) birth: Arc<dyn Birth>,
    pub(crate) spec: Spec,
    pub(crate) phase: Phase,
    pub(crate) life: u64,
    pub(crate) deadline: Option<Instant>,
}

/// How far a child is.
pub(crate) enum Phase {
    /// Its `started` handler runs. A start that was asked for is answered; one
    /// that nobody asked for is a restart.
    Starting(Option<Box<StartReply>>),
    Running,
    /// It waits out its backoff.
    Delayed,
    /// It waits for its turn in the restart of a group.
    Queued(Option<Box<StartReply>>),
    /// It was told to end.
    Ending(Box<Ending>),
    /// It is listed without a life.
    Stopped {
        /// Whether that was asked for: then the restart of a group leaves it so.
        asked: bool,
    },
}

/// Who awaits a start.
pub(crate) struct StartReply {
    reply: oneshot::Sender<Result<(), StartError>>,
    /// Whether the child stays listed if it fails.
    pub(crate) kept: bool,
}

impl StartReply {
    /// Of a child that is new.
    pub(crate) fn new(reply: oneshot::Sender<Result<(), StartError>>) -> Box<Self> {
        Box::new(Self { reply, kept: false })
    }

    /// Of a child that stands stopped.
    pub(crate) fn kept(reply: oneshot::Sender<Result<(), StartError>>) -> Box<Self> {
        Box::new(Self { reply, kept: true })
    }

    pub(crate) fn send(self, outcome: Result<(), StartError>) {
        let _ = self.reply.send(outcome);
    }
}

pub(crate) struct Ending {
    /// Whether it knows.
    pub(crate) told: bool,
    pub(crate) killed: bool,
    /// Whether it was killed and waits for its own children.
    pub(crate) waits: bool,
    /// Whether it was waited for in vain already.
    pub(crate) stuck: bool,
    /// What comes after its end.
    pub(crate) then: Then,
    /// As a rule one waits for it.
    pub(crate) replies: SmallVec<[oneshot::Sender<()>; 1]>,
    pub(crate) start: Option<(Box<StartReply>, StartError)>,
}

/// What becomes of a child that was told to end; the strongest wish counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Then {
    /// It is started again with its group.
    Queue,
    /// It stays listed.
    Stay,
    /// It is forgotten.
    Leave,
}

impl Ending {
    pub(crate) fn new(then: Then) -> Self {
        Self {
            told: false,
            killed: false,
            waits: false,
            stuck: false,
            then,
            replies: SmallVec::new(),
            start: None,
        }
    }

    pub(crate) fn answer(self) {
        for reply in self.replies {
            let _ = reply.send(());
        }
        if let Some((reply, error)) = self.start {
            reply.send(Err(error));
        }
    }
}

impl Child {
    pub(crate) fn new(birth: Arc<dyn Birth>, spec: Spec) -> Self {
        Self {
            birth,
            spec,
            phase: Phase::Stopped { asked: false },
            life: 0,
            deadline: None,
        }
    }

    /// Tells whether a life of it goes on, or is about to.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.phase, Phase::Stopped { .. })
    }

    /// How long it may take to end.
    pub(crate) fn shutdown(&self) -> Shutdown {
        self.spec
            .shutdown()
            .unwrap_or_else(|| self.birth.body().shutdown())
    }
}

/// The children of one supervisor, in the order of their start.
#[derive(Default)]
pub(crate) struct Children {
    next: Place,
    /// Boxed: a tree that grows at its end leaves half of each node empty.
    list: BTreeMap<Place, Box<Child>>,
    names: HashMap<Arc<str>, Place, SeededHash>,
    /// When to look at whom, the earliest first. What a child's own `deadline` does
    /// not say is stale: most are taken back long before they come.
    deadlines: BinaryHeap<Reverse<(Instant, Place)>>,
    /// How many children have a deadline.
    timed: usize,
}

/// So many stale deadlines are kept, and as many as there are others.
const STALE: usize = 64;

impl Children {
    /// Returns the child that was given a name.
    pub(crate) fn named(&self, name: &str) -> Option<Place> {
        self.names.get(name).copied()
    }

    pub(crate) fn add(&mut self, child: Child) -> Place {
        let place = self.next;
        self.next += 1;
        let body = child.birth.body();
        body.set_place(place);
        if child.spec.named {
            self.names.insert(body.name().clone(), place);
        }
        self.list.insert(place, Box::new(child));
        place
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Box<Child>> {
        let child = self.list.remove(&place)?;
        if child.deadline.is_some() {
            self.timed -= 1;
            self.forget_stale();
        }
        if child.spec.named {
            self.names.remove(child.birth.body().name());
        }
        Some(child)
    }

    /// Returns the place of a child, if it is one.
    pub(crate) fn place(&self, body: &dyn Body) -> Option<Place> {
        let place = body.place();
        let child = self.list.get(&place)?.birth.body();
        // Not its id, which is unique in one system only.
        std::ptr::addr_eq(Arc::as_ptr(&child), body).then_some(place)
    }

    pub(crate) fn get(&mut self, place: Place) -> Option<&mut Child> {
        self.list.get_mut(&place).map(Box::as_mut)
    }

    pub(crate) fn peek(&self, place: Place) -> Option<&Child> {
        self.list.get(&place).map(Box::as_ref)
    }

    /// Returns all children in the order of their start.
    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = (Place, &Child)> {
        self.list.iter().map(|(place, child)| (*place, &**child))
    }

    /// Returns the child that was started last.
    pub(crate) fn last(&self) -> Option<Place> {
        self.list.last_key_value().map(|(place, _)| *place)
    }

    /// Returns the child that was started first.
    pub(crate) fn first(&self) -> Option<Place> {
        self.list.first_key_value().map(|(place, _)| *place)
    }

    /// Returns the place behind all children.
    pub(crate) fn end(&self) -> Place {
        self.next
    }

    /// Returns the last child from one place on and before another.
    pub(crate) fn last_within(&self, from: Place, before: Place) -> Option<Place> {
        if before <= from {
            return None;
        }
        let mut range = self.list.range(from..before);
        range.next_back().map(|(place, _)| *place)
    }

    /// Returns the first child from a place on.
    pub(crate) fn first_from(&self, from: Place) -> Option<Place> {
        self.list.range(from..).next().map(|(place, _)| *place)
    }

    pub(crate) fn set_phase(&mut self, place: Place, phase: Phase) {
        if let Some(child) = self.get(place) {
            child.phase = phase;
        }
    }

    pub(crate) fn set_deadline(&mut self, place: Place, deadline: Option<Instant>) {
        let Some(child) = self.list.get_mut(&place) else {
            return;
        };
        let old = std::mem::replace(&mut child.deadline, deadline);
        if old == deadline {
            return;
        }
        self.timed += usize::from(deadline.is_some());
        self.timed -= usize::from(old.is_some());
        if let Some(deadline) = deadline {
            self.deadlines.push(Reverse((deadline, place)));
        }
        self.forget_stale();
    }

    /// Keeps the list of deadlines about as long as there are any.
    fn forget_stale(&mut self) {
        if self.timed == 0 {
            self.deadlines.clear();
            self.deadlines.shrink_to(2 * STALE);
        } else if self.deadlines.len() > 2 * self.timed + STALE {
            let mut deadlines = std::mem::take(&mut self.deadlines).into_vec();
            deadlines.retain(|Reverse((deadline, place))| {
                let child = self.list.get(place);
                child.is_some_and(|child| child.deadline == Some(*deadline))
            });
            // The same one may have been set, taken back, and set again.
            deadlines.sort_unstable();
            deadlines.dedup();
            deadlines.shrink_to(2 * STALE);
            self.deadlines = deadlines.into();
        }
    }

    /// Returns when to look at the deadlines: not after the first one.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let Reverse((deadline, _)) = self.deadlines.peek()?;
        Some(*deadline)
    }

    /// Takes a child whose deadline has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Place> {
        while let Some(Reverse((deadline, place))) = self.deadlines.peek().copied() {
            let child = self.list.get(&place);
            let is_stale = child.is_none_or(|child| child.deadline != Some(deadline));
            if !is_stale && deadline > now {
                return None;
            }
            self.deadlines.pop();
            if !is_stale {
                self.set_deadline(place, None);
                return Some(place);
            }
        }
        None
    }
}

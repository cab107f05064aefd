//! The table of children.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::core::runtime::Instant;
use tokio::sync::oneshot;

use crate::core::component::{Birth, Body, Spec, StartError};

/// The place of a child in the order of starting.
pub(crate) type Place = u64;

/// One child, and how far it is.
pub(crate) struct Child {
    pub(crate) birth: Box<dyn Birth>,
    pub(crate) spec: Spec,
    pub(crate) phase: Phase,
    pub(crate) life: u64,
    pub(crate) deadline: Option<Instant>,
}

/// How far a child is.
pub(crate) enum Phase {
    /// Its `started` handler runs. The first start answers who asked for it.
    Starting(Option<oneshot::Sender<Result<(), StartError>>>),
    Running,
    /// It waits to be started again.
    Delayed,
    /// It was told to end, and is forgotten when it has.
    Ending(Box<Ending>),
}

#[derive(Default)]
pub(crate) struct Ending {
    pub(crate) told: bool,
    pub(crate) killed: bool,
    pub(crate) replies: Vec<oneshot::Sender<()>>,
    pub(crate) start: Option<(oneshot::Sender<Result<(), StartError>>, StartError)>,
}

/// The children of one supervisor, in the order of their start.
#[derive(Default)]
pub(crate) struct Children {
    next: Place,
    /// Boxed: a tree that grows at its end leaves half of each node empty.
    list: BTreeMap<Place, Box<Child>>,
    names: HashSet<Arc<str>>,
    deadlines: BTreeSet<(Instant, Place)>,
}

impl Children {
    pub(crate) fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    pub(crate) fn add(&mut self, child: Child) -> Place {
        let place = self.next;
        self.next += 1;
        let body = child.birth.body();
        body.set_place(place);
        if child.spec.named {
            self.names.insert(body.name().clone());
        }
        self.list.insert(place, Box::new(child));
        place
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Box<Child>> {
        self.set_deadline(place, None);
        let child = self.list.remove(&place)?;
        if child.spec.named {
            self.names.remove(child.birth.body().name());
        }
        Some(child)
    }

    /// Returns the place of a child, if it is one.
    pub(crate) fn place(&self, body: &dyn Body) -> Option<Place> {
        let place = body.place();
        let child = self.list.get(&place)?;
        (child.birth.body().id() == body.id()).then_some(place)
    }

    pub(crate) fn get(&mut self, place: Place) -> Option<&mut Child> {
        self.list.get_mut(&place).map(Box::as_mut)
    }

    /// Returns the child that was started last.
    pub(crate) fn last(&self) -> Option<Place> {
        self.list.last_key_value().map(|(place, _)| *place)
    }

    pub(crate) fn set_deadline(&mut self, place: Place, deadline: Option<Instant>) {
        if let Some(child) = self.list.get_mut(&place) {
            if let Some(old) = std::mem::replace(&mut child.deadline, deadline) {
                self.deadlines.remove(&(old, place));
            }
            if let Some(new) = deadline {
                self.deadlines.insert((new, place));
            }
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Takes a child whose deadline has come.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Place> {
        let (deadline, place) = *self.deadlines.first()?;
        (deadline <= now).then(|| {
            self.set_deadline(place, None);
            place
        })
    }
}

//! The table of children.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::core::component::{Birth, Body, Spec, StartError};
use crate::core::id::ComponentId;

/// The place of a child in the order of starting.
pub(crate) type Place = u64;

/// One child, and how far it is.
pub(crate) struct Child {
    pub(crate) birth: Box<dyn Birth>,
    pub(crate) body: Arc<dyn Body>,
    pub(crate) spec: Spec,
    pub(crate) phase: Phase,
    pub(crate) life: u64,
    pub(crate) deadline: Option<Instant>,
    /// Restarts in a row, for the delay before the next.
    pub(crate) failures: u32,
    pub(crate) since: Instant,
}

/// How far a child is.
pub(crate) enum Phase {
    /// Its `started` handler runs. The first start answers who asked for it.
    Starting(Option<oneshot::Sender<Result<(), StartError>>>),
    Running,
    /// It waits to be started again.
    Delayed,
    /// It was told to end, and is forgotten when it has.
    Ending(Ending),
}

#[derive(Default)]
pub(crate) struct Ending {
    pub(crate) killed: bool,
    pub(crate) replies: Vec<oneshot::Sender<()>>,
    pub(crate) start: Option<(oneshot::Sender<Result<(), StartError>>, StartError)>,
}

/// The children of one supervisor, in the order of their start.
#[derive(Default)]
pub(crate) struct Children {
    next: Place,
    list: BTreeMap<Place, Child>,
    places: HashMap<ComponentId, Place>,
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
        self.places.insert(child.body.id(), place);
        if child.spec.named {
            self.names.insert(child.body.name().clone());
        }
        self.list.insert(place, child);
        place
    }

    pub(crate) fn remove(&mut self, place: Place) -> Option<Child> {
        self.set_deadline(place, None);
        let child = self.list.remove(&place)?;
        self.places.remove(&child.body.id());
        if child.spec.named {
            self.names.remove(child.body.name());
        }
        Some(child)
    }

    pub(crate) fn place(&self, id: ComponentId) -> Option<Place> {
        self.places.get(&id).copied()
    }

    pub(crate) fn get(&mut self, place: Place) -> Option<&mut Child> {
        self.list.get_mut(&place)
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

//! One firing: what the sender wants to know, and what became of it.

use std::sync::Arc;

use crate::core::event::Event;
use crate::core::mailbox::Room;
use crate::core::reply::{Ask, Delivery, Notes, Observer, Party, Plan};
use crate::core::tap::FiringId;

/// What goes with one event when it is sent.
pub(crate) struct Dispatch<E: Event> {
    pub(crate) notes: Notes,
    pub(crate) ask: Ask,
    /// Who awaits the outcome in an exclusive handler.
    pub(crate) caller: Option<Arc<dyn Party>>,
    pub(crate) observer: Option<Box<dyn Observer<E>>>,
    /// Asks for a record although nothing above needs one.
    pub(crate) recorded: bool,
}

impl<E: Event> Dispatch<E> {
    #[inline]
    pub(crate) fn new(notes: Notes) -> Self {
        Self {
            notes,
            ask: Ask::Nothing,
            caller: None,
            observer: None,
            recorded: false,
        }
    }

    /// Tells whether no record of the delivery is needed, if it has one stage.
    pub(crate) fn is_plain(&self) -> bool {
        !self.recorded
            && self.notes.cause.is_none()
            && self.notes.stamp.is_none()
            && self.notes.trace.is_none()
            && self.observer.is_none()
            && self.ask == Ask::Nothing
    }

    /// Plans a delivery with so many tickets in its first stage.
    #[inline]
    pub(crate) fn into_plan(self, tickets: u32) -> Plan<E> {
        Plan {
            notes: self.notes,
            ask: self.ask,
            caller: self.caller,
            observer: self.observer,
            event: None,
            next: None,
            tickets,
        }
    }
}

/// How an event is sent of which nobody keeps a record.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) priority: i32,
    /// Whether its sender waits for room, now or before its next event.
    pub(crate) waits: bool,
}

/// How one of the framework's own events is fired.
pub(crate) struct Telling<'a> {
    /// All, if there are none.
    pub(crate) channels: &'a [&'a str],
    pub(crate) notes: Notes,
    /// The firing that it is about.
    pub(crate) because: Option<FiringId>,
    /// Whether taps hear of it only where somebody handles it.
    pub(crate) quiet: bool,
}

impl<'a> Telling<'a> {
    pub(crate) fn on(channels: &'a [&'a str]) -> Self {
        Self {
            channels,
            notes: Notes::default(),
            because: None,
            quiet: false,
        }
    }

    pub(crate) fn notes(self, notes: Notes) -> Self {
        Self { notes, ..self }
    }

    pub(crate) fn because(self, because: Option<FiringId>) -> Self {
        Self { because, ..self }
    }

    pub(crate) fn quietly(self, quiet: bool) -> Self {
        Self { quiet, ..self }
    }
}

/// What became of one event.
pub(crate) struct Sent<E: Event> {
    /// Whether anybody listens.
    pub(crate) heard: bool,
    /// The receivers whose mailboxes are full.
    pub(crate) rooms: Rooms,
    /// The record, where one was made.
    pub(crate) delivery: Option<Arc<Delivery<E>>>,
}

/// Full mailboxes that an event went into.
///
/// One pointer, since there are none as a rule: the way of each event passes
/// this value on and drops it.
#[derive(Default)]
pub(crate) struct Rooms(Option<Box<Crowd>>);

#[derive(Default)]
struct Crowd {
    rooms: Vec<Arc<dyn Room>>,
}

impl Rooms {
    /// No full mailbox.
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn one(room: Arc<dyn Room>) -> Self {
        let rooms = vec![room];
        Self(Some(Box::new(Crowd { rooms })))
    }

    pub(crate) fn add(&mut self, room: Arc<dyn Room>) {
        self.0.get_or_insert_default().rooms.push(room);
    }

    pub(crate) fn last(&self) -> Option<&Arc<dyn Room>> {
        self.0.as_ref()?.rooms.last()
    }

    /// Removes the one that [`Rooms::last`] gave.
    pub(crate) fn pop(&mut self) {
        if let Some(crowd) = &mut self.0 {
            crowd.rooms.pop();
            if crowd.rooms.is_empty() {
                self.0 = None;
            }
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the mailboxes if there are any. The other way nothing is left
    /// that would have to be dropped.
    #[inline]
    pub(crate) fn filled(self) -> Option<Self> {
        match self.0 {
            None => None,
            some => Some(Self(some)),
        }
    }
}

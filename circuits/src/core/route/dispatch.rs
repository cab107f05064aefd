//! One firing: what the sender wants to know, and what became of it.

use std::sync::Arc;

use crate::core::event::Event;
use crate::core::mailbox::Room;
use crate::core::reply::{Ask, Delivery, Notes, Observer, Party, Plan};

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
#[derive(Default)]
pub(crate) enum Rooms {
    #[default]
    None,
    One(Arc<dyn Room>),
    Many(Vec<Arc<dyn Room>>),
}

impl Rooms {
    pub(crate) fn add(&mut self, room: Arc<dyn Room>) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(room),
            Self::One(first) => Self::Many(vec![first, room]),
            Self::Many(mut rooms) => {
                rooms.push(room);
                Self::Many(rooms)
            }
        };
    }

    pub(crate) fn last(&self) -> Option<&Arc<dyn Room>> {
        match self {
            Self::None => None,
            Self::One(room) => Some(room),
            Self::Many(rooms) => rooms.last(),
        }
    }

    /// Removes the one that [`Rooms::last`] gave.
    pub(crate) fn pop(&mut self) {
        match self {
            Self::Many(rooms) if rooms.len() > 1 => {
                rooms.pop();
            }
            _ => *self = Self::None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }
}

//! The receiving end of a route: a mailbox whose message type is not known.

use std::sync::Arc;

use crate::core::event::{AnyEvent, Event, Name, Slot};
use crate::core::mailbox::Room;
use crate::core::reply::{AnyEnvelope, Envelope, Notice, Party, ReplyTicket, Ticket, Track};

/// What a receiver did with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// It waits, and there is room for more.
    Room,
    /// It waits beyond the capacity of the mailbox.
    Crowded,
    /// It became a dead letter.
    Refused,
}

/// Takes events by one or more handlers.
pub(crate) trait Listen: Party + Room {
    /// Tells whether a handler wants to know where its events come from.
    fn wants_origin(&self, handler: u16) -> bool {
        let _ = handler;
        false
    }

    /// Tells whether a handler hears this one of events that each have a name.
    fn hears(&self, handler: u16, name: &str) -> bool {
        let _ = (handler, name);
        true
    }
}

/// Takes events of one type.
pub(crate) trait Accept<E: Event>: Listen {
    fn accept(&self, handler: u16, envelope: Envelope<E>) -> Accepted;

    /// Takes an event that nobody else gets and of which nobody keeps a record.
    fn accept_event(&self, handler: u16, event: E, priority: i32) -> Accepted {
        let envelope = Envelope::new(E::Slot::owned(event), Ticket::plain(priority));
        self.accept(handler, envelope)
    }

    /// Takes a share of an event of which nobody keeps a record.
    fn accept_share(&self, handler: u16, event: Arc<E>, priority: i32) -> Accepted {
        let envelope = Envelope::new(E::Slot::shared(event), Ticket::plain(priority));
        self.accept(handler, envelope)
    }
}

/// Takes events by name, without their value.
pub(crate) trait AcceptNotice: Listen {
    fn accept_notice(&self, handler: u16, notice: Notice) -> Accepted;
}

/// Takes events of any type.
pub(crate) trait AcceptAny: Listen {
    fn accept_any(&self, handler: u16, envelope: AnyEnvelope) -> Accepted;
}

/// One handler on a route.
pub(crate) struct Hop<E: Event> {
    pub(crate) to: To<E>,
    pub(crate) handler: u16,
}

/// How a handler takes the event.
pub(crate) enum To<E: Event> {
    Typed(Arc<dyn Accept<E>>),
    Notice(Arc<dyn AcceptNotice>),
    Any(Arc<dyn AcceptAny>),
}

impl<E: Event> Hop<E> {
    /// Hands over an event that nobody else gets.
    #[inline]
    pub(crate) fn accept_owned(&self, event: E, ticket: ReplyTicket<E::Reply>) -> Accepted {
        match &self.to {
            To::Typed(receiver) => {
                let envelope = Envelope::new(E::Slot::owned(event), ticket);
                receiver.accept(self.handler, envelope)
            }
            _ => self.accept_owned_untyped(event, ticket),
        }
    }

    /// Returns the receiver, if it takes the event by its type.
    pub(crate) fn as_typed(&self) -> Option<(Arc<dyn Accept<E>>, u16)> {
        match &self.to {
            To::Typed(receiver) => Some((receiver.clone(), self.handler)),
            To::Notice(_) | To::Any(_) => None,
        }
    }

    #[inline(never)]
    fn accept_owned_untyped(&self, event: E, ticket: ReplyTicket<E::Reply>) -> Accepted {
        match &self.to {
            To::Notice(_) => self.accept_notice(Name::of(&event), ticket.erase()),
            _ => self.accept_any(Arc::new(event), ticket),
        }
    }

    /// Hands over a share of an event.
    pub(crate) fn accept_shared(&self, event: &Arc<E>, ticket: ReplyTicket<E::Reply>) -> Accepted {
        match &self.to {
            To::Typed(receiver) => {
                let envelope = Envelope::new(E::Slot::shared(event.clone()), ticket);
                receiver.accept(self.handler, envelope)
            }
            To::Notice(_) => self.accept_notice(Name::of(&**event), ticket.erase()),
            To::Any(_) => self.accept_any(event.clone(), ticket),
        }
    }

    /// The same, where nobody keeps a record of it.
    #[inline]
    pub(crate) fn accept_share(&self, event: Arc<E>, priority: i32) -> Accepted {
        match &self.to {
            To::Typed(receiver) => receiver.accept_share(self.handler, event, priority),
            _ => self.accept_shared(&event, Ticket::plain(priority)),
        }
    }

    fn accept_notice(&self, name: Name, ticket: Ticket<dyn Track>) -> Accepted {
        let To::Notice(receiver) = &self.to else {
            return Accepted::Refused;
        };
        receiver.accept_notice(self.handler, Notice::new(name, ticket))
    }

    fn accept_any(&self, event: Arc<E>, ticket: ReplyTicket<E::Reply>) -> Accepted {
        let To::Any(receiver) = &self.to else {
            return Accepted::Refused;
        };
        let event = AnyEvent::new(event, ticket.channels());
        let envelope = AnyEnvelope::new(event, ticket.erase());
        receiver.accept_any(self.handler, envelope)
    }

    /// Tells whether the handler hears this one of events that each have a name.
    pub(crate) fn hears(&self, name: &str) -> bool {
        match &self.to {
            To::Typed(receiver) => receiver.hears(self.handler, name),
            // They are found by the name.
            To::Notice(_) | To::Any(_) => true,
        }
    }

    /// Tells whether the handler wants to know the channel.
    pub(crate) fn wants_channel(&self) -> bool {
        matches!(self.to, To::Any(_)) || self.wants_origin()
    }

    /// Tells whether the handler wants to know the channel and the sender.
    pub(crate) fn wants_origin(&self) -> bool {
        match &self.to {
            To::Typed(receiver) => receiver.wants_origin(self.handler),
            To::Notice(receiver) => receiver.wants_origin(self.handler),
            To::Any(receiver) => receiver.wants_origin(self.handler),
        }
    }

    pub(crate) fn party(&self) -> Arc<dyn Party> {
        match &self.to {
            To::Typed(receiver) => receiver.clone(),
            To::Notice(receiver) => receiver.clone(),
            To::Any(receiver) => receiver.clone(),
        }
    }

    pub(crate) fn room(&self) -> Arc<dyn Room> {
        match &self.to {
            To::Typed(receiver) => receiver.clone(),
            To::Notice(receiver) => receiver.clone(),
            To::Any(receiver) => receiver.clone(),
        }
    }
}

impl<E: Event> Clone for Hop<E> {
    fn clone(&self) -> Self {
        let to = match &self.to {
            To::Typed(receiver) => To::Typed(receiver.clone()),
            To::Notice(receiver) => To::Notice(receiver.clone()),
            To::Any(receiver) => To::Any(receiver.clone()),
        };
        Self {
            to,
            handler: self.handler,
        }
    }
}

//! How events get into a component's mailbox.

use std::sync::Arc;
use std::task::{Context as Task, Poll};

use crate::core::component::{Body, Cell, Component, Handler, Handles};
use crate::core::event::{Event, Reason, Slot};
use crate::core::mailbox::{Message, Pushed, Room, RoomKey};
use crate::core::reply::{AnyEnvelope, CallError, Envelope, Notice, Sealed, Ticket};
use crate::core::route::{Accept, AcceptAny, AcceptNotice, Accepted, Listen};

impl<C: Component> Cell<C> {
    /// Puts a message into the mailbox; what finds no place becomes a dead letter.
    pub(crate) fn push(&self, message: C::Message, priority: i32) -> Accepted {
        self.push_inline(message, priority)
    }

    /// The same, where events come in.
    #[inline(always)]
    pub(crate) fn push_inline(&self, message: C::Message, priority: i32) -> Accepted {
        match self.mailbox().push(message, priority) {
            Pushed::Room => Accepted::Room,
            pushed => self.conclude_push(pushed),
        }
    }

    /// Buries what a push cost.
    #[cold]
    #[inline(never)]
    fn conclude_push(&self, pushed: Pushed<C::Message>) -> Accepted {
        match pushed {
            Pushed::Room => Accepted::Room,
            Pushed::Crowded => Accepted::Crowded,
            Pushed::Displaced(older) => {
                for message in older {
                    self.bury(message, Reason::Displaced, CallError::Full);
                }
                Accepted::Room
            }
            Pushed::Full(message) => {
                self.bury(message, Reason::Full, CallError::Full);
                Accepted::Refused
            }
            Pushed::Closed(message) => {
                self.bury(message, Reason::Stopped, CallError::Stopped);
                Accepted::Refused
            }
        }
    }
}

impl<C: Component> Listen for Cell<C> {
    fn wants_origin(&self, handler: u16) -> bool {
        let listed = C::HANDLERS.get(usize::from(handler));
        listed.is_some_and(Handler::wants_origin)
    }

    fn hears(&self, handler: u16, name: &str) -> bool {
        let listed = C::HANDLERS.get(usize::from(handler));
        // Beyond the list are those that were added, which hear all of the type.
        listed.is_none_or(|handler| handler.hears_name(name))
    }
}

impl<C: Handles<E>, E: Event> Accept<E> for Cell<C> {
    fn accept(&self, handler: u16, envelope: Envelope<E>) -> Accepted {
        let priority = envelope.priority();
        self.push(C::wrap(handler, envelope), priority)
    }

    fn accept_event(&self, handler: u16, event: E, priority: i32) -> Accepted {
        let envelope = Envelope::new(E::Slot::owned(event), Ticket::plain(priority));
        self.push_inline(C::wrap(handler, envelope), priority)
    }

    fn accept_share(&self, handler: u16, event: Arc<E>, priority: i32) -> Accepted {
        let envelope = Envelope::new(E::Slot::shared(event), Ticket::plain(priority));
        self.push_inline(C::wrap(handler, envelope), priority)
    }
}

impl<C: Component> AcceptNotice for Cell<C> {
    fn accept_notice(&self, handler: u16, notice: Notice) -> Accepted {
        let listed = C::HANDLERS.get(usize::from(handler));
        match listed.and_then(|handler| handler.wrap_notice(notice)) {
            Some(message) => {
                let priority = message.letter().priority();
                self.push(message, priority)
            }
            None => Accepted::Refused,
        }
    }
}

impl<C: Component> AcceptAny for Cell<C> {
    fn accept_any(&self, handler: u16, envelope: AnyEnvelope) -> Accepted {
        let listed = C::HANDLERS.get(usize::from(handler));
        match listed.and_then(|handler| handler.wrap_any(envelope)) {
            Some(message) => {
                let priority = message.letter().priority();
                self.push(message, priority)
            }
            None => Accepted::Refused,
        }
    }
}

impl<C: Component> Room for Cell<C> {
    fn poll_room(&self, key: RoomKey, task: &Task<'_>) -> Poll<()> {
        if self.is_retired() {
            Poll::Ready(())
        } else {
            self.mailbox().poll_room(key, task)
        }
    }

    fn forget(&self, key: RoomKey) {
        self.mailbox().forget(key);
    }
}

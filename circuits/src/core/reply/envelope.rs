//! What lies in a mailbox: an event, and the ticket that its answer goes back by.

use std::fmt;
use std::sync::Arc;

use crate::core::event::{AnyEvent, Error, Event, Name, Origin, Slot};
use crate::core::reply::{Answer, CallError, ReplyTicket, Run, Ticket, Track};

/// An event on its way to a handler that names its type.
pub struct Envelope<E: Event> {
    slot: E::Slot,
    ticket: ReplyTicket<E::Reply>,
}

impl<E: Event> Envelope<E> {
    pub(crate) fn new(slot: E::Slot, ticket: ReplyTicket<E::Reply>) -> Self {
        Self { slot, ticket }
    }

    /// Borrows the event.
    pub fn event(&self) -> &E {
        self.slot.get()
    }

    /// Sends a handler's answer back; later answers vanish.
    ///
    /// # Errors
    /// Returns the error that the handler failed with, for the component to
    /// return in turn: then it is decided what it does, and the caller is told.
    pub fn answer(&self, answer: Answer<E::Reply>) -> Result<(), Error> {
        match answer {
            Answer::Failed(error) => Err(error),
            answer => {
                self.ticket.answer(answer);
                Ok(())
            }
        }
    }

    /// Tells whether nobody keeps a record of the event, and to drop it does nothing.
    #[inline(always)]
    pub(crate) fn is_spent(&self) -> bool {
        self.ticket.record().is_none() && self.slot.is_spent()
    }

    /// Tells where the event comes from; see [`Handler::origin`](crate::component::Handler::origin).
    pub fn origin(&self) -> Origin {
        self.ticket.origin(Name::of(self.event()))
    }

    /// Turns the envelope into a share of its event.
    pub(crate) fn into_shared(self) -> Arc<E> {
        self.slot.into_shared()
    }

    /// Splits off a share of the event; `wrap` takes the rest.
    pub fn share<M>(self, wrap: impl FnOnce(Self) -> M) -> (AnyEvent, M) {
        let Self { slot, ticket } = self;
        let channels = ticket.channels();
        let event = slot.into_shared();
        let slot = E::Slot::shared(event.clone());
        (AnyEvent::new(event, channels), wrap(Self { slot, ticket }))
    }
}

/// An event on its way to a handler without an event parameter: only its name
/// is kept.
pub struct Notice {
    name: Name,
    ticket: Ticket<dyn Track>,
}

impl Notice {
    pub(crate) fn new(name: Name, ticket: Ticket<dyn Track>) -> Self {
        Self { name, ticket }
    }

    /// Says how the handler ended; the last answer counts.
    ///
    /// # Errors
    /// Returns the error that the handler failed with; see [`Envelope::answer`].
    pub fn answer(&self, answer: Answer<()>) -> Result<(), Error> {
        settle(&self.ticket, answer)
    }

    /// Tells where the event comes from; see [`Envelope::origin`].
    pub fn origin(&self) -> Origin {
        self.ticket.origin(self.name.clone())
    }

    /// Makes an event of which only the name is known; `wrap` takes the notice.
    pub fn share<M>(self, wrap: impl FnOnce(Self) -> M) -> (AnyEvent, M) {
        (AnyEvent::named(self.name.clone()), wrap(self))
    }
}

/// An event on its way to a handler that takes any.
pub struct AnyEnvelope {
    event: AnyEvent,
    ticket: Ticket<dyn Track>,
}

impl AnyEnvelope {
    pub(crate) fn new(event: AnyEvent, ticket: Ticket<dyn Track>) -> Self {
        Self { event, ticket }
    }

    /// Borrows the event.
    pub fn event(&self) -> &AnyEvent {
        &self.event
    }

    /// Tells where the event comes from; see [`Envelope::origin`].
    pub fn origin(&self) -> Origin {
        self.ticket.origin(self.event.to_name())
    }

    /// Says how the handler ended; the last answer counts.
    ///
    /// # Errors
    /// Returns the error that the handler failed with; see [`Envelope::answer`].
    pub fn answer(&self, answer: Answer<()>) -> Result<(), Error> {
        settle(&self.ticket, answer)
    }

    /// Splits off a share of the event; `wrap` takes the rest.
    pub fn share<M>(self, wrap: impl FnOnce(Self) -> M) -> (AnyEvent, M) {
        (self.event.clone(), wrap(self))
    }
}

fn settle(ticket: &Ticket<dyn Track>, answer: Answer<()>) -> Result<(), Error> {
    match answer {
        Answer::Failed(error) => Err(error),
        answer => {
            ticket.settle(answer);
            Ok(())
        }
    }
}

/// What every message in a mailbox has in common.
///
/// Sealed: implemented by [`Envelope`], [`Notice`] and [`AnyEnvelope`].
#[expect(
    private_bounds,
    reason = "sealed: what a mailbox needs is no concern of users"
)]
pub trait Letter: Sealed {
    /// Returns the event's name.
    fn name(&self) -> Name;
}

pub(crate) trait Sealed: Send + Sync {
    fn priority(&self) -> i32;
    /// The record of the delivery, where there is one.
    fn track(&self) -> Option<Arc<dyn Track>>;
    /// Says that a reader has taken the event.
    fn begin(&self, run: Run);
    /// Says that the event will not be handled, or was not handled to its end.
    fn lose(&self, error: CallError, failure: Option<Error>);
    /// Says that the handler failed.
    fn fail(&self, error: Error);
    /// Tells whether the handler's reply came when the caller had gone.
    fn is_late(&self) -> bool;
    /// Tells whether the handler replied.
    fn has_reply(&self) -> bool;
}

impl<E: Event> Letter for Envelope<E> {
    fn name(&self) -> Name {
        Name::of(self.event())
    }
}

impl<E: Event> Sealed for Envelope<E> {
    fn priority(&self) -> i32 {
        self.ticket.priority()
    }

    #[inline]
    fn track(&self) -> Option<Arc<dyn Track>> {
        Some(self.ticket.record()?.clone())
    }

    fn begin(&self, run: Run) {
        self.ticket.begin(run);
    }

    fn lose(&self, error: CallError, failure: Option<Error>) {
        self.ticket.lose(error, failure);
    }

    fn fail(&self, error: Error) {
        self.ticket.settle(Answer::Failed(error));
    }

    fn is_late(&self) -> bool {
        self.ticket.is_late()
    }

    fn has_reply(&self) -> bool {
        self.ticket.has_reply()
    }
}

macro_rules! erased_letter {
    ($type:ty, |$letter:ident| $name:expr) => {
        impl Letter for $type {
            fn name(&self) -> Name {
                let $letter = self;
                $name
            }
        }

        impl Sealed for $type {
            fn priority(&self) -> i32 {
                self.ticket.priority()
            }

            fn track(&self) -> Option<Arc<dyn Track>> {
                self.ticket.record().cloned()
            }

            fn begin(&self, run: Run) {
                self.ticket.begin(run);
            }

            fn lose(&self, error: CallError, failure: Option<Error>) {
                self.ticket.lose(error, failure);
            }

            fn fail(&self, error: Error) {
                self.ticket.settle(Answer::Failed(error));
            }

            fn is_late(&self) -> bool {
                // Without the event's type there is no reply.
                false
            }

            fn has_reply(&self) -> bool {
                false
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&Letter::name(self))
            }
        }
    };
}

erased_letter!(Notice, |letter| letter.name.clone());
erased_letter!(AnyEnvelope, |letter| letter.event.to_name());

impl<E: Event> fmt::Debug for Envelope<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event().describe(f)
    }
}

//! A delivery whose event type is not known: what a mailbox and a context see of it.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::core::event::Error;
use crate::core::id::ComponentId;
use crate::core::reply::{Answer, CallError, Cause, Notes, Run, Unwanted, Wait};
use crate::core::tap::{Trace, Turn};

/// A delivery whose event type is not known.
pub(crate) trait Track: Send + Sync {
    fn settle(self: Arc<Self>, place: u32, answer: Answer<()>);
    fn lose(self: Arc<Self>, place: u32, error: CallError, failure: Option<Error>);
    /// Says that a reader has taken the event.
    fn begin(&self, place: u32, run: Run);
    fn stop(&self);
    /// Asks that nobody handles the event who has not begun.
    fn cancel(&self);
    fn cause(&self) -> Option<Arc<Cause>>;
    /// Who listens in.
    fn trace(&self) -> Option<&Arc<Trace>>;
    /// The turn of the handler that has it, where somebody listens in.
    fn turn(&self) -> Option<&Turn> {
        None
    }
    /// Tells whether a life of a component may begin to handle the event.
    fn admits(&self, component: ComponentId, life: u64) -> bool;
    /// The life that it was sent to, if it was to no other.
    fn addressed_life(&self) -> Option<u64>;
    /// Tells whether no newer event may take its place in a mailbox.
    fn is_owed(&self) -> bool;
    /// What goes along with it, if there is anything.
    fn notes(&self) -> Option<&Notes>;
    /// Takes an event out of an `Option` of its type, to be in the place of this
    /// one for those who get it later; or leaves it there.
    fn replace(&self, event: &mut dyn Any) -> Replaced;
    /// Tells whether its sender has cancelled it.
    fn is_cancelled(&self) -> bool;
    /// Returns what tells when nobody wants it any more; `None` if that is so.
    fn unwanted(&self) -> Option<Unwanted>;
}

/// A delivery of which the type of the reply is known.
pub(crate) trait Record<R>: Track + Wait {
    /// Takes a handler's answer; tells whether it is a reply that came too late.
    fn answer(self: Arc<Self>, place: u32, answer: Answer<R>) -> bool;
    /// Polls for the first reply.
    fn poll_reply(&self, task: &Context<'_>) -> Poll<Result<R, CallError>>;
    /// Says that the caller goes. A reply that has come all the same is its own.
    fn leave(&self) -> Option<R>;
}

/// What became of an event that was to take the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    Done,
    /// It is of another type.
    OtherType,
    /// Nobody gets the event later.
    Unseen,
}

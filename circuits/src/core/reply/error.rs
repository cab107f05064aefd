//! What can go wrong between a call and its answer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::core::event::Error;
use crate::core::id::ChannelError;

/// Why a call has no reply.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// No component handles the event on that channel; known at once.
    NoHandler,
    /// All handlers are done, and none had an opinion.
    NoReply,
    /// A handler returned this error, and no other handler answered.
    Failed(Error),
    /// The component crashed while it handled the call; known at once.
    Crashed,
    /// The component, or the whole system, has stopped; known at once.
    Stopped,
    /// The receiver's mailbox is full and refuses new events.
    Full,
    /// The event was cancelled before it was handled.
    Cancelled,
    /// The time given with `.timeout(..)` is over.
    TimedOut(Duration),
    /// The call would wait for its own caller; known at once. Handlers that have
    /// not begun do not handle it.
    Deadlock(Deadlock),
    /// The channel's name is empty or too long, or the channels are too many.
    BadChannel(ChannelError),
    /// The call has a time limit, but no tokio runtime runs to keep it.
    NoRuntime,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHandler => f.write_str("no component handles this event on that channel"),
            Self::NoReply => f.write_str("all handlers are done and none gave a reply"),
            Self::Failed(_) => f.write_str("the handler failed"),
            Self::Crashed => f.write_str("the component crashed while it handled the call"),
            Self::Stopped => f.write_str("the component has stopped"),
            Self::Full => f.write_str("the mailbox of the component is full"),
            Self::Cancelled => f.write_str("the event was cancelled"),
            Self::TimedOut(limit) => write!(f, "no reply within {limit:?}"),
            Self::Deadlock(_) => f.write_str("the call would wait for its own caller"),
            Self::BadChannel(_) => f.write_str("the event cannot be fired on this channel"),
            Self::NoRuntime => f.write_str("a time limit needs a running tokio runtime"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(error.as_dyn()),
            Self::Deadlock(deadlock) => Some(deadlock),
            Self::BadChannel(error) => Some(error),
            _ => None,
        }
    }
}

/// A ring of components that would wait for each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    path: Arc<[String]>,
}

impl Deadlock {
    pub(crate) fn new(path: Vec<String>) -> Self {
        Self { path: path.into() }
    }

    /// Returns the ring, one `component.handler` each; the caller comes first,
    /// and the last waits for the first.
    pub fn path(&self) -> &[String] {
        &self.path
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.path.iter() {
            write!(f, "{step} waits for ")?;
        }
        f.write_str(self.path.first().map_or("itself", String::as_str))
    }
}

impl std::error::Error for Deadlock {}

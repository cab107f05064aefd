//! What taps are told about handlers, and about the end of it all.

use std::time::Duration;

use crate::core::event::Error;
use crate::core::tap::Member;

/// One handler that has an event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handling {
    /// The component.
    pub component: Member,
    /// The name of the method.
    pub handler: &'static str,
    /// How long the event waited, from when it was put into the mailbox.
    pub waited: Duration,
}

/// How a handler ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Handled {
    /// What came of it.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

/// What came of one handler.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It ended, and had nothing to say.
    Nothing,
    /// It replied.
    Replied,
    /// It returned an error.
    Failed(Error),
    /// It panicked.
    Panicked(Error),
    /// It was cut off: its component was killed, or ended while it waited.
    Killed,
}

impl Outcome {
    /// Returns the error of a handler that failed or panicked.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) | Self::Panicked(error) => Some(error),
            Self::Nothing | Self::Replied | Self::Killed => None,
        }
    }

    /// Tells whether the handler did not come to its end in order.
    pub fn is_failure(&self) -> bool {
        !matches!(self, Self::Nothing | Self::Replied)
    }
}

/// What came of an event, over all its handlers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Done {
    /// How many handlers ended, in whatever way.
    pub handled: u32,
    /// How many of them replied.
    pub replied: u32,
    /// How many of them failed, panicked or were killed.
    pub failed: u32,
    /// How many dead letters came of it.
    pub dead: u32,
    /// The first error of a handler.
    pub error: Option<Error>,
    /// How long it took from the firing to the last end.
    pub took: Duration,
}

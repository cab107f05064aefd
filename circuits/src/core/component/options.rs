//! What a component says about itself.

use std::time::Duration;

use crate::core::mailbox::Overflow;

/// The options of a component type: `#[component(..)]` on the struct; and those
/// of the root of a [`System`](crate::System), which reads what concerns its
/// children.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
///
/// let options = circuits::Options::new()
///     .max_restarts(10)
///     .within(Duration::from_secs(60));
/// let system = System::with(options);
/// # drop(system);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) channel: &'static str,
    pub(crate) mailbox: usize,
    pub(crate) overflow: Overflow,
    pub(crate) strategy: Strategy,
    pub(crate) max_restarts: u32,
    pub(crate) within: Duration,
    pub(crate) shutdown: Duration,
    pub(crate) on_error: OnError,
}

impl Options {
    /// The defaults: channel `*`, a mailbox of 1,024 that lets senders wait,
    /// one_for_one with 1 restart within 5 s, 5 s to shut down.
    pub const fn new() -> Self {
        Self {
            channel: "*",
            mailbox: 1024,
            overflow: Overflow::Wait,
            strategy: Strategy::OneForOne,
            max_restarts: 1,
            within: Duration::from_secs(5),
            shutdown: Duration::from_secs(5),
            on_error: OnError::Answer,
        }
    }

    /// Sets the channel that the handlers listen on and `cx.fire` fires on.
    #[must_use]
    pub const fn channel(self, channel: &'static str) -> Self {
        Self { channel, ..self }
    }

    /// Sets how many events wait before the overflow rule applies.
    #[must_use]
    pub const fn mailbox(self, capacity: usize) -> Self {
        Self {
            mailbox: capacity,
            ..self
        }
    }

    /// Sets what a full mailbox does.
    #[must_use]
    pub const fn overflow(self, overflow: Overflow) -> Self {
        Self { overflow, ..self }
    }

    /// Sets which children restart when one fails.
    #[must_use]
    pub const fn strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// Sets how many restarts of children are allowed within the window.
    #[must_use]
    pub const fn max_restarts(self, restarts: u32) -> Self {
        Self {
            max_restarts: restarts,
            ..self
        }
    }

    /// Sets the length of the sliding window.
    #[must_use]
    pub const fn within(self, window: Duration) -> Self {
        Self {
            within: window,
            ..self
        }
    }

    /// Sets how long the component may take to end before it is killed.
    #[must_use]
    pub const fn shutdown(self, limit: Duration) -> Self {
        Self {
            shutdown: limit,
            ..self
        }
    }

    /// Sets what a handler's error does.
    #[must_use]
    pub const fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Which children a supervisor restarts when one fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// The one that failed.
    #[default]
    OneForOne,
}

/// What an error that a handler returns does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// It is an answer to the caller and an `exception` event; the component goes on.
    #[default]
    Answer,
    /// It ends this life of the component as well, as a panic does.
    Restart,
}

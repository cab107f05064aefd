//! What a component says about itself.

use std::time::Duration;

use crate::core::component::SpecError;
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
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) shutdown: Shutdown,
    pub(crate) on_error: OnError,
    pub(crate) on_link: OnLink,
    pub(crate) on_restart: OnRestart,
    pub(crate) attempts: u32,
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
            auto_shutdown: AutoShutdown::Never,
            shutdown: Shutdown::After(Duration::from_secs(5)),
            on_error: OnError::Answer,
            on_link: OnLink::Fail,
            on_restart: OnRestart::KeepMailbox,
            attempts: 1,
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

    /// Allows any number of restarts: it never gives up.
    #[must_use]
    pub const fn unlimited_restarts(self) -> Self {
        self.max_restarts(u32::MAX)
    }

    /// Sets whether the end of significant children ends all of them.
    #[must_use]
    pub const fn auto_shutdown(self, auto_shutdown: AutoShutdown) -> Self {
        Self {
            auto_shutdown,
            ..self
        }
    }

    /// Sets how long the component may take to end before it is killed.
    #[must_use]
    pub const fn shutdown(self, shutdown: Shutdown) -> Self {
        Self { shutdown, ..self }
    }

    /// Sets what a handler's error does.
    #[must_use]
    pub const fn on_error(self, on_error: OnError) -> Self {
        Self { on_error, ..self }
    }

    /// Sets what the failure of a linked component does.
    #[must_use]
    pub const fn on_link(self, on_link: OnLink) -> Self {
        Self { on_link, ..self }
    }

    /// Sets what becomes of the mailbox when the component is started again.
    #[must_use]
    pub const fn on_restart(self, on_restart: OnRestart) -> Self {
        Self { on_restart, ..self }
    }

    /// Sets how many lives one event may crash before it is put aside as a dead
    /// letter; 1 unless said, and at least 1.
    #[must_use]
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }
}

impl Options {
    /// Finds what contradicts itself.
    pub(crate) fn check(&self) -> Result<(), SpecError> {
        if self.within.is_zero() {
            return Err(SpecError::ZeroWindow);
        }
        Ok(())
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
    /// All of them: those that still run are stopped first, last started first.
    OneForAll,
    /// The one that failed and those that were started after it.
    RestForOne,
    /// The one that failed; for many children of one kind. They are stopped all
    /// at once, and one that has ended for good is forgotten, named or not.
    Dynamic,
}

/// Whether the end of significant children ends the supervisor, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AutoShutdown {
    /// No; a significant child is refused.
    #[default]
    Never,
    /// When the first of them ends by itself and is not started again.
    AnySignificant,
    /// When the last of them does.
    AllSignificant,
}

/// How long a component may take to end when it is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// No time: it is killed at once, and does not hear of it.
    Brutal,
    /// So long; then it is killed.
    After(Duration),
    /// As long as it takes.
    Infinite,
}

impl From<Duration> for Shutdown {
    fn from(limit: Duration) -> Self {
        Self::After(limit)
    }
}

/// What the failure of a linked component does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnLink {
    /// It ends this life of the component as well, as a failure.
    #[default]
    Fail,
    /// It arrives as a `down` event, as an end in order does; the component
    /// goes on.
    Tell,
}

/// What becomes of the events that wait when a component is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnRestart {
    /// The next life handles them, in order.
    #[default]
    KeepMailbox,
    /// They become dead letters when a life ends, and their callers are told at
    /// once. What comes later, as during a backoff, is kept.
    DropMailbox,
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
    /// It is an answer, and the component ends in order: a transient or temporary
    /// one for good.
    Stop,
}

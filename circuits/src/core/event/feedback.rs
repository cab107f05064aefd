//! What the framework tells about an event that was handled.

use std::fmt;
use std::sync::Arc;

use crate::core::event::name::{Joined, join};
use crate::core::event::{Error, Event, Inline};

/// Which feedback events are fired about an event; none unless asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    pub(crate) success: bool,
    pub(crate) failure: bool,
    pub(crate) complete: bool,
}

impl Feedback {
    /// No feedback, which costs nothing.
    pub const NONE: Self = Self {
        success: false,
        failure: false,
        complete: false,
    };

    /// Asks for [`Success`].
    #[must_use]
    pub const fn success(self) -> Self {
        Self {
            success: true,
            ..self
        }
    }

    /// Asks for [`Failure`].
    #[must_use]
    pub const fn failure(self) -> Self {
        Self {
            failure: true,
            ..self
        }
    }

    /// Asks for [`Complete`].
    #[must_use]
    pub const fn complete(self) -> Self {
        Self {
            complete: true,
            ..self
        }
    }

    pub(crate) const fn any(self) -> bool {
        self.success || self.failure || self.complete
    }
}

/// Fired as `<name>_success` when all handlers of an event are done and none failed.
pub struct Success<E> {
    /// The event that was handled.
    pub event: Arc<E>,
}

/// Fired as `<name>_failure` for each handler of an event that failed.
pub struct Failure<E> {
    /// The event whose handler failed.
    pub event: Arc<E>,
    /// What the handler returned, or what its panic said.
    pub error: Error,
}

/// Fired as `<name>_complete` when an event, and everything fired because of
/// it, directly or not, is done.
pub struct Complete<E> {
    /// The event that is done.
    pub event: Arc<E>,
}

macro_rules! feedback_event {
    ($name:ident, $suffix:literal) => {
        impl<E: Event> $name<E> {
            const JOINED: Joined = join(E::NAME, $suffix);
        }

        #[diagnostic::do_not_recommend]
        impl<E: Event> Event for $name<E> {
            type Reply = ();
            type Slot = Inline<Self>;
            const NAME: &'static str = Self::JOINED.as_str();

            fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }

        impl<E: Event> fmt::Debug for $name<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(", stringify!($name))?;
                self.event.describe(f)?;
                f.write_str(")")
            }
        }
    };
}

feedback_event!(Success, "success");
feedback_event!(Failure, "failure");
feedback_event!(Complete, "complete");

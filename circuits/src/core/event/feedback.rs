//! What the framework tells about an event that was handled.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::core::event::name::{Joined, join};
use crate::core::event::{Error, Event, Inline};

/// Which feedback events are fired about an event, and where; none unless asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    pub(crate) success: Told,
    pub(crate) failure: Told,
    pub(crate) complete: Told,
}

/// Whether and where a feedback event is fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Told {
    #[default]
    Nowhere,
    /// On the channels of the event that it is about.
    There,
    On(&'static str),
}

impl Told {
    pub(crate) const fn is_wanted(self) -> bool {
        !matches!(self, Self::Nowhere)
    }

    /// Returns the channel that it has of its own.
    pub(crate) fn channel(self) -> Option<&'static str> {
        match self {
            Self::On(channel) => Some(channel),
            Self::Nowhere | Self::There => None,
        }
    }
}

impl Feedback {
    /// No feedback, which costs nothing.
    pub const NONE: Self = Self {
        success: Told::Nowhere,
        failure: Told::Nowhere,
        complete: Told::Nowhere,
    };

    /// Asks for [`Success`], on the channels of the event.
    #[must_use]
    pub const fn success(self) -> Self {
        let success = Told::There;
        Self { success, ..self }
    }

    /// Asks for [`Success`], on this channel.
    #[must_use]
    pub const fn success_on(self, channel: &'static str) -> Self {
        let success = Told::On(channel);
        Self { success, ..self }
    }

    /// Asks for [`Failure`], on the channels of the event.
    #[must_use]
    pub const fn failure(self) -> Self {
        let failure = Told::There;
        Self { failure, ..self }
    }

    /// Asks for [`Failure`], on this channel.
    #[must_use]
    pub const fn failure_on(self, channel: &'static str) -> Self {
        let failure = Told::On(channel);
        Self { failure, ..self }
    }

    /// Asks for [`Complete`], on the channels of the event.
    #[must_use]
    pub const fn complete(self) -> Self {
        let complete = Told::There;
        Self { complete, ..self }
    }

    /// Asks for [`Complete`], on this channel.
    #[must_use]
    pub const fn complete_on(self, channel: &'static str) -> Self {
        let complete = Told::On(channel);
        Self { complete, ..self }
    }

    pub(crate) const fn any(self) -> bool {
        self.success.is_wanted() || self.failure.is_wanted() || self.complete.is_wanted()
    }
}

/// Copies a reply.
pub type Copier<R> = fn(&R) -> R;

/// How replies are copied, if they can be: what `#[derive(Event)]` writes
/// [`Event::COPY`] with.
///
/// It works where the type of the reply is known, and not in generic code: the
/// compiler prefers the inherent constant, but only where its bound holds, and else
/// takes that of [`Uncopied`].
#[derive(Debug)]
pub struct CopyOf<R>(PhantomData<R>);

impl<R: Clone> CopyOf<R> {
    /// Clones the reply.
    pub const COPY: Option<Copier<R>> = Some(R::clone);
}

/// What cannot be copied; see [`CopyOf`].
pub trait Uncopied<R> {
    /// No way to copy.
    const COPY: Option<Copier<R>> = None;
}

impl<R> Uncopied<R> for CopyOf<R> {}

/// Fired as `<name>_success` when all handlers of an event are done and none failed.
pub struct Success<E: Event> {
    /// The event that was handled; its last version, where a handler replaced it.
    pub event: Arc<E>,
    /// Behind a lock, as replies need not be shared between threads.
    replies: Mutex<Vec<E::Reply>>,
}

impl<E: Event> Success<E> {
    pub(crate) fn new(event: Arc<E>, replies: Vec<E::Reply>) -> Self {
        let replies = Mutex::new(replies);
        Self { event, replies }
    }

    /// Returns what the handlers replied, in the order of their priority and
    /// registration; nothing of those without an opinion.
    ///
    /// It is empty as well where the event does not say how its replies are
    /// copied: [`Event::COPY`], which generic events do not have from the macro.
    pub fn replies(&self) -> Vec<E::Reply>
    where
        E::Reply: Clone,
    {
        let replies = self.replies.lock();
        replies.clone()
    }
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

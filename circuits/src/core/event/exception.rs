//! What the framework tells about failures and about events that went nowhere.

use std::fmt;
use std::sync::Arc;

use crate::core::event::{AnyEvent, Boxed, Error, Event, Inline};
use crate::core::id::ComponentId;

/// Fired on all channels when a handler returns an error or panics; logged at
/// error level if nobody handles it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Exception {
    /// The component whose handler failed.
    pub component: ComponentId,
    /// Its name.
    pub name: Arc<str>,
    /// The handler, by the name of its method.
    pub handler: &'static str,
    /// The event that was being handled.
    pub event: AnyEvent,
    /// What went wrong.
    pub error: Error,
    /// Whether the failure ended this life of the component.
    pub crashed: bool,
}

impl Exception {
    pub(crate) fn new(
        component: ComponentId,
        name: Arc<str>,
        handler: &'static str,
        event: AnyEvent,
        error: Error,
    ) -> Self {
        Self {
            component,
            name,
            handler,
            event,
            error,
            crashed: false,
        }
    }

    /// Says that the failure ended the life.
    pub(crate) fn crashed(self, crashed: bool) -> Self {
        Self { crashed, ..self }
    }
}

#[diagnostic::do_not_recommend]
impl Event for Exception {
    type Reply = ();
    type Slot = Boxed<Self>;
    const NAME: &'static str = "exception";

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Fired on all channels when an event, or its copy for one receiver, went nowhere.
///
/// Dead letters are counted (`System::dead_letters`) and traced at debug level
/// whether or not somebody handles this event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The event.
    pub event: AnyEvent,
    /// Why it went nowhere.
    pub reason: Reason,
}

#[diagnostic::do_not_recommend]
impl Event for DeadLetter {
    type Reply = ();
    type Slot = Inline<Self>;
    const NAME: &'static str = "dead_letter";

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Why an event went nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No handler listens for it on that channel.
    NoHandler,
    /// The receiver's mailbox is full and refuses new events.
    Full,
    /// A newer event took its place in a full mailbox.
    Displaced,
    /// The receiver has stopped.
    Stopped,
    /// The receiver crashed while handling it.
    Crashed,
    /// It was a call whose caller had gone when the reply came: its time was
    /// over, or it was dropped.
    Late,
    /// It has crashed as many lives of its receiver in a row as may be.
    Poison,
    /// The channel's name is empty or too long, or the channels are too many.
    BadChannel,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHandler => "nobody handles it",
            Self::Full => "the mailbox is full",
            Self::Displaced => "a newer event took its place",
            Self::Stopped => "the receiver has stopped",
            Self::Crashed => "the receiver crashed",
            Self::Late => "the caller had gone when the reply came",
            Self::Poison => "it crashed one life after the other",
            Self::BadChannel => "it cannot be fired on this channel",
        })
    }
}

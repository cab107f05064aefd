//! What bridges tell.

use std::process::ExitStatus;

use crate::bridge::LinkError;
use crate::{Error, Event};

/// Fired on the bridge's channel when a link is up: before the first event that
/// crosses it, in either direction.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Ready {
    /// The id of the other side's process, as it says itself.
    pub process: u32,
    /// How many links this bridge has had, this one included.
    pub count: u64,
}

impl Ready {
    pub(super) fn new(process: u32, count: u64) -> Self {
        Self { process, count }
    }
}

/// Fired once for each [`Ready`], whatever ended the link: all calls in flight have
/// failed. Fired as well where a link did not come about.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Disconnected {
    /// Why it ended.
    pub reason: LinkError,
}

impl Disconnected {
    pub(super) fn new(reason: LinkError) -> Self {
        Self { reason }
    }
}

/// Fired when one event of the other side was refused: it is not received here, or
/// cannot be read. The link goes on; the other side is told.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Refused {
    /// The name of the event, as the other side says it.
    pub name: String,
    /// Why.
    pub error: Error,
}

impl Refused {
    pub(super) fn new(name: String, error: Error) -> Self {
        Self { name, error }
    }
}

/// Fired when a process has ended that the bridge had started, after
/// [`Disconnected`].
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Exited {
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
}

impl Exited {
    pub(super) fn new(status: ExitStatus) -> Self {
        Self { status }
    }
}

/// Waits until the process has ended that a bridge has started; the reply is its exit
/// code, or the signal that ended it.
///
/// A bridge that starts none has no reply, at once. It is for a process that ends by
/// itself: a bridge that is stopped waits for this call as for every other one, until its
/// shutdown time is over. Who stops it waits for [`Exited`].
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate, reply = ExitStatus)]
pub struct Join;

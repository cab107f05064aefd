//! A channel to fire on.

use std::fmt;

use crate::core::component::{Call, CallAll, Fire, OnChannel, Origin, Wait};
use crate::core::event::Event;

/// A channel, a priority, and the verbs.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    origin: Origin<'a>,
    channel: Option<&'a str>,
    priority: Option<i32>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(origin: Origin<'a>, channel: Option<&'a str>) -> Self {
        Self {
            origin,
            channel,
            priority: None,
        }
    }

    /// Gives the event a priority: higher goes first in the receiver's next batch.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Fires an event; see [`Fire`].
    pub fn fire<E: Event>(&self, event: E) -> Fire<'a, E, OnChannel<'a>> {
        Fire::new(
            self.origin,
            self.reach::<E>(),
            self.priority_of::<E>(),
            event,
        )
    }

    /// Fires an event and waits for the reply of the handler with the highest
    /// priority that gives one; among equals, the first to answer. The other
    /// handlers run all the same.
    pub fn call<E: Event>(&self, event: E) -> Call<'a, E, OnChannel<'a>> {
        Call::new(
            self.origin,
            self.reach::<E>(),
            self.priority_of::<E>(),
            event,
        )
    }

    /// Fires an event and waits for every handler's result.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'a, E, OnChannel<'a>> {
        CallAll::new(
            self.origin,
            self.reach::<E>(),
            self.priority_of::<E>(),
            event,
        )
    }

    /// Waits for the next event of a type on this channel.
    pub fn wait<E: Event>(&self) -> Wait<E> {
        Wait::new(self.origin.hub, self.reach::<E>().channel)
    }

    fn reach<E: Event>(&self) -> OnChannel<'a> {
        OnChannel {
            channel: self.channel.or(E::CHANNEL).unwrap_or(self.origin.channel),
        }
    }

    fn priority_of<E: Event>(&self) -> i32 {
        self.priority.unwrap_or(E::PRIORITY)
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.channel.unwrap_or(self.origin.channel))
    }
}

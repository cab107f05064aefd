//! A channel to fire on, or several.

use std::fmt;

use crate::core::component::{Call, CallAll, Fire, OnChannel, OnChannels, Sender, Wait};
use crate::core::event::Event;

/// A channel, a priority, and the verbs.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    sender: Sender<'a>,
    channel: Option<&'a str>,
    priority: Option<i32>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(sender: Sender<'a>, channel: Option<&'a str>) -> Self {
        Self {
            sender,
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
            self.sender,
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
            self.sender,
            self.reach::<E>(),
            self.priority_of::<E>(),
            event,
        )
    }

    /// Fires an event and waits for every handler's result.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'a, E, OnChannel<'a>> {
        CallAll::new(
            self.sender,
            self.reach::<E>(),
            self.priority_of::<E>(),
            event,
        )
    }

    /// Waits for the next event of a type on this channel.
    pub fn wait<E: Event>(&self) -> Wait<E> {
        Wait::new(self.sender.hub, self.reach::<E>().channel)
    }

    fn reach<E: Event>(&self) -> OnChannel<'a> {
        OnChannel {
            channel: self.channel.or(E::CHANNEL).unwrap_or(self.sender.channel),
        }
    }

    fn priority_of<E: Event>(&self) -> i32 {
        self.priority.unwrap_or(E::PRIORITY)
    }
}

impl fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.channel.unwrap_or(self.sender.channel))
    }
}

/// Up to 64 channels at once, a priority, and the verbs.
///
/// Each handler that listens on any of them gets the event once. Those of one
/// priority are a stage, whatever their channel, and the results of
/// [`Targets::call_all`] come in the order of priority, then of registration.
/// With one channel it is the same as [`Target`]; without one, or with more than
/// 64, an event is a dead letter and a call gets
/// [`CallError::BadChannel`](crate::CallError::BadChannel).
///
/// Who hears the event is put together each time it is fired, under a lock: the
/// cost grows with their number.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// #[derive(Event)]
/// struct Alarm;
///
/// # async fn alarm(system: System) {
/// system.on_all(&["fire", "police"]).fire(Alarm).await;
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Targets<'a> {
    sender: Sender<'a>,
    reach: OnChannels<'a>,
    priority: Option<i32>,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(sender: Sender<'a>, channels: &'a [&'a str]) -> Self {
        Self {
            sender,
            reach: OnChannels { channels },
            priority: None,
        }
    }

    /// Gives the event a priority: higher goes first in the receiver's next batch.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Fires an event; see [`Fire`].
    pub fn fire<E: Event>(&self, event: E) -> Fire<'a, E, OnChannels<'a>> {
        Fire::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    /// Fires an event and waits for the reply; see [`Target::call`].
    pub fn call<E: Event>(&self, event: E) -> Call<'a, E, OnChannels<'a>> {
        Call::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    /// Fires an event and waits for every handler's result.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'a, E, OnChannels<'a>> {
        CallAll::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    fn priority_of<E: Event>(&self) -> i32 {
        self.priority.unwrap_or(E::PRIORITY)
    }
}

impl fmt::Debug for Targets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Targets({})", self.reach.channels.join(", "))
    }
}

//! What timers can be asked.

use std::time::{Duration, SystemTime};

use crate::Event;

/// Restarts the countdown of a [`Timer`](crate::timer::Timer).
///
/// What the timer has fired before is not called back.
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Reset {
    /// The interval from now on; the timer's own plan where this is none.
    pub interval: Option<Duration>,
}

impl Reset {
    /// Begins the wait anew; a timer by date works out its date anew.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the wait anew, with another interval, which stays for the rounds to
    /// come. A timer by date goes by the interval instead.
    pub fn to(interval: Duration) -> Self {
        let interval = Some(interval);
        Self { interval }
    }
}

/// Cancels a [`Timer`](crate::timer::Timer): it fires no more and leaves the tree.
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate)]
pub struct Cancel;

/// Asks a [`Timer`](crate::timer::Timer) when it fires next, by the wall clock.
///
/// Where it counts an interval, the reply is worked out from when it began, and
/// does not follow later changes of the clock. There is no reply from a timer
/// that is leaving.
#[derive(Event, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[event(crate = crate, reply = SystemTime)]
pub struct Expiry;

/// Tells a timer that its wait is over.
#[derive(Event, Debug)]
#[event(crate = crate)]
pub(crate) struct Due;

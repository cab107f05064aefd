//! Timers as components: they stand in the tree, can be reset and cancelled by
//! whoever reaches them, and leave the tree when they are done.
//!
//! A component that times something of its own needs none: it has
//! [`Context::every`](crate::Context::every),
//! [`Context::after`](crate::Context::after) and
//! [`Context::timer`](crate::Context::timer).

mod countdown;
#[cfg(feature = "cron")]
mod cron;
mod event;

pub use self::countdown::Timer;
#[cfg(feature = "cron")]
pub use self::cron::{Cron, CronError};
pub(crate) use self::event::Due;
pub use self::event::{Cancel, Expiry, Reset};

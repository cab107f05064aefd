//! Work that blocks or computes for long, away from the threads of the runtime.
//!
//! A handler that blocks holds up a thread that others run on. What takes long
//! without an await is a [`Job`] instead: an event that can do itself. A
//! [`Worker`] hears it, does it on a thread of its own, and answers; so it is
//! fired, called, awaited and cancelled as any event.

mod crew;
mod error;
mod gate;
mod hearer;
mod job;
mod jobs;
mod pool;
mod rivals;
mod threads;

pub use self::error::JobError;
pub use self::job::{Job, JobContext};
pub use self::pool::Pool;
pub use self::threads::Worker;

//! Work that blocks or computes for long, away from the threads of the runtime.
//!
//! A handler that blocks holds up a thread that others run on. What takes long
//! without an await is a [`Job`] instead: an event that can do itself. A
//! [`Worker`] hears it, does it on a thread of its own, and answers; so it is
//! fired, called, awaited and cancelled as any event.
//!
//! With the feature `worker-process`, on Unix, a `ProcessWorker` does jobs in
//! processes of their own, which may crash or hang without harm.

mod crew;
mod error;
mod gate;
mod hearer;
mod job;
mod jobs;
mod pool;
#[cfg(all(unix, feature = "worker-process"))]
mod process;
mod rivals;
mod threads;

pub use self::error::JobError;
pub use self::job::{Job, JobContext};
pub use self::pool::Pool;
#[cfg(all(unix, feature = "worker-process"))]
pub use self::process::{
    Killed, ProcessEnded, ProcessError, ProcessJob, ProcessWorker, RemoteError,
};
pub use self::threads::Worker;

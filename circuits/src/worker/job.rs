//! What a job is, and what it can ask while it runs.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::event::Event;

/// An event that can do itself, on a thread that may be blocked.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::worker::{Job, JobContext, Worker};
///
/// #[derive(Event, Clone, Debug)]
/// #[event(reply = u64)]
/// struct Factorial(u64);
///
/// impl Job for Factorial {
///     fn run(&self, _cx: &JobContext) -> Result<u64, Error> {
///         Ok((1..=self.0).product())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let worker = Worker::threads(4).job::<Factorial>();
/// system.supervise(move || worker.clone()).await?;
/// assert_eq!(system.on("worker").call(Factorial(5)).await?, 120);
/// # Ok(())
/// # }
/// ```
pub trait Job: Event + Clone {
    /// Does the job; this may block and compute as long as it takes.
    ///
    /// # Errors
    /// The job failed: the caller gets the error, and an `exception` is fired.
    ///
    /// # Panics
    /// A panic costs this job only: it becomes a [`JobError::Panicked`].
    ///
    /// [`JobError::Panicked`]: crate::worker::JobError::Panicked
    fn run(&self, cx: &JobContext) -> Result<Self::Reply, Error>;
}

/// What a job can ask while it runs.
#[derive(Clone)]
pub struct JobContext {
    cancelled: Arc<AtomicBool>,
}

impl JobContext {
    /// Tells whether the job may end early, for nobody takes its result any more: the
    /// caller has gone, the event was cancelled, or the worker has ended without it.
    ///
    /// Nothing ends a job from outside: one that takes long should look now and then,
    /// and return whatever it likes.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }
}

impl fmt::Debug for JobContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JobContext(cancelled: {})", self.is_cancelled())
    }
}

/// The waiting side of a job. Dropped, it cancels the job.
pub(crate) struct Cancels(Arc<AtomicBool>);

impl Cancels {
    pub(crate) fn new() -> (Self, JobContext) {
        let cancelled = Arc::new(AtomicBool::new(false));
        let cx = JobContext {
            cancelled: cancelled.clone(),
        };
        (Self(cancelled), cx)
    }
}

impl Drop for Cancels {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Returns what a panic said.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

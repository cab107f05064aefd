//! Phases: what is done in order before the tree of a system ends.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::Handle;
use crate::core::event::Error;

/// One step of the ordered end of a system.
///
/// [`Handle::shutdown`] and a signal run the phases in the order in which they
/// were added, one after the other, while all components still run; then the
/// tree is drained, each component within its own shutdown time. A phase fires
/// [`ShutdownPhase`](crate::event::ShutdownPhase) on all channels and starts its
/// tasks, all together, and is over when the handlers of that event and the
/// tasks are done.
///
/// # When a phase fails
/// It fails where one of its handlers or tasks returns an error or panics, or
/// where it passes its limit: then its tasks are dropped at their next await (one
/// that blocks its thread is abandoned after a second), and its handlers run on
/// until their components end. It is logged as an error, the
/// next phase runs all the same, unless [`Phase::abort_on_failure`] says
/// otherwise, and the exit code is [`Phase::FAILED`] unless another was set.
///
/// # Examples
///
/// ```
/// use circuits::Phase;
/// use circuits::event::ShutdownPhase;
/// use circuits::prelude::*;
///
/// #[component]
/// struct Store;
///
/// #[component]
/// impl Store {
///     #[handler("shutdown_phase")]
///     async fn flush(&mut self, event: &ShutdownPhase) -> circuits::Result<()> {
///         if &*event.phase == "flush" {
///             // Write what is not written yet.
///         }
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Store).await?;
/// system.add_phase(Phase::new("stop accepting").limit(Duration::from_secs(2)))?;
/// let upload = || async { Ok(()) }; // Runs beside the handlers.
/// system.add_phase(Phase::new("flush").task("upload", upload))?;
/// system.limit_tree(Duration::from_secs(60))?;
/// system.shutdown();
/// assert_eq!(system.join().await?, 0);
/// # Ok(())
/// # }
/// ```
#[must_use = "`system.add_phase(..)` adds it"]
pub struct Phase {
    pub(crate) name: Arc<str>,
    pub(crate) limit: Duration,
    pub(crate) aborts: bool,
    pub(crate) tasks: Vec<Task>,
}

impl Phase {
    /// The exit code of a system that was shut down where a phase failed, passed
    /// its limit, was cut off or left out, or the tree passed its own limit; a
    /// code of its own ([`Handle::exit`], [`Handle::shutdown_with`]) counts more.
    pub const FAILED: u8 = 70;

    /// Makes a phase; it may take 5 s unless said.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self {
            name: name.into(),
            limit: Duration::from_secs(5),
            aborts: false,
            tasks: Vec::new(),
        }
    }

    /// Sets how long the phase may take.
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Adds a task; the name says in the log who failed or was late.
    ///
    /// It runs on the runtime, together with the other tasks of the phase.
    pub fn task<F>(
        mut self,
        name: impl Into<Arc<str>>,
        make: impl FnOnce() -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.tasks.push(Task {
            name: name.into(),
            run: Box::new(move || Box::pin(make())),
        });
        self
    }

    /// Leaves out the phases after this one if it fails, and stops the tree
    /// instead of draining it: running handlers finish, what is queued becomes
    /// dead letters.
    pub fn abort_on_failure(self) -> Self {
        Self {
            aborts: true,
            ..self
        }
    }
}

impl fmt::Debug for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phase({})", self.name)
    }
}

/// What a phase does beside firing its event.
pub(crate) struct Task {
    pub(crate) name: Arc<str>,
    pub(crate) run: Box<dyn FnOnce() -> Work + Send>,
}

type Work = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Why the end of a system cannot be planned so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhaseError {
    /// Another phase has the same name.
    NameTaken(String),
    /// The system is being ended, or has ended.
    Ending,
}

impl fmt::Display for PhaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameTaken(name) => write!(f, "a phase is named `{name}` already"),
            Self::Ending => f.write_str("the system is ending already"),
        }
    }
}

impl std::error::Error for PhaseError {}

/// The ordered end of one system: what the system's room lends to this one.
pub(crate) trait Phases: Send + Sync {
    fn add(&self, phase: Phase) -> Result<(), PhaseError>;
    fn limit_tree(&self, limit: Duration) -> Result<(), PhaseError>;
    /// Runs the phases, then drains the tree; asked again, it changes nothing.
    fn begin(self: Arc<Self>, handle: &Handle);
    /// Says that the tree is ended now: leaves out what has not been done.
    fn cut(&self);
}

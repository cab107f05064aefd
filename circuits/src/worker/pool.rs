//! The threads of a worker, for closures as well as for events.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::worker::error::Unstartable;
use crate::worker::threads::Threads;
use crate::worker::{JobContext, JobError};

/// The threads of one [`Worker`](crate::worker::Worker), from wherever it is held;
/// cheap to clone.
///
/// It stays valid when the worker is started again.
#[derive(Clone, Default)]
pub struct Pool {
    /// Those of the life that the worker lives; `None` while it does not.
    threads: Arc<Mutex<Option<Threads>>>,
}

impl Pool {
    /// Runs a closure on one of the worker's threads; waits for its turn as the
    /// jobs do that are events.
    ///
    /// A handler that takes `&mut self` keeps its component while it awaits this; one
    /// with `&self` does not.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::prelude::*;
    /// use circuits::worker::Worker;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// let system = System::new();
    /// let worker = Worker::threads(2);
    /// let pool = worker.pool();
    /// system.supervise(move || worker.clone()).await?;
    ///
    /// let sum: u64 = pool.run(|_| (1..=1_000_000).sum()).await?;
    /// assert_eq!(sum, 500_000_500_000);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`JobError`].
    ///
    /// # Cancel safety
    /// Dropped while the closure waits for its turn, it is not run. Dropped later, it
    /// runs on, and [`JobContext::is_cancelled`] tells it.
    pub async fn run<T, F>(&self, work: F) -> Result<T, JobError>
    where
        T: Send + 'static,
        F: FnOnce(&JobContext) -> T + Send + 'static,
    {
        let threads = self.threads().clone().ok_or(JobError::Stopped)?;
        threads.run(work).await
    }

    /// Lends its threads to all who hold the pool.
    pub(crate) fn open(&self, threads: Threads) -> Result<Life, Unstartable> {
        let mut place = self.threads();
        if place.is_some() {
            return Err(Unstartable::Twice);
        }
        *place = Some(threads.clone());
        let pool = self.clone();
        Ok(Life { pool, threads })
    }

    fn threads(&self) -> MutexGuard<'_, Option<Threads>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({:?})", &*self.threads())
    }
}

/// The threads of one life of a worker; they end with it.
pub(crate) struct Life {
    pool: Pool,
    pub(crate) threads: Threads,
}

impl Drop for Life {
    fn drop(&mut self) {
        *self.pool.threads() = None;
        self.threads.crew.cut();
    }
}

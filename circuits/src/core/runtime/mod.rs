//! The only room that spawns tasks, reads the clock and draws random numbers.
//!
//! Everything above goes through [`Runtime`], so that another executor, or a
//! simulator with a seed, has one place to stand in.

mod alarm;
mod panic;
mod sort;
mod tasks;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Sleep;

pub(crate) use self::alarm::Alarm;
pub(crate) use self::panic::{PANICS_UNWIND, Panic, catch, guard};
pub(crate) use self::sort::{rank_of, sort_by_rank};
pub(crate) use self::tasks::{TaskId, Tasks};
/// A quick hash with a seed of its own in every process.
pub(crate) use foldhash::fast::RandomState as SeededHash;
pub(crate) use tokio::runtime::Id as RuntimeId;
pub(crate) use tokio::task::{AbortHandle, Id as Here};
pub(crate) use tokio::time::Instant;

/// Returns a number that most likely differs between two threads, and is mostly
/// the same on one.
///
/// Threads have stacks of their own, of 2 MiB unless said otherwise, so where a
/// local stands tells them apart. A wrong guess may cost time, and nothing else.
#[inline(always)]
pub(crate) fn thread_hint() -> usize {
    let here = 0_u8;
    (&raw const here).addr() >> 21
}

/// What a task runs.
pub(crate) type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A handle to the runtime that a system lives on.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
    handle: Option<Handle>,
}

impl Runtime {
    /// Takes the runtime of the calling thread, if it has one.
    pub(crate) fn current() -> Self {
        Self {
            handle: Handle::try_current().ok(),
        }
    }

    /// Uses this runtime, or the calling thread's where this is none; `None` where
    /// that has none either.
    fn with_handle<T>(&self, run: impl FnOnce(&Handle) -> T) -> Option<T> {
        match &self.handle {
            Some(handle) => Some(run(handle)),
            None => Some(run(&Handle::try_current().ok()?)),
        }
    }

    /// Tells whether tasks can be started.
    pub(crate) fn is_there(&self) -> bool {
        self.with_handle(|_| ()).is_some()
    }

    /// Starts a task; `None` where no runtime runs.
    ///
    /// To tokio all tasks are of one type, so that what it does with a task is compiled
    /// once, and a future is moved once only.
    pub(crate) fn spawn(&self, task: BoxedTask) -> Option<AbortHandle> {
        self.with_handle(|handle| handle.spawn(task).abort_handle())
    }

    /// Returns what tells it apart from others that run.
    pub(crate) fn id(&self) -> Option<RuntimeId> {
        self.with_handle(Handle::id)
    }

    /// Tells whether tasks run on more than one thread.
    pub(crate) fn has_threads(&self) -> bool {
        let flavor = self.with_handle(Handle::runtime_flavor);
        flavor.is_some_and(|flavor| flavor != RuntimeFlavor::CurrentThread)
    }

    /// Wakes a thread of the runtime now and then, from a thread of its own, as
    /// long as something goes on.
    ///
    /// Tokio's clock is read by one worker that has nothing to do. If that one is
    /// woken and blocks, nobody else takes the clock over before something wakes
    /// one more worker: no deadline comes meanwhile. Where there is one thread
    /// only, nobody could be woken.
    pub(crate) fn keep_awake(&self, goes_on: impl Fn() -> bool + Send + 'static) {
        const PERIOD: Duration = Duration::from_millis(10);
        let Some(handle) = self.with_handle(Handle::clone) else {
            return;
        };
        if !self.has_threads() {
            return;
        }
        let wakes = move || {
            while goes_on() {
                std::thread::sleep(PERIOD);
                drop(handle.spawn(async {}));
            }
        };
        let thread = std::thread::Builder::new().name("circuits-end".to_owned());
        if let Err(error) = thread.spawn(wakes) {
            tracing::warn!(target: "circuits", %error, "no thread to end with");
        }
    }

    /// Makes a timer; `None` where no runtime runs.
    pub(crate) fn sleep(&self, duration: Duration) -> Option<Sleep> {
        self.with_handle(|handle| {
            let _entered = handle.enter();
            tokio::time::sleep(duration)
        })
    }
}

/// Tells whether the calling thread is one of this runtime, where there is one.
pub(crate) fn is_current(runtime: Option<RuntimeId>) -> bool {
    let here = Handle::try_current().ok();
    here.is_some_and(|here| runtime == Some(here.id()))
}

/// Draws a random number, from 0 up to 1.
pub(crate) fn random() -> f64 {
    fastrand::f64()
}

/// Reads the monotonic clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Returns when so much time will be over; the far future where no clock gets there.
pub(crate) fn from_now(duration: Duration) -> Instant {
    /// As far as tokio's own timers go.
    const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
    let now = now();
    now.checked_add(duration.min(FAR)).unwrap_or(now)
}

/// Reads the wall clock.
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Waits; must run on the runtime.
pub(crate) async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits until a point in time; for ever where there is none.
pub(crate) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Drops the future once the time is over; must run on the runtime.
pub(crate) async fn timeout<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    tokio::time::timeout(limit, future).await.ok()
}

/// Returns which task runs this; `None` outside of all.
pub(crate) fn here() -> Option<Here> {
    tokio::task::try_id()
}

/// Lets the other tasks of this thread run.
pub(crate) async fn yield_now() {
    tokio::task::yield_now().await;
}

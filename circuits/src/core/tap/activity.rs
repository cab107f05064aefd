//! What one component has done, and does, while somebody listens in.

use std::collections::BTreeMap;

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::{Error, Name};
use crate::core::runtime::Instant;
use crate::core::tap::{FiringId, Handled};

/// What a component has done since the first tap was hung up, over its lives;
/// it rests while no tap is.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Activity {
    /// How many of its handlers ended, in whatever way.
    pub handled: u64,
    /// How many of them failed, panicked or were killed.
    pub failed: u64,
    /// The handlers that run now, the first begun first.
    pub running: Vec<Running>,
    /// The last error.
    pub last_error: Option<LastError>,
}

/// A handler that runs.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Running {
    /// The name of the method.
    pub handler: &'static str,
    /// The name of the event.
    pub event: Name,
    /// Which firing of it.
    pub firing: FiringId,
    /// When it began, by the clock of tokio.
    pub since: Instant,
}

/// How a handler failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LastError {
    /// The name of the method.
    pub handler: &'static str,
    /// What it returned, or what its panic said.
    pub error: Error,
    /// When, by the clock of tokio.
    pub at: Instant,
}

/// Where a component keeps its activity.
#[derive(Default)]
pub(crate) struct ActivityLog(Mutex<Log>);

#[derive(Default)]
struct Log {
    next: u64,
    handled: u64,
    failed: u64,
    /// At most as many as a component runs at once.
    running: BTreeMap<u64, Running>,
    last_error: Option<LastError>,
}

/// Names a handler that runs.
#[derive(Clone, Copy)]
pub(crate) struct Entry(u64);

impl ActivityLog {
    pub(crate) fn begin(&self, running: Running) -> Entry {
        let mut log = self.lock();
        let number = log.next;
        log.next += 1;
        log.running.insert(number, running);
        Entry(number)
    }

    pub(crate) fn end(&self, entry: Entry, handled: &Handled, now: Instant) {
        let mut log = self.lock();
        let running = log.running.remove(&entry.0);
        log.handled += 1;
        log.failed += u64::from(handled.outcome.is_failure());
        if let (Some(running), Some(error)) = (running, handled.outcome.error()) {
            let last = LastError {
                handler: running.handler,
                error: error.clone(),
                at: now,
            };
            let before = log.last_error.replace(last);
            // An error is the user's: it is not dropped under the lock.
            drop(log);
            drop(before);
        }
    }

    pub(crate) fn read(&self) -> Activity {
        let log = self.lock();
        Activity {
            handled: log.handled,
            failed: log.failed,
            running: log.running.values().cloned().collect(),
            last_error: log.last_error.clone(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock()
    }
}

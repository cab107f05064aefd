//! How many events of each name were fired, handled and lost while somebody
//! listened in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::core::runtime::SeededHash;

/// The counts of one type of event, by its name, since the first tap was hung up; they
/// rest while none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventCount {
    /// The name of the event's type; `*` for those that have names of their own.
    pub event: &'static str,
    /// How often it was fired.
    pub fired: u64,
    /// How many handlers ended with it, in whatever way.
    pub handled: u64,
    /// How many of them failed, panicked or were killed.
    pub failed: u64,
    /// How many dead letters came of it.
    pub dead: u64,
}

/// The counts of all events: at most one entry for each type of event.
#[derive(Default)]
pub(crate) struct Counters {
    by_name: papaya::HashMap<&'static str, Arc<Counter>, SeededHash>,
}

#[derive(Default)]
pub(crate) struct Counter {
    fired: AtomicU64,
    handled: AtomicU64,
    failed: AtomicU64,
    dead: AtomicU64,
}

impl Counters {
    pub(crate) fn of(&self, event: &'static str) -> Arc<Counter> {
        let by_name = self.by_name.pin();
        by_name.get_or_insert_with(event, Arc::default).clone()
    }

    /// Lists the counts, by name.
    pub(crate) fn list(&self) -> Vec<EventCount> {
        let by_name = self.by_name.pin();
        let counts = by_name.iter().map(|(event, counter)| counter.read(event));
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by_key(|count| count.event);
        counts
    }
}

impl Counter {
    pub(crate) fn add_fired(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_handled(&self, failed: bool) {
        self.handled.fetch_add(1, Ordering::Relaxed);
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn add_dead(&self) {
        self.dead.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self, event: &'static str) -> EventCount {
        EventCount {
            event,
            fired: self.fired.load(Ordering::Relaxed),
            handled: self.handled.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            dead: self.dead.load(Ordering::Relaxed),
        }
    }
}

//! What a probe has heard: the last events, in order, and which an expectation
//! took.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::AnyEvent;

/// The events of one probe, shared by its component and its handles.
///
/// ```text
/// serial:  0 ........ lost ........ next
///          forgotten  │ kept        │ to come
/// ```
pub(super) struct Record {
    state: Mutex<State>,
    /// Tells those who wait that something was kept, or that the probe has ended.
    news: Notify,
    capacity: usize,
}

#[derive(Default)]
struct State {
    kept: VecDeque<Entry>,
    /// The serial number of the event that comes next; they begin with 0.
    next: u64,
    /// One more than the serial number of the last event that was forgotten for
    /// want of room since the record was cleared; 0 if none was.
    lost: u64,
    forgotten: u64,
    ended: bool,
}

struct Entry {
    serial: u64,
    event: AnyEvent,
    taken: bool,
}

/// What is new for one who waits.
pub(super) struct News {
    /// Events that nobody took, with their serial numbers.
    pub(super) events: Vec<(u64, AnyEvent)>,
    /// Some that it did not see are forgotten.
    pub(super) missed: bool,
    pub(super) ended: bool,
}

impl Record {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            news: Notify::new(),
            capacity: capacity.max(1),
        }
    }

    /// Keeps an event, and forgets the oldest where there are too many.
    pub(super) fn add(&self, event: AnyEvent) {
        let displaced = {
            let mut state = self.lock();
            let displaced = if state.kept.len() == self.capacity {
                state.kept.pop_front()
            } else {
                None
            };
            if let Some(entry) = &displaced {
                state.lost = entry.serial + 1;
                state.forgotten += 1;
            }
            let serial = state.next;
            state.next += 1;
            state.kept.push_back(Entry {
                serial,
                event,
                taken: false,
            });
            displaced
        };
        // The last share of an event is dropped outside of the lock: its value
        // is the user's.
        drop(displaced);
        self.news.notify_waiters();
    }

    /// Notes that no event will come any more.
    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.news.notify_waiters();
    }

    pub(super) fn clear(&self) {
        let kept = {
            let mut state = self.lock();
            state.lost = 0;
            state.forgotten = 0;
            std::mem::take(&mut state.kept)
        };
        drop(kept);
    }

    pub(super) fn events(&self) -> Vec<AnyEvent> {
        let state = self.lock();
        state.kept.iter().map(|entry| entry.event.clone()).collect()
    }

    /// Returns the events that no expectation took, and how many are forgotten.
    pub(super) fn left(&self) -> (Vec<AnyEvent>, u64) {
        let state = self.lock();
        let left = state.kept.iter().filter(|entry| !entry.taken);
        (
            left.map(|entry| entry.event.clone()).collect(),
            state.forgotten,
        )
    }

    pub(super) fn forgotten(&self) -> u64 {
        self.lock().forgotten
    }

    /// Returns what came since the serial number `seen`, and moves it on.
    pub(super) fn since(&self, seen: &mut u64) -> News {
        let state = self.lock();
        let new = state.kept.iter().filter(|entry| entry.serial >= *seen);
        let news = News {
            events: new
                .filter(|entry| !entry.taken)
                .map(|entry| (entry.serial, entry.event.clone()))
                .collect(),
            missed: state.lost > *seen,
            ended: state.ended,
        };
        *seen = state.next;
        news
    }

    /// Takes an event for an expectation; `false` if another one was quicker.
    pub(super) fn take(&self, serial: u64) -> bool {
        let mut state = self.lock();
        let found = state.kept.iter_mut().find(|entry| entry.serial == serial);
        found.is_some_and(|entry| !std::mem::replace(&mut entry.taken, true))
    }

    /// Returns what tells those who wait; they enlist before they look.
    pub(super) fn news(&self) -> &Notify {
        &self.news
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! How many restarts are too many: a sliding window of monotonic time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::runtime::Instant;

/// Counts the restarts within the last `period`; the window is half open, so a
/// restart exactly one period ago no longer counts.
#[derive(Debug)]
pub(crate) struct Window {
    limit: usize,
    period: Duration,
    restarts: VecDeque<Instant>,
}

impl Window {
    pub(crate) fn new(limit: u32, period: Duration) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            limit,
            period,
            restarts: VecDeque::new(),
        }
    }

    /// Counts one restart; `false` if it is one too many.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        while self
            .restarts
            .front()
            .is_some_and(|first| now.duration_since(*first) >= self.period)
        {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= self.limit {
            return false;
        }
        self.restarts.push_back(now);
        true
    }
}

//! How many restarts are too many: a sliding window of monotonic time.

use std::collections::VecDeque;
use std::time::Duration;

use crate::core::runtime::Instant;

/// Counts the restarts within the last `period`; the window is half open, so a
/// restart exactly one period ago no longer counts. It remembers at most as many
/// as it allows, and none where it allows any number.
#[derive(Debug)]
pub(crate) struct Window {
    limit: Option<u32>,
    period: Duration,
    restarts: VecDeque<Instant>,
}

impl Window {
    pub(crate) fn new(limit: u32, period: Duration) -> Self {
        Self {
            limit: (limit != u32::MAX).then_some(limit),
            period,
            restarts: VecDeque::new(),
        }
    }

    /// Counts one restart; `false` if it is one too many.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        let Some(limit) = self.limit else {
            return true;
        };
        while self
            .restarts
            .front()
            .is_some_and(|first| now.duration_since(*first) >= self.period)
        {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= limit as usize {
            return false;
        }
        self.restarts.push_back(now);
        true
    }
}

//! How long to wait before a component is started again.

use std::time::Duration;

use crate::core::runtime::{self, Instant};

/// How long to wait before a failed child is started again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use circuits::Backoff;
///
/// // 1, 2, 4, 8, 10, 10 .. seconds, each up to a fifth shorter, so that many
/// // that failed together do not come back together. After a minute without a
/// // failure it starts at 1 s again.
/// let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(10))
///     .jitter(0.2)
///     .reset_after(Duration::from_secs(60));
/// # let _ = backoff;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    first: Duration,
    limit: Duration,
    reset: Duration,
    jitter: f64,
}

impl Backoff {
    /// The same delay each time.
    pub const fn constant(delay: Duration) -> Self {
        Self::exponential(delay, delay)
    }

    /// A delay that doubles with each restart, up to a limit; it starts anew
    /// once the child has run for as long as the limit.
    pub const fn exponential(first: Duration, limit: Duration) -> Self {
        Self {
            first,
            limit,
            reset: limit,
            jitter: 0.0,
        }
    }

    /// Takes up to this share off each delay, at random: from 0 (none, unless
    /// said) to 1 (anything down to no delay).
    #[must_use]
    pub const fn jitter(self, share: f64) -> Self {
        // Neither comparison holds for what is no number.
        let jitter = if share > 0.0 { share.min(1.0) } else { 0.0 };
        Self { jitter, ..self }
    }

    /// Sets how long the child must have run for the delays to start anew; as
    /// long as the longest delay, unless said.
    #[must_use]
    pub const fn reset_after(self, reset: Duration) -> Self {
        Self { reset, ..self }
    }

    /// Returns how long something must have run for the delays to start anew.
    pub const fn reset(&self) -> Duration {
        self.reset
    }

    /// Returns the delay before the next start, after so many failures in a row: for
    /// what restarts something other than a component. Jitter makes each one another.
    pub fn delay(&self, failures: u32) -> Duration {
        let factor = 1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX);
        let delay = self.first.saturating_mul(factor).min(self.limit);
        if self.jitter == 0.0 {
            return delay;
        }
        let off =
            Duration::try_from_secs_f64(delay.as_secs_f64() * self.jitter * runtime::random());
        delay.saturating_sub(off.unwrap_or_default())
    }
}

/// The delays of one child's restarts.
#[derive(Clone, Debug)]
pub(crate) struct Delays {
    backoff: Backoff,
    /// Restarts in a row.
    failures: u32,
    /// When the current life had started.
    since: Option<Instant>,
}

impl Delays {
    pub(crate) fn new(backoff: Backoff) -> Self {
        Self {
            backoff,
            failures: 0,
            since: None,
        }
    }

    /// Notes that a life has started: only what came so far counts as running.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// Returns the delay before the next start.
    pub(crate) fn next(&mut self, now: Instant) -> Duration {
        let since = self.since.take();
        if since.is_some_and(|since| now.duration_since(since) >= self.backoff.reset) {
            self.failures = 0;
        }
        let delay = self.backoff.delay(self.failures);
        self.failures = self.failures.saturating_add(1);
        delay
    }
}

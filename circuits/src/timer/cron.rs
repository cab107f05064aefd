//! Timers by cron expressions.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

use crate::event::Event;
use crate::timer::Timer;

/// A cron expression: minute, hour, day of the month, month, day of the week; with
/// seconds in front if it has six fields, and with the year behind if seven.
///
/// It is read as cron does: lists, ranges, steps and names (`MON-FRI`, `JAN`), `L`
/// for the last, `W` for the nearest weekday, `#` for the nth weekday, and `@hourly`
/// and the like. Where days of the month and of the week are both given, either
/// will do.
///
/// Dates are of UTC, which has no daylight saving: none is skipped and none comes
/// twice. [`Timer::schedule`] takes the dates of other time zones.
///
/// # Examples
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use circuits::timer::Cron;
///
/// # fn main() -> circuits::Result<()> {
/// let nightly: Cron = "30 2 * * *".parse()?;
/// let half_past_two = UNIX_EPOCH + Duration::from_secs(2 * 60 * 60 + 30 * 60);
/// assert_eq!(nightly.next_after(UNIX_EPOCH), Some(half_past_two));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Cron(croner::Cron);

impl Cron {
    /// Returns the first date after a time; `None` where there is none before the
    /// year 5000.
    pub fn next_after(&self, time: SystemTime) -> Option<SystemTime> {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(since.as_secs()).ok()?;
        let time: DateTime<Utc> = DateTime::from_timestamp(seconds, since.subsec_nanos())?;
        let next = self.0.find_next_occurrence(&time, false).ok()?;
        let seconds = u64::try_from(next.timestamp()).ok()?;
        UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
    }
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(expression: &str) -> Result<Self, CronError> {
        expression.parse().map(Self).map_err(CronError)
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cron({})", self.0)
    }
}

/// Why a cron expression cannot be read; its source says it in detail.
#[derive(Debug, thiserror::Error)]
#[error("this is no cron expression")]
pub struct CronError(#[source] croner::errors::CronError);

impl<E: Event + Clone> Timer<E> {
    /// Makes a timer that fires at each date of a cron expression.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::prelude::*;
    /// use circuits::timer::{Cron, Timer};
    ///
    /// #[derive(Event, Clone)]
    /// struct Backup;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// # let system = System::new();
    /// let nightly: Cron = "30 2 * * *".parse()?;
    /// let timer = move || Timer::cron(nightly.clone(), Backup).on("store");
    /// system.supervise(timer).named("nightly").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cron(cron: Cron, event: E) -> Self {
        Self::schedule(move |after| cron.next_after(after), event)
    }
}

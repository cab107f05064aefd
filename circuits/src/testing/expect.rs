//! Expectations: an event that shall come, and one that shall not.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use crate::AnyEvent;
use crate::event::Event;
use crate::testing::ExpectError;
use crate::testing::error::Why;
use crate::testing::record::Record;

/// How fine tokio's clock is.
const TICK: Duration = Duration::from_millis(1);

/// Expects an event; made by [`Probe::expect`](crate::testing::Probe::expect).
///
/// It looks at what the probe remembers first, then at what comes. Each event
/// meets one expectation only, the first that looks at it, and expectations may
/// be met in any order: two of one type need two events. To assert an order,
/// compare [`Probe::names`](crate::testing::Probe::names).
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::testing::Probe;
///
/// #[derive(Event, Debug)]
/// struct Paid(u32);
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let probe = Probe::on(&system, "*").await?;
/// system.on("shop").fire(Paid(1));
/// system.on("shop").fire(Paid(7));
///
/// let second = Duration::from_secs(1);
/// let paid = probe.expect::<Paid>().on("shop").matching(|paid| paid.0 > 5);
/// assert_eq!(paid.within(second).await?.0, 7);
///
/// let error = probe.expect::<Paid>().on("store").within(second).await.unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "no paid on store within 1s; instead came\n  paid on shop: Paid(1)",
/// );
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is expected before `within(..)` is awaited"]
pub struct Expect<'a, E: Event>(Search<'a, E>);

/// Expects that an event does not come; made by
/// [`Probe::none`](crate::testing::Probe::none).
///
/// An event that the probe remembers and that no expectation took counts as one
/// that came: [`Probe::clear`](crate::testing::Probe::clear) begins anew.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::testing::Probe;
///
/// #[derive(Event, Debug)]
/// struct Refund(u32);
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let probe = Probe::on(&system, "shop").await?;
/// let day = Duration::from_secs(86_400); // of the paused clock
/// probe.none::<Refund>().within(day).await?;
///
/// system.on("shop").fire(Refund(3));
/// let error = probe.none::<Refund>().within(day).await.unwrap_err();
/// assert_eq!(error.to_string(), "no refund was expected, but this came:\n  refund on shop: Refund(3)");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is looked at before `within(..)` is awaited"]
pub struct ExpectNone<'a, E: Event>(Search<'a, E>);

impl<'a, E: Event> Expect<'a, E> {
    pub(super) fn new(record: &'a Record) -> Self {
        Self(Search::new(record))
    }

    /// Counts events only that were fired on this channel.
    pub fn on(mut self, channel: impl Into<String>) -> Self {
        self.0.channel = Some(channel.into());
        self
    }

    /// Counts events only for which this holds; it sees each event once.
    pub fn matching(mut self, holds: impl FnMut(&E) -> bool + Send + 'a) -> Self {
        self.0.holds = Some(Box::new(holds));
        self
    }

    /// Waits for the event for at most this time, of tokio's clock.
    ///
    /// What is due in the very instant in which the time is over counts: it takes a
    /// millisecond more, as fine as tokio's clock is, before this gives up.
    ///
    /// # Errors
    /// It did not come, or the probe has ended with its system; the error says
    /// what came instead.
    ///
    /// # Panics
    /// No tokio runtime runs.
    ///
    /// # Cancel safety
    /// Dropped, no event is taken.
    pub async fn within(mut self, limit: Duration) -> Result<Arc<E>, ExpectError> {
        let take = |search: &mut Search<'a, E>| {
            let news = search.record.since(&mut search.seen);
            for (serial, event) in news.events {
                if let Some(event) = search.counts(&event)
                    && search.record.take(serial)
                {
                    return Some(Ok(event));
                }
            }
            news.ended.then_some(Err(Why::Ended))
        };
        let found = self.0.watch(limit, take).await;
        found
            .unwrap_or(Err(Why::Missing(limit)))
            .map_err(|why| self.0.error(why))
    }
}

impl<'a, E: Event> ExpectNone<'a, E> {
    pub(super) fn new(record: &'a Record) -> Self {
        Self(Search::new(record))
    }

    /// Counts events only that were fired on this channel.
    pub fn on(mut self, channel: impl Into<String>) -> Self {
        self.0.channel = Some(channel.into());
        self
    }

    /// Counts events only for which this holds; it sees each event once.
    pub fn matching(mut self, holds: impl FnMut(&E) -> bool + Send + 'a) -> Self {
        self.0.holds = Some(Box::new(holds));
        self
    }

    /// Waits for this time, of tokio's clock, and makes sure that none comes, also
    /// in the very instant in which it is over; so it takes a millisecond more.
    ///
    /// # Errors
    /// One came, known at once; or the probe forgot events that were not looked
    /// at; or it ended before the time was over.
    ///
    /// # Panics
    /// No tokio runtime runs.
    ///
    /// # Cancel safety
    /// Dropped, nothing is lost.
    pub async fn within(mut self, limit: Duration) -> Result<(), ExpectError> {
        let refuse = |search: &mut Search<'a, E>| {
            let news = search.record.since(&mut search.seen);
            for (_, event) in news.events {
                if search.counts(&event).is_some() {
                    return Some(Why::Came(event));
                }
            }
            if news.missed {
                return Some(Why::Forgotten);
            }
            news.ended.then_some(Why::Ended)
        };
        match self.0.watch(limit, refuse).await {
            Some(why) => Err(self.0.error(why)),
            None => Ok(()),
        }
    }
}

type Holds<'a, E> = Box<dyn FnMut(&E) -> bool + Send + 'a>;

/// What both kinds of expectation look for, and how far they have looked.
struct Search<'a, E: Event> {
    record: &'a Record,
    channel: Option<String>,
    holds: Option<Holds<'a, E>>,
    /// The serial number of the first event that was not looked at.
    seen: u64,
}

impl<'a, E: Event> Search<'a, E> {
    fn new(record: &'a Record) -> Self {
        Self {
            record,
            channel: None,
            holds: None,
            seen: 0,
        }
    }

    /// Waits until `judge` comes to an end with what is new; `None` once the time
    /// is over.
    async fn watch<T>(
        &mut self,
        limit: Duration,
        judge: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let record = self.record;
        let watch = async {
            loop {
                let mut news = pin!(record.news().notified());
                // Before the look, so that nothing is missed between it and the wait.
                news.as_mut().enable();
                if let Some(found) = judge(self) {
                    return found;
                }
                news.await;
            }
        };
        // A paused clock moves on from an instant when all that is due in it is done.
        let limit = limit.saturating_add(TICK);
        tokio::time::timeout(limit, watch).await.ok()
    }

    /// Returns the event if it is one of those that are looked for.
    fn counts(&mut self, event: &AnyEvent) -> Option<Arc<E>> {
        let channel = self.channel.as_deref();
        if channel.is_some_and(|wanted| event.channel() != Some(wanted)) {
            return None;
        }
        let event = event.downcast::<E>()?;
        let holds = self.holds.as_mut().is_none_or(|holds| holds(&event));
        holds.then_some(event)
    }

    fn error(&self, why: Why) -> ExpectError {
        let (instead, forgotten) = self.record.left();
        ExpectError {
            expected: self.to_string(),
            why,
            instead,
            forgotten,
        }
    }
}

impl<E: Event> fmt::Display for Search<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matching = if self.holds.is_some() {
            "matching "
        } else {
            ""
        };
        write!(f, "{matching}{}", E::NAME)?;
        match &self.channel {
            Some(channel) => write!(f, " on {channel}"),
            None => Ok(()),
        }
    }
}

impl<E: Event> fmt::Debug for Expect<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expect({})", self.0)
    }
}

impl<E: Event> fmt::Debug for ExpectNone<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExpectNone({})", self.0)
    }
}

//! The timer component.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::event::Event;
use crate::timer::{Cancel, Due, Expiry, Reset};
use crate::{Context, component, handler};

/// The key of the one wait of a timer.
const KEY: &str = "wait";

/// The shortest period, as of [`Context::every`].
const SHORTEST: Duration = Duration::from_millis(1);

/// A timer in the tree: fires clones of an event after an interval, again and
/// again, or at dates of the wall clock.
///
/// It fires on the channel said with [`on`](Self::on), else on the event's own
/// one, else on its own. It listens for [`Reset`], [`Cancel`] and [`Expiry`] on its
/// own channel: `"timer"`, where all timers listen, unless it is put on another,
/// as in `system.supervise(..).channel("..")`. By address one is reached alone.
///
/// # Beat and order
/// - The first event comes after one interval, or at the first date; a date that
///   is past is due at once. The shortest period is 1 ms.
/// - [`every`](Self::every) keeps its beat: a tick that comes late does not move
///   the next one. Ticks that were missed, because a receiver is behind, are left
///   out. A timer by dates leaves out those that have passed meanwhile.
/// - One that has nothing more to fire unregisters itself, and so does one that is
///   cancelled: `prepare_unregister` and `unregistered` tell. Nothing is fired from
///   then on; what has been fired is not called back.
///
/// # Clocks
/// Intervals go by the monotonic clock. The wait for a date is worked out once: if
/// the wall clock is set meanwhile, that date comes early or late, and the next one
/// is right again. No date is fired twice: set back, the clock has to pass the
/// last date again first. A wait ends after 30 years at the latest.
///
/// # When it is started again
/// It begins anew, as it was made: the wait from its start, the interval without
/// resets. By value (`register`) it is never started again.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::timer::{Cancel, Reset, Timer};
///
/// #[derive(Event, Clone, Debug)]
/// struct Beat;
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let beat = || Timer::every(Duration::from_secs(1), Beat).on("heart");
/// let timer = system.supervise(beat).await?;
/// system.on("heart").wait::<Beat>().await?;
///
/// system.to(&timer).fire(Reset::to(Duration::from_secs(5)));
/// system.on("heart").wait::<Beat>().await?; // 5 s later
/// system.to(&timer).fire(Cancel); // or `timer.unregister().await`
/// timer.ended().await;
/// # Ok(())
/// # }
/// ```
#[component(channel = "timer", crate = crate)]
pub struct Timer<E: Event + Clone> {
    event: E,
    channel: Option<String>,
    plan: Plan,
    clock: Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>,
    /// When it fires next, as far as the wall clock knew when the wait began.
    due: Option<SystemTime>,
    /// The last date that was fired: none is fired again.
    fired: Option<SystemTime>,
    leaving: bool,
}

type Dates = Box<dyn Fn(SystemTime) -> Option<SystemTime> + Send + Sync>;

enum Plan {
    After(Duration),
    Every(Duration),
    At(SystemTime),
    Schedule(Dates),
}

impl<E: Event + Clone> Timer<E> {
    /// Makes a timer that fires once, after a delay.
    pub fn after(delay: Duration, event: E) -> Self {
        Self::new(Plan::After(delay), event)
    }

    /// Makes a timer that fires again and again, first after one period.
    pub fn every(period: Duration, event: E) -> Self {
        Self::new(Plan::Every(period.max(SHORTEST)), event)
    }

    /// Makes a timer that fires once, at a time of the wall clock; at once if it
    /// is past.
    pub fn at(time: SystemTime, event: E) -> Self {
        Self::new(Plan::At(time), event)
    }

    /// Makes a timer that fires at each date that `next` gives, which is handed the
    /// time after which the date must be; so it can follow any calendar and
    /// time zone.
    ///
    /// The timer ends when there is no further date, or one that is not later. A
    /// panic of `next` ends this life of the timer.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::UNIX_EPOCH;
    ///
    /// # use circuits::prelude::*;
    /// # use circuits::timer::Timer;
    /// # #[derive(Event, Clone)]
    /// # struct Hourly;
    /// const HOUR: u64 = 60 * 60;
    ///
    /// let timer = Timer::schedule(
    ///     |after| {
    ///         let hours = after.duration_since(UNIX_EPOCH).ok()?.as_secs() / HOUR;
    ///         Some(UNIX_EPOCH + Duration::from_secs((hours + 1) * HOUR))
    ///     },
    ///     Hourly,
    /// );
    /// # drop(timer);
    /// ```
    pub fn schedule<F>(next: F, event: E) -> Self
    where
        F: Fn(SystemTime) -> Option<SystemTime> + Send + Sync + 'static,
    {
        Self::new(Plan::Schedule(Box::new(next)), event)
    }

    /// Makes it fire on a channel; `"*"` reaches all channels.
    #[must_use]
    pub fn on(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Makes it read another wall clock, as a test does whose clock is paused: the
    /// system's stands still there. A panic of `clock` ends this life of the timer.
    #[must_use]
    pub fn clock<F>(mut self, clock: F) -> Self
    where
        F: Fn() -> SystemTime + Send + Sync + 'static,
    {
        self.clock = Some(Arc::new(clock));
        self
    }

    fn new(plan: Plan, event: E) -> Self {
        Self {
            event,
            channel: None,
            plan,
            clock: None,
            due: None,
            fired: None,
            leaving: false,
        }
    }

    fn now(&self, cx: &Context<Self>) -> SystemTime {
        let clock = self.clock.as_ref();
        clock.map_or_else(|| cx.wall_clock(), |clock| clock())
    }

    /// Begins a wait, in place of the one before.
    async fn arm(&mut self, cx: &Context<Self>) {
        let now = self.now(cx);
        let delay = match &self.plan {
            Plan::After(delay) => Some(*delay),
            Plan::At(time) => Some(time.duration_since(now).unwrap_or_default()),
            Plan::Schedule(next) => {
                let after = self.fired.map_or(now, |fired| fired.max(now));
                let date = next(after).filter(|date| *date > after);
                date.map(|date| date.duration_since(now).unwrap_or_default())
            }
            Plan::Every(period) => {
                self.due = now.checked_add(*period);
                let timer = match &self.channel {
                    Some(channel) => cx.timer(KEY).on(channel),
                    None => cx.timer(KEY),
                };
                timer.every(*period, self.event.clone());
                return;
            }
        };
        let Some(delay) = delay else {
            return self.leave(cx).await;
        };
        self.due = now.checked_add(delay);
        cx.timer(KEY).after_to_self(delay, Due);
    }

    /// Leaves the tree, which goes on when the handler has returned.
    async fn leave(&mut self, cx: &Context<Self>) {
        self.end(cx);
        cx.address().unregister().await;
    }

    fn end(&mut self, cx: &Context<Self>) {
        self.leaving = true;
        self.due = None;
        cx.timer(KEY).cancel();
    }
}

#[component(crate = crate)]
impl<E: Event + Clone> Timer<E> {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) {
        self.arm(cx).await;
    }

    #[handler("due")]
    async fn due(&mut self, _event: &Due, cx: &Context<Self>) {
        // Not awaited: what a receiver has no room for is waited for by the
        // framework, before the next event of this component.
        let event = self.event.clone();
        match &self.channel {
            Some(channel) => drop(cx.on(channel).fire(event)),
            None => drop(cx.fire(event)),
        }
        if let Plan::Schedule(_) = self.plan {
            self.fired = self.due;
            self.arm(cx).await;
        } else {
            self.leave(cx).await;
        }
    }

    #[handler("reset")]
    async fn reset(&mut self, event: &Reset, cx: &Context<Self>) {
        if self.leaving {
            return;
        }
        if let Some(interval) = event.interval {
            self.plan = match self.plan {
                Plan::After(_) | Plan::At(_) => Plan::After(interval),
                Plan::Every(_) | Plan::Schedule(_) => Plan::Every(interval.max(SHORTEST)),
            };
        }
        self.arm(cx).await;
    }

    #[handler("cancel")]
    async fn cancel(&mut self, _event: &Cancel, cx: &Context<Self>) {
        if !self.leaving {
            self.leave(cx).await;
        }
    }

    /// Whoever takes it out of the tree hears no more of it, however long the
    /// handlers of this event take.
    #[handler("prepare_unregister")]
    fn prepare_unregister(&mut self, cx: &Context<Self>) {
        self.end(cx);
    }

    #[handler("expiry")]
    fn expiry(&mut self, _event: &Expiry, cx: &Context<Self>) -> Option<SystemTime> {
        let due = self.due?;
        let Plan::Every(period) = self.plan else {
            return Some(due);
        };
        let Ok(over) = self.now(cx).duration_since(due) else {
            return Some(due);
        };
        // How many periods have passed since is told by no tick.
        let rounds = over.as_nanos() / period.as_nanos() + 1;
        due.checked_add(period.checked_mul(u32::try_from(rounds).ok()?)?)
    }
}

impl<E: Event + Clone> fmt::Debug for Timer<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = E::NAME;
        match &self.plan {
            Plan::After(delay) => write!(f, "Timer({name}, after {delay:?})"),
            Plan::Every(period) => write!(f, "Timer({name}, every {period:?})"),
            Plan::At(time) => write!(f, "Timer({name}, at {time:?})"),
            Plan::Schedule(_) => write!(f, "Timer({name}, by schedule)"),
        }
    }
}

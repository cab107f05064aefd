//! The trace of one firing: made where somebody listens in, held by its delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Span};

use crate::core::event::{Error, Event, EventRef, Name};
use crate::core::id::Channels;
use crate::core::runtime::{self, Instant};
use crate::core::tap::counts::Counter;
use crate::core::tap::{
    Done, Firing, FiringId, Handled, Handling, Member, Outcome, Set, Source, Taps,
};

/// Tells whether a subscriber of `tracing` wants the spans of handlers.
#[inline(always)]
pub(crate) fn is_spanned() -> bool {
    // Asked for each event: one comparison, where nobody wants so much.
    Level::TRACE <= LevelFilter::current() && is_span_wanted()
}

#[cold]
fn is_span_wanted() -> bool {
    tracing::span_enabled!(target: "circuits::handle", Level::TRACE)
}

/// What is known of a firing when it begins.
pub(crate) struct Start<'a> {
    pub(crate) cause: Option<FiringId>,
    pub(crate) sender: Source,
    pub(crate) channels: &'a [&'a str],
    pub(crate) target: Option<Member>,
    /// The span that fires; none for what has no cause.
    pub(crate) span: Span,
    /// Whether who fires waits for the handlers.
    pub(crate) awaited: bool,
}

/// One firing that somebody listens to.
pub(crate) struct Trace {
    firing: Firing,
    set: Arc<Set>,
    /// The counts of its event; none where only spans are wanted.
    counter: Option<Arc<Counter>>,
    /// Held, so that spans can follow from it.
    span: Span,
    awaited: bool,
    at: Instant,
    /// When the current stage was sent, in nanoseconds after `at`.
    sent: AtomicU64,
    /// The delivery, and each handling: whoever closes the last tells the end.
    open: AtomicU32,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    handled: u32,
    replied: u32,
    failed: u32,
    dead: u32,
    error: Option<Error>,
}

/// Keeps the end of a firing from being told.
pub(crate) struct Hold(Arc<Trace>);

impl Trace {
    pub(crate) fn new<E: Event>(taps: &Taps, start: Start<'_>) -> Arc<Self> {
        let set = taps.set();
        let counter = (!set.is_empty()).then(|| set.counters.of(E::NAME));
        Arc::new(Self {
            firing: Firing {
                id: taps.next_id(),
                cause: start.cause,
                event: Name::literal(E::NAME),
                kind: E::NAME,
                channels: Channels::new(start.channels),
                target: start.target,
                sender: start.sender,
                receivers: 0,
            },
            set,
            counter,
            span: start.span,
            awaited: start.awaited,
            at: runtime::now(),
            sent: AtomicU64::new(0),
            open: AtomicU32::new(0),
            tally: Mutex::default(),
        })
    }

    /// Tells of a firing, before anybody else has a share of this; from now on
    /// its delivery is open.
    #[cold]
    pub(crate) fn fired<E: Event>(this: &mut Arc<Self>, event: &E, receivers: usize) {
        if let Some(trace) = Arc::get_mut(this) {
            trace.firing.receivers = receivers;
            trace.firing.event = Name::of(event);
        }
        this.open();
        if let Some(counter) = &this.counter {
            counter.add_fired();
        }
        this.set
            .each(|tap| tap.fired(&this.firing, EventRef::new(event)));
    }

    pub(crate) fn id(&self) -> FiringId {
        self.firing.id
    }

    pub(crate) fn event(&self) -> &Name {
        &self.firing.event
    }

    pub(crate) fn has_taps(&self) -> bool {
        self.counter.is_some()
    }

    /// Notes that a stage after the first is sent.
    pub(crate) fn sent(&self) {
        let after = runtime::now().duration_since(self.at);
        let after = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.sent.store(after, Ordering::Relaxed);
    }

    /// Returns how long the current stage has waited.
    pub(crate) fn waited(&self, now: Instant) -> Duration {
        let sent = Duration::from_nanos(self.sent.load(Ordering::Relaxed));
        now.duration_since(self.at).saturating_sub(sent)
    }

    /// Makes the span of a handler.
    pub(crate) fn span(&self, handling: &Handling) -> Span {
        if !is_spanned() {
            return Span::none();
        }
        let channel = self.firing.channel();
        let parent = if self.awaited { self.span.id() } else { None };
        let span = tracing::trace_span!(
            target: "circuits::handle",
            parent: parent,
            "handle",
            component = %handling.component,
            handler = handling.handler,
            event = self.firing.event.as_str(),
            channel,
            firing = self.firing.id.number(),
        );
        span.follows_from(&self.span);
        span
    }

    /// Says, in the span that runs, that it goes on because of this.
    pub(crate) fn lead(&self) {
        Span::current().follows_from(&self.span);
    }

    pub(crate) fn begins(&self, handling: &Handling) {
        self.set.each(|tap| tap.begins(&self.firing, handling));
    }

    pub(crate) fn handled(&self, handling: &Handling, handled: &Handled) {
        if let Some(counter) = &self.counter {
            counter.add_handled(handled.outcome.is_failure());
        }
        {
            let mut tally = self.tally();
            tally.handled += 1;
            tally.replied += u32::from(matches!(handled.outcome, Outcome::Replied));
            tally.failed += u32::from(handled.outcome.is_failure());
            if let (None, Some(error)) = (&tally.error, handled.outcome.error()) {
                tally.error = Some(error.clone());
            }
        }
        self.set
            .each(|tap| tap.handled(&self.firing, handling, handled));
    }

    /// Notes that a copy of the event went nowhere.
    pub(crate) fn note_dead(&self) -> &Firing {
        self.tally().dead += 1;
        &self.firing
    }

    /// Keeps the end from being told until it is closed once more.
    pub(crate) fn open(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    /// Keeps the end from being told as long as the result lives.
    pub(crate) fn hold(this: &Arc<Self>) -> Hold {
        this.open();
        Hold(this.clone())
    }

    /// Says that the delivery, or one who opened this, is over.
    pub(crate) fn close(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        let took = runtime::now().duration_since(self.at);
        let tally = std::mem::take(&mut *self.tally());
        let done = Done {
            handled: tally.handled,
            replied: tally.replied,
            failed: tally.failed,
            dead: tally.dead,
            error: tally.error,
            took,
        };
        self.set.each(|tap| tap.done(&self.firing, &done));
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.close();
    }
}

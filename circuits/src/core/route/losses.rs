//! Counts and tells what went wrong: events that nobody hears, and failures.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::core::event::{AnyEvent, DeadLetter, Event, Exception, Name, Reason};
use crate::core::route::{Hub, Telling};
use crate::core::tap::{FiringId, Trace};

impl Hub {
    /// Counts an event that went nowhere, and tells those who want to know.
    pub(crate) fn dead_letter(
        self: &Arc<Self>,
        trace: Option<&Arc<Trace>>,
        name: Name,
        reason: Reason,
        event: impl FnOnce() -> AnyEvent,
    ) {
        let mut event = Some(event);
        let event = &mut || event.take().map(|event| event());
        self.dead_letter_lazily(trace, name, reason, event);
    }

    fn dead_letter_lazily(
        self: &Arc<Self>,
        trace: Option<&Arc<Trace>>,
        name: Name,
        reason: Reason,
        event: &mut dyn FnMut() -> Option<AnyEvent>,
    ) {
        self.counters.dead_letters.fetch_add(1, Ordering::Relaxed);
        tracing::debug!(target: "circuits", event = name.as_str(), %reason, "dead letter");
        let mut letter = || event().map(|event| DeadLetter { event, reason });
        let because = trace.map(|trace| trace.id());
        if !self.taps.are_on() {
            self.tell_dead_letter(because, &name, &mut letter);
            return;
        }
        let mut letter = letter();
        let firing = trace.map(|trace| trace.note_dead());
        if let Some(letter) = &letter {
            self.taps.dead(firing, letter);
        }
        self.tell_dead_letter(because, &name, &mut || letter.take());
    }

    fn tell_dead_letter(
        self: &Arc<Self>,
        because: Option<FiringId>,
        name: &Name,
        letter: &mut dyn FnMut() -> Option<DeadLetter>,
    ) {
        // A dead letter about a dead letter is counted and told to nobody.
        if name.is_literally(DeadLetter::NAME) {
            return;
        }
        // A failure that nobody hears of in the end goes to the log. It is not
        // told: handlers of both events that crash would call each other for ever.
        if name.is_literally(Exception::NAME) {
            if let Some(DeadLetter { event, reason }) = letter() {
                tracing::error!(target: "circuits", ?event, %reason, "exception lost");
            }
            return;
        }
        // Quietly: taps have heard of it.
        self.tell_lazily(Telling::on(&["*"]).because(because).quietly(true), letter);
    }

    /// Reports a failure; to the log where nobody handles it.
    pub(crate) fn exception(self: &Arc<Self>, exception: Exception, telling: Telling<'_>) {
        self.counters.exceptions.fetch_add(1, Ordering::Relaxed);
        // By name: a handler without an event parameter keeps only that.
        let about_itself = exception.event.to_name().is_literally(Exception::NAME);
        let told = !about_itself && self.tell(telling, || exception.clone());
        if !told {
            tracing::error!(
                target: "circuits",
                component = %exception.name,
                handler = exception.handler,
                event = ?exception.event,
                crashed = exception.crashed,
                "{:?}", exception.error
            );
        }
    }
}

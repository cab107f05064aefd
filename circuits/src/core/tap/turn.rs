//! One handler that runs with a traced event.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Span;
use tracing::span::Entered;

use crate::core::runtime::{self, Instant};
use crate::core::tap::{ActivityLog, Entry, Handled, Handling, Member, Outcome, Running, Trace};

/// From the begin of a handler to its end, which is told exactly once: dropped
/// before, it was cut off.
pub(crate) struct Turn {
    trace: Arc<Trace>,
    handling: Handling,
    begun: Instant,
    span: Span,
    activity: Option<(Arc<ActivityLog>, Entry)>,
    is_over: AtomicBool,
}

impl Turn {
    /// Tells of the begin; `activity` is asked for where somebody wants it.
    pub(crate) fn begin(
        trace: &Arc<Trace>,
        component: Member,
        handler: &'static str,
        activity: impl FnOnce() -> Arc<ActivityLog>,
    ) -> Self {
        let now = runtime::now();
        let handling = Handling {
            component,
            handler,
            waited: trace.waited(now),
        };
        let activity = trace.has_taps().then(|| {
            let log = activity();
            let entry = log.begin(Running {
                handler,
                event: trace.event().clone(),
                firing: trace.id(),
                since: now,
            });
            (log, entry)
        });
        trace.open();
        trace.begins(&handling);
        Self {
            span: trace.span(&handling),
            trace: trace.clone(),
            handling,
            begun: now,
            activity,
            is_over: AtomicBool::new(false),
        }
    }

    /// Enters the span of the handler, for one poll.
    pub(crate) fn enter(&self) -> Entered<'_> {
        self.span.enter()
    }

    /// Tells of the end, unless that was told before.
    pub(crate) fn end(&self, outcome: Outcome) {
        if self.is_over.swap(true, Ordering::Relaxed) {
            return;
        }
        let now = runtime::now();
        let handled = Handled {
            outcome,
            took: now.duration_since(self.begun),
        };
        if let Some((log, entry)) = &self.activity {
            log.end(*entry, &handled, now);
        }
        self.trace.handled(&self.handling, &handled);
        self.trace.close();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end(Outcome::Killed);
    }
}

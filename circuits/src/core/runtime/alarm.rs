//! An alarm clock that is set again and again.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::coop::has_budget_remaining;
use tokio::time::{Instant, Sleep, sleep_until};

/// Rings at deadlines that mostly change before they come.
///
/// A timer of the runtime is not cheap, so it is only set anew where it would
/// come too late: one that comes too early is waited for, and then set again.
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// Whether it will wake the task.
    waits: bool,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self {
            sleep: None,
            waits: false,
        }
    }

    /// Returns when it will wake the task.
    pub(crate) fn rings_at(&self) -> Option<Instant> {
        let sleep = self.sleep.as_ref()?;
        (self.waits && !sleep.is_elapsed()).then(|| sleep.deadline())
    }

    /// Waits until a deadline; for ever where there is none. Must run on the runtime,
    /// always in the same task.
    pub(crate) fn poll_ring(
        &mut self,
        deadline: Option<Instant>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        if self.rings_at().is_some_and(|ring| ring <= deadline) {
            return Poll::Pending;
        }
        self.waits = false;
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            let set = sleep.deadline();
            if set > deadline || (set < deadline && sleep.is_elapsed()) {
                sleep.as_mut().reset(deadline);
            }
            if sleep.as_mut().poll(task).is_pending() {
                // A task without budget is polled again, before the timer knows of it.
                self.waits = has_budget_remaining();
                return Poll::Pending;
            }
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}

//! An alarm clock that is set again and again.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Rings at deadlines that mostly change before they come.
///
/// A timer of the runtime is not cheap, so it is only set anew where it would
/// come too late: one that comes too early is waited for, and then set again.
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Self { sleep: None }
    }

    /// Waits until a deadline; for ever where there is none. Must run on the runtime.
    pub(crate) fn poll_ring(
        &mut self,
        deadline: Option<Instant>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        let Some(deadline) = deadline else {
            return Poll::Pending;
        };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        loop {
            let set = sleep.deadline();
            if set > deadline || (set < deadline && sleep.is_elapsed()) {
                sleep.as_mut().reset(deadline);
            }
            ready!(sleep.as_mut().poll(task));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
        }
    }
}

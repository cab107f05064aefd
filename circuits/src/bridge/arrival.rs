//! An event of the other side, until this side is done with it.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use futures_util::task::AtomicWaker;

pub(super) struct Arrival {
    pub(super) id: u64,
    /// What it gave has been sent.
    answered: AtomicBool,
    /// Nobody waits for what it gives.
    cancelled: AtomicBool,
    waker: AtomicWaker,
}

impl Arrival {
    pub(super) fn new(id: u64) -> Self {
        Self {
            id,
            answered: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        }
    }

    /// Claims the right to answer: it is answered once, or not at all.
    pub(super) fn claim(&self) -> bool {
        !self.cancelled.load(Ordering::Acquire) && !self.answered.swap(true, Ordering::AcqRel)
    }

    pub(super) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Waits until nobody waits for it; by one at a time.
    pub(super) async fn cancelled(&self) {
        poll_fn(|task| {
            // Registered first, so that no word is missed.
            self.waker.register(task.waker());
            if self.cancelled.load(Ordering::Acquire) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

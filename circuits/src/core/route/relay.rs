//! The record of an event that goes from one handler to the next, and about which
//! nobody asks anything.
//!
//! ```text
//! Route ─► stage 0 ─ Ticket ─► Relay ─► stage 1 ─ Ticket ─► Relay ─► last stage
//! ```
//!
//! The last handler gets the event without a record: nobody comes after it. Where a
//! stage has several handlers, or somebody asks, there is a
//! [`Delivery`](crate::core::reply::Delivery) instead, which behaves alike.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use parking_lot::Mutex;

use crate::core::event::{Error, Event};
use crate::core::id::ComponentId;
use crate::core::reply::{
    Answer, Blocker, CallError, Cause, Deadlock, Notes, Record, Replaced, Run, Ticket, Track,
    Unwanted, Wait,
};
use crate::core::route::{Accepted, Rooms, Route};
use crate::core::tap::Trace;

pub(crate) struct Relay<E: Event> {
    route: Arc<Route<E>>,
    /// The last version of the event, until the last stage has it.
    event: Mutex<Option<Arc<E>>>,
    /// The stage that is sent next.
    next: AtomicUsize,
    /// How far the current stage is: of the bits below.
    progress: AtomicU8,
    stopped: AtomicBool,
    priority: i32,
}

/// Somebody sends the stage, and the next ones as well if it ends meanwhile: a
/// hundred thousand stages that nobody takes must not take the stack.
const SENDING: u8 = 1;
/// Its handler is done.
const ENDED: u8 = 2;

impl<E: Event> Relay<E> {
    /// Sends an event to the first stage; the later ones follow by themselves.
    pub(crate) fn send(route: &Arc<Route<E>>, event: E, priority: i32) -> Rooms {
        let relay = Arc::new(Self {
            route: route.clone(),
            event: Mutex::new(Some(Arc::new(event))),
            next: AtomicUsize::new(0),
            progress: AtomicU8::new(SENDING),
            stopped: AtomicBool::new(false),
            priority,
        });
        relay.send_on()
    }

    /// Sends one stage after the other, as long as they end before they are sent.
    /// Room in the mailboxes of later stages is not waited for: the event that
    /// crowds them was let in when it was fired.
    fn send_on(self: &Arc<Self>) -> Rooms {
        let mut rooms = Rooms::NONE;
        loop {
            let stage = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((hop, is_last)) = self.route.only_hop(stage) else {
                return rooms;
            };
            if is_last {
                let event = self.event.lock().take();
                if let Some(event) = event {
                    hop.accept_share(event, self.priority);
                }
                return rooms;
            }
            let event = self.event.lock().clone();
            let Some(event) = event else {
                return rooms;
            };
            let ticket = Ticket::new(self.clone() as _, 0, self.priority);
            let accepted = hop.accept_shared(&event, ticket);
            if stage == 0 && accepted == Accepted::Crowded {
                rooms.add(hop.room());
            }
            let sent =
                self.progress
                    .compare_exchange(SENDING, 0, Ordering::AcqRel, Ordering::Acquire);
            if sent.is_ok() || self.is_stopped() {
                return rooms;
            }
            self.progress.store(SENDING, Ordering::Release);
        }
    }

    /// Goes to the next stage.
    fn end_stage(self: &Arc<Self>) {
        let before = self.progress.fetch_or(ENDED, Ordering::AcqRel);
        if before & SENDING == 0 && !self.is_stopped() {
            self.progress.store(SENDING, Ordering::Release);
            self.send_on();
        }
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

impl<E: Event> Record<E::Reply> for Relay<E> {
    fn answer(self: Arc<Self>, _place: u32, answer: Answer<E::Reply>) -> bool {
        drop(answer);
        self.end_stage();
        false
    }

    fn poll_reply(&self, _task: &Context<'_>) -> Poll<Result<E::Reply, CallError>> {
        Poll::Ready(Err(CallError::NoReply))
    }

    fn leave(&self) -> Option<E::Reply> {
        None
    }
}

impl<E: Event> Track for Relay<E> {
    fn settle(self: Arc<Self>, _place: u32, _answer: Answer<()>) {
        self.end_stage();
    }

    fn lose(self: Arc<Self>, _place: u32, _error: CallError, _failure: Option<Error>) {
        self.end_stage();
    }

    fn begin(&self, _place: u32, _run: Run) {}

    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// Nobody can: what can be taken back has a delivery.
    fn cancel(&self) {}

    fn cause(&self) -> Option<Arc<Cause>> {
        None
    }

    fn trace(&self) -> Option<&Arc<Trace>> {
        None
    }

    fn admits(&self, _component: ComponentId, _life: u64) -> bool {
        true
    }

    fn addressed_life(&self) -> Option<u64> {
        None
    }

    fn is_owed(&self) -> bool {
        false
    }

    fn notes(&self) -> Option<&Notes> {
        None
    }

    fn replace(&self, event: &mut dyn Any) -> Replaced {
        let Some(place) = event.downcast_mut::<Option<E>>() else {
            return Replaced::OtherType;
        };
        let Some(event) = place.take() else {
            return Replaced::Unseen;
        };
        let replaced = self.event.lock().replace(Arc::new(event));
        // The user's: not dropped under the lock.
        drop(replaced);
        Replaced::Done
    }

    fn is_cancelled(&self) -> bool {
        false
    }

    /// Nobody waits who could go.
    fn unwanted(&self) -> Option<Unwanted> {
        Some(Unwanted::default())
    }
}

impl<E: Event> Wait for Relay<E> {
    fn blockers(&self, _show: &mut dyn FnMut(Blocker)) {}

    fn is_yielding(&self) -> bool {
        false
    }

    fn break_off(&self, _deadlock: Deadlock) {}
}

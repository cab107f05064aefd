//! What a receiver holds of a delivery: its part, which ends exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::core::event::{Error, Event, Name, Origin};
use crate::core::id::Channels;
use crate::core::reply::{Answer, CallError, Delivery, Run, Track};

/// One receiver's part in a delivery; a lost ticket finishes as it drops.
pub(crate) struct Ticket<D: Track + ?Sized> {
    delivery: Option<Arc<D>>,
    place: u32,
    priority: i32,
    progress: AtomicU8,
}

/// The part is not finished.
const OPEN: u8 = 0;
const FINISHED: u8 = 1;
/// It was finished with a reply, when the caller had gone.
const LATE: u8 = 2;
/// It was finished with a reply, which somebody may have taken.
const REPLIED: u8 = 3;

impl<D: Track + ?Sized> Ticket<D> {
    /// The ticket of an event that nobody keeps a record of.
    pub(crate) fn plain(priority: i32) -> Self {
        Self {
            delivery: None,
            place: 0,
            priority,
            progress: AtomicU8::new(OPEN),
        }
    }

    pub(crate) fn new(delivery: Arc<D>, place: u32, priority: i32) -> Self {
        Self {
            delivery: Some(delivery),
            place,
            priority,
            progress: AtomicU8::new(OPEN),
        }
    }

    pub(crate) fn priority(&self) -> i32 {
        self.priority
    }

    pub(crate) fn delivery(&self) -> Option<&Arc<D>> {
        self.delivery.as_ref()
    }

    /// Tells where the event comes from.
    pub(crate) fn origin(&self, event_name: Name) -> Origin {
        let origin = Origin::new(event_name, self.priority);
        match &self.delivery {
            Some(delivery) => {
                let notes = delivery.notes();
                origin.recorded(&notes.channels, notes.sender.as_ref())
            }
            None => origin,
        }
    }

    /// Says that a reader has taken the event.
    pub(crate) fn begin(&self, run: Run) {
        if let Some(delivery) = &self.delivery {
            delivery.begin(self.place, run);
        }
    }

    /// Ends the ticket without an answer.
    pub(crate) fn lose(&self, error: CallError, failure: Option<Error>) {
        if let Some(delivery) = self.finish() {
            delivery.clone().lose(self.place, error, failure);
        }
    }

    /// Ends the ticket with an answer that carries no reply.
    pub(crate) fn settle(&self, answer: Answer<()>) {
        if let Some(delivery) = self.finish() {
            delivery.clone().settle(self.place, answer);
        }
    }

    fn finish(&self) -> Option<&Arc<D>> {
        let delivery = self.delivery.as_ref()?;
        let first = self.progress.swap(FINISHED, Ordering::AcqRel) == OPEN;
        first.then_some(delivery)
    }

    /// Tells whether it was answered with a reply, when the caller had gone.
    pub(crate) fn is_late(&self) -> bool {
        self.progress.load(Ordering::Acquire) == LATE
    }

    /// Tells whether it was answered with a reply.
    pub(crate) fn has_reply(&self) -> bool {
        self.progress.load(Ordering::Acquire) >= LATE
    }
}

impl<E: Event> Ticket<Delivery<E>> {
    /// Forgets the type of the event.
    pub(crate) fn erase(mut self) -> Ticket<dyn Track> {
        let delivery: Option<Arc<dyn Track>> = match self.delivery.take() {
            Some(delivery) => Some(delivery),
            None => None,
        };
        Ticket {
            delivery,
            place: self.place,
            priority: self.priority,
            progress: AtomicU8::new(OPEN),
        }
    }

    /// Returns the channels of the event, as far as they are on record.
    pub(crate) fn channels(&self) -> Channels {
        let delivery = self.delivery.as_ref();
        delivery.map_or(Channels::None, |it| it.notes().channels.clone())
    }

    /// Ends the ticket with a handler's answer.
    pub(crate) fn answer(&self, answer: Answer<E::Reply>) {
        if let Some(delivery) = self.finish() {
            let is_reply = matches!(answer, Answer::Reply(_));
            if Delivery::settle(delivery, self.place, answer) {
                self.progress.store(LATE, Ordering::Release);
            } else if is_reply {
                self.progress.store(REPLIED, Ordering::Release);
            }
        }
    }
}

impl<D: Track + ?Sized> Drop for Ticket<D> {
    #[inline]
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            let open = *self.progress.get_mut() == OPEN;
            let_go(delivery, open, self.place);
        }
    }
}

/// Ends a part that nobody ended. Apart, since most tickets have no record.
#[inline(never)]
fn let_go<D: Track + ?Sized>(delivery: Arc<D>, open: bool, place: u32) {
    if open {
        delivery.lose(place, CallError::Stopped, None);
    }
}

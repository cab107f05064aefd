//! What a receiver holds of a delivery: its part, which ends exactly once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::core::event::{Error, Name, Origin};
use crate::core::id::Channels;
use crate::core::reply::{Answer, CallError, Record, Run, Track};

/// One receiver's part in a delivery; a lost ticket finishes as it drops.
///
/// Small, since it lies in a mailbox with each event.
pub(crate) struct Ticket<D: Track + ?Sized> {
    record: Option<Arc<D>>,
    /// Its place among the receivers, and in the lowest two bits how far it is.
    progress: AtomicU32,
    priority: i32,
}

/// The part of a receiver of events with replies of type `R`.
pub(crate) type ReplyTicket<R> = Ticket<dyn Record<R>>;

/// The part is not finished.
const OPEN: u32 = 0;
const FINISHED: u32 = 1;
/// It was finished with a reply, when the caller had gone.
const LATE: u32 = 2;
/// It was finished with a reply, which somebody may have taken.
const REPLIED: u32 = 3;

/// The bits of the progress.
const PROGRESS: u32 = 3;
const PROGRESS_BITS: u32 = 2;

impl<D: Track + ?Sized> Ticket<D> {
    /// The ticket of an event that nobody keeps a record of.
    pub(crate) fn plain(priority: i32) -> Self {
        Self {
            record: None,
            progress: AtomicU32::new(OPEN),
            priority,
        }
    }

    pub(crate) fn new(record: Arc<D>, place: u32, priority: i32) -> Self {
        Self {
            record: Some(record),
            progress: AtomicU32::new(OPEN | place << PROGRESS_BITS),
            priority,
        }
    }

    pub(crate) fn priority(&self) -> i32 {
        self.priority
    }

    pub(crate) fn record(&self) -> Option<&Arc<D>> {
        self.record.as_ref()
    }

    fn place(&self) -> u32 {
        self.progress.load(Ordering::Relaxed) >> PROGRESS_BITS
    }

    /// Tells where the event comes from.
    pub(crate) fn origin(&self, event_name: Name) -> Origin {
        let origin = Origin::new(event_name, self.priority);
        match self.record.as_ref().and_then(|record| record.notes()) {
            Some(notes) => origin.recorded(&notes.channels, notes.sender.as_ref()),
            None => origin,
        }
    }

    /// Says that a reader has taken the event.
    pub(crate) fn begin(&self, run: Run) {
        if let Some(record) = &self.record {
            record.begin(self.place(), run);
        }
    }

    /// Ends the ticket without an answer.
    pub(crate) fn lose(&self, error: CallError, failure: Option<Error>) {
        if let Some(record) = self.finish() {
            record.clone().lose(self.place(), error, failure);
        }
    }

    /// Ends the ticket with an answer that carries no reply.
    pub(crate) fn settle(&self, answer: Answer<()>) {
        if let Some(record) = self.finish() {
            record.clone().settle(self.place(), answer);
        }
    }

    fn finish(&self) -> Option<&Arc<D>> {
        let record = self.record.as_ref()?;
        let before = self.progress.fetch_or(FINISHED, Ordering::AcqRel);
        (before & PROGRESS == OPEN).then_some(record)
    }

    /// Tells whether it was answered with a reply, when the caller had gone.
    pub(crate) fn is_late(&self) -> bool {
        self.progress.load(Ordering::Acquire) & PROGRESS == LATE
    }

    /// Tells whether it was answered with a reply.
    pub(crate) fn has_reply(&self) -> bool {
        self.progress.load(Ordering::Acquire) & PROGRESS >= LATE
    }
}

impl<R: 'static> ReplyTicket<R> {
    /// Forgets the type of the reply.
    pub(crate) fn erase(mut self) -> Ticket<dyn Track> {
        let record: Option<Arc<dyn Track>> = match self.record.take() {
            Some(record) => Some(record),
            None => None,
        };
        Ticket {
            record,
            progress: AtomicU32::new(OPEN | self.place() << PROGRESS_BITS),
            priority: self.priority,
        }
    }

    /// Returns the channels of the event, as far as they are on record.
    pub(crate) fn channels(&self) -> Channels {
        let notes = self.record.as_ref().and_then(|record| record.notes());
        notes.map_or(Channels::None, |notes| notes.channels.clone())
    }

    /// Ends the ticket with a handler's answer.
    #[inline]
    pub(crate) fn answer(&self, answer: Answer<R>) {
        if self.record.is_some() {
            self.answer_on_record(answer);
        }
    }

    fn answer_on_record(&self, answer: Answer<R>) {
        if let Some(record) = self.finish() {
            let is_reply = matches!(answer, Answer::Reply(_));
            if record.clone().answer(self.place(), answer) {
                self.note(LATE);
            } else if is_reply {
                self.note(REPLIED);
            }
        }
    }

    /// Notes how it was finished; only whoever finished it does that.
    fn note(&self, progress: u32) {
        let place = self.place() << PROGRESS_BITS;
        self.progress.store(place | progress, Ordering::Release);
    }
}

impl<D: Track + ?Sized> Drop for Ticket<D> {
    #[inline]
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            let_go(record, *self.progress.get_mut());
        }
    }
}

/// Ends a part that nobody ended. Apart, since most tickets have no record.
#[inline(never)]
fn let_go<D: Track + ?Sized>(record: Arc<D>, progress: u32) {
    if progress & PROGRESS == OPEN {
        record.lose(progress >> PROGRESS_BITS, CallError::Stopped, None);
    }
}

//! Fires the feedback events of an event that asks for them.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::{Complete, Error, Event, Failure, Success, Told};
use crate::core::id::Channels;
use crate::core::reply::{Cause, Notes, Observer};
use crate::core::route::{Hub, Telling};
use crate::core::runtime::sort_by_rank;
use crate::core::tap::FiringId;

struct Echo<E: Event> {
    hub: Arc<Hub>,
    completion: Option<Completion<E>>,
    /// Copies of the replies, by the place of the handler.
    replies: Mutex<Vec<(u32, E::Reply)>>,
}

/// Makes the observer that fires `Success` and `Failure` where they are asked for.
pub(crate) fn echo<E: Event>(
    hub: &Arc<Hub>,
    completion: Option<Completion<E>>,
) -> Box<dyn Observer<E>> {
    Box::new(Echo {
        hub: hub.clone(),
        completion,
        replies: Mutex::new(Vec::new()),
    })
}

impl<E: Event> Echo<E> {
    fn take_replies(&self) -> Vec<E::Reply> {
        let replies = &mut *self.replies.lock();
        let mut replies = std::mem::take(replies);
        sort_by_rank(&mut replies, |(place, _)| u64::from(*place));
        replies.into_iter().map(|(_, reply)| reply).collect()
    }
}

impl<E: Event> Observer<E> for Echo<E> {
    fn succeeded(&self, event: &Arc<E>, notes: &Notes) {
        if E::FEEDBACK.success.is_wanted() {
            let success = || Success::new(event.clone(), self.take_replies());
            tell(
                &self.hub,
                E::FEEDBACK.success,
                because(notes),
                id(notes),
                success,
            );
        }
    }

    fn failed(&self, event: &Arc<E>, notes: &Notes, error: &Error) {
        if E::FEEDBACK.failure.is_wanted() {
            let failure = || Failure {
                event: event.clone(),
                error: error.clone(),
            };
            tell(
                &self.hub,
                E::FEEDBACK.failure,
                because(notes),
                id(notes),
                failure,
            );
        }
    }

    fn replied(&self, place: u32, reply: &E::Reply) {
        if let (true, Some(copy)) = (E::FEEDBACK.success.is_wanted(), E::COPY) {
            // Copied before the lock is taken: the code is the user's.
            let reply = copy(reply);
            let mut replies = self.replies.lock();
            replies.push((place, reply));
        }
    }

    fn replaced(&self, event: &Arc<E>) {
        if let Some(completion) = &self.completion {
            completion.set(event);
        }
    }
}

/// The event of a cause that is made before the event is sent.
pub(crate) struct Completion<E>(Arc<Mutex<Option<Arc<E>>>>);

impl<E> Clone for Completion<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: Event> Completion<E> {
    /// Makes a cause that fires `Complete` when it is done.
    pub(crate) fn new(hub: &Arc<Hub>, notes: &Notes) -> (Self, Arc<Cause>) {
        let completion = Self(Arc::default());
        let (hub, channels) = (hub.clone(), notes.channels.clone());
        let (bound, about) = (completion.clone(), id(notes));
        let cause = Cause::new(notes.cause.clone(), move |outer| {
            let notes = Notes {
                channels: channels.clone(),
                cause: outer,
                ..Notes::default()
            };
            if let Some(event) = bound.lock().take() {
                let complete = || Complete { event };
                tell(&hub, E::FEEDBACK.complete, notes, about, complete);
            }
        });
        (completion, cause)
    }

    /// Says which event it is, unless a handler has replaced that already. The
    /// record of its delivery, which the sender still holds, keeps the cause open
    /// until then.
    pub(crate) fn bind(&self, event: &Arc<E>) {
        self.lock().get_or_insert_with(|| event.clone());
    }

    fn set(&self, event: &Arc<E>) {
        let replaced = self.lock().replace(event.clone());
        // The user's: not dropped under the lock.
        drop(replaced);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<E>>> {
        self.0.lock()
    }
}

/// Fires a feedback event where it is wanted: on its own channel, or on those of
/// the event, or on all where that was addressed.
fn tell<E: Event>(
    hub: &Arc<Hub>,
    told: Told,
    mut notes: Notes,
    about: Option<FiringId>,
    event: impl FnOnce() -> E,
) {
    if let Some(channel) = told.channel() {
        notes.channels = Channels::new(&[channel]);
    }
    let channels = notes.channels.clone();
    let names: Vec<&str> = channels.names().collect();
    hub.tell(Telling::on(&names).notes(notes).because(about), event);
}

/// Returns the firing, where somebody listens in.
fn id(notes: &Notes) -> Option<FiringId> {
    notes.trace.as_ref().map(|trace| trace.id())
}

/// Feedback belongs to the same cause as the event that it is about.
fn because(notes: &Notes) -> Notes {
    Notes {
        stamp: None,
        trace: None,
        ..notes.clone()
    }
}

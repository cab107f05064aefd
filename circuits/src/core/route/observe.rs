//! Fires the feedback events of an event that asks for them.

use std::sync::{Arc, OnceLock};

use crate::core::event::{Complete, Error, Event, Failure, Success};
use crate::core::reply::{Cause, Notes, Observer};
use crate::core::route::Hub;

struct Echo {
    hub: Arc<Hub>,
}

/// Makes the observer that fires `Success` and `Failure` where they are asked for.
pub(crate) fn echo<E: Event>(hub: &Arc<Hub>) -> Box<dyn Observer<E>> {
    Box::new(Echo { hub: hub.clone() })
}

impl<E: Event> Observer<E> for Echo {
    fn succeeded(&self, event: &Arc<E>, notes: &Notes) {
        if E::FEEDBACK.success {
            self.hub
                .tell_on(&notes.channels, because(notes), || Success {
                    event: event.clone(),
                });
        }
    }

    fn failed(&self, event: &Arc<E>, notes: &Notes, error: &Error) {
        if E::FEEDBACK.failure {
            let failure = || Failure {
                event: event.clone(),
                error: error.clone(),
            };
            self.hub.tell_on(&notes.channels, because(notes), failure);
        }
    }
}

/// The event of a cause that is made before the event is sent.
pub(crate) struct Completion<E>(Arc<OnceLock<Arc<E>>>);

impl<E: Event> Completion<E> {
    /// Makes a cause that fires `Complete` when it is done.
    pub(crate) fn new(hub: &Arc<Hub>, notes: &Notes) -> (Self, Arc<Cause>) {
        let slot = Arc::new(OnceLock::new());
        let (hub, channels) = (hub.clone(), notes.channels.clone());
        let event: Arc<OnceLock<Arc<E>>> = slot.clone();
        let cause = Cause::new(notes.cause.clone(), move |outer| {
            let notes = Notes {
                channels: channels.clone(),
                cause: outer,
                ..Notes::default()
            };
            if let Some(event) = event.get().cloned() {
                hub.tell_on(&channels, notes, || Complete { event });
            }
        });
        (Self(slot), cause)
    }

    /// Says which event it is. The record of its delivery, which the sender
    /// still holds, keeps the cause open until then.
    pub(crate) fn bind(&self, event: &Arc<E>) {
        let _ = self.0.set(event.clone());
    }
}

/// Feedback belongs to the same cause as the event that it is about.
fn because(notes: &Notes) -> Notes {
    Notes {
        stamp: None,
        ..notes.clone()
    }
}

//! The record of an event in the hands of one handler, while somebody listens in.

use std::any::Any;
use std::sync::Arc;

use crate::core::event::Error;
use crate::core::id::ComponentId;
use crate::core::reply::{Answer, CallError, Cause, Notes, Replaced, Run, Track, Unwanted};
use crate::core::tap::{Trace, Turn};

/// A delivery, and the turn of a handler that has its event. It takes the place
/// of the delivery, so that one who is not watched has no place for a turn.
pub(crate) struct Watched {
    track: Arc<dyn Track>,
    turn: Turn,
}

impl Watched {
    pub(crate) fn new(track: Arc<dyn Track>, turn: Turn) -> Self {
        Self { track, turn }
    }
}

impl Track for Watched {
    fn settle(self: Arc<Self>, place: u32, answer: Answer<()>) {
        self.track.clone().settle(place, answer);
    }

    fn lose(self: Arc<Self>, place: u32, error: CallError, failure: Option<Error>) {
        self.track.clone().lose(place, error, failure);
    }

    fn begin(&self, place: u32, run: Run) {
        self.track.begin(place, run);
    }

    fn stop(&self) {
        self.track.stop();
    }

    fn cancel(&self) {
        self.track.cancel();
    }

    fn cause(&self) -> Option<Arc<Cause>> {
        self.track.cause()
    }

    fn trace(&self) -> Option<&Arc<Trace>> {
        self.track.trace()
    }

    fn turn(&self) -> Option<&Turn> {
        Some(&self.turn)
    }

    fn admits(&self, component: ComponentId, life: u64) -> bool {
        self.track.admits(component, life)
    }

    fn addressed_life(&self) -> Option<u64> {
        self.track.addressed_life()
    }

    fn is_owed(&self) -> bool {
        self.track.is_owed()
    }

    fn notes(&self) -> Option<&Notes> {
        self.track.notes()
    }

    fn replace(&self, event: &mut dyn Any) -> Replaced {
        self.track.replace(event)
    }

    fn is_cancelled(&self) -> bool {
        self.track.is_cancelled()
    }

    fn unwanted(&self) -> Option<Unwanted> {
        self.track.unwanted()
    }
}

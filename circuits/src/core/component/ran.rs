//! How a handler that is a plain function begins and ends.

use crate::core::component::{Component, Context};
use crate::core::event::{Error, Event};
use crate::core::reply::{Envelope, Letter};

/// What became of an event in [`Component::now`].
#[derive(Debug)]
#[must_use]
pub enum Ran {
    /// The handler ran, and nothing is left to do: not even to drop the event.
    Spent,
    /// The handler ran.
    Done(Result<(), Error>),
    /// The handler takes a future, or a phase of readers; nothing has begun.
    Later,
    /// The event shall not be handled any more.
    Refused,
    /// Somebody listens in: call once more, in the span of the handler.
    Traced,
}

impl Ran {
    /// From how a handler ended that took an event by its type.
    #[inline(always)]
    pub fn of<E: Event>(outcome: Result<(), Error>, envelope: &Envelope<E>) -> Self {
        match outcome {
            Ok(()) if envelope.is_spent() => Self::Spent,
            outcome => Self::Done(outcome),
        }
    }
}

impl<C: Component> Context<C> {
    /// Prepares for a `&mut self` handler that is a plain function; what this returns
    /// is returned instead of running it.
    #[inline(always)]
    pub fn begin<L: Letter + ?Sized>(&mut self, handler: &'static str, letter: &L) -> Option<Ran> {
        self.handler = handler;
        if self.track.is_none()
            && let Some(track) = letter.track()
        {
            self.track = Some(track);
            return self.begin_tracked();
        }
        None
    }

    /// The same for a `&self` handler, which runs alone here.
    #[inline(always)]
    pub fn begin_beside<L: Letter + ?Sized>(
        &mut self,
        handler: &'static str,
        letter: &L,
    ) -> Option<Ran> {
        match self.begin(handler, letter) {
            // Who listens in is told of the phase that readers run in.
            Some(Ran::Traced) => {
                self.leave();
                Some(Ran::Later)
            }
            begun => begun,
        }
    }

    #[inline(never)]
    fn begin_tracked(&mut self) -> Option<Ran> {
        if !self.enter_tracked() {
            return Some(Ran::Refused);
        }
        self.turn().is_some().then_some(Ran::Traced)
    }

    /// Runs the handler of an event, if it is a plain function, in its span where it has
    /// one.
    #[inline(always)]
    pub(crate) fn run_now(&mut self, component: &mut C, message: &C::Message) -> Ran {
        match component.now(message, self) {
            Ran::Traced => self.run_traced(component, message),
            ran => ran,
        }
    }

    #[cold]
    fn run_traced(&mut self, component: &mut C, message: &C::Message) -> Ran {
        let track = self.track.clone();
        let turn = track.as_ref().and_then(|track| track.turn());
        let _entered = turn.map(|turn| turn.enter());
        component.now(message, self)
    }
}

//! One event in the hands of a component: what its context knows of it, from the
//! moment that a handler takes it until the handler is done.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use crate::core::component::{Body, Component, Context, Scope};
use crate::core::mailbox::Message;
use crate::core::reply::{Cause, Party, Run, Track, Watched};
use crate::core::route::Rooms;
use crate::core::tap::{FiringId, Member, Outcome, Turn};

impl<C: Component> Context<C> {
    /// Makes the context of a reader that runs alone all the same.
    pub(crate) fn fork(&self, message: &C::Message) -> Self {
        let mut fork = Self::new(self.cell().clone(), self.life());
        fork.enter(message);
        fork
    }

    /// Prepares for one event; `false` if it shall not be handled any more.
    #[inline(always)]
    pub(crate) fn enter(&mut self, message: &C::Message) -> bool {
        self.handler = message.handler();
        self.track = message.letter().track();
        self.track.is_none() || self.enter_tracked()
    }

    #[inline(never)]
    pub(crate) fn enter_tracked(&mut self) -> bool {
        let (id, life) = (self.cell().id(), self.life());
        let Some(track) = &self.track else {
            return true;
        };
        let admits = track.admits(id, life);
        if admits && track.trace().is_some() {
            self.begin_turn();
        }
        admits
    }

    pub(crate) fn track(&self) -> Option<&Arc<dyn Track>> {
        self.track.as_ref()
    }

    /// Tells those who listen in that the handler begins.
    #[cold]
    fn begin_turn(&mut self) {
        let Some(track) = &self.track else {
            return;
        };
        if let Some(trace) = track.trace() {
            let log = || self.cell().activity_log().clone();
            let turn = Turn::begin(trace, self.member(), self.handler, log);
            self.track = Some(Arc::new(Watched::new(track.clone(), turn)));
        }
    }

    /// Tells those who listen in how the handler ended, if that was not told yet.
    #[inline(never)]
    pub(crate) fn end_turn(&self, outcome: impl FnOnce() -> Outcome) {
        if let Some(turn) = self.turn() {
            turn.end(outcome());
        }
    }

    /// Returns the handler's turn, where somebody listens in.
    pub(crate) fn turn(&self) -> Option<&Turn> {
        self.track.as_ref()?.turn()
    }

    /// Prepares for one event that is handled beside others.
    pub(crate) fn enter_beside(&mut self, message: &C::Message, run: Run) -> bool {
        self.run = run;
        message.letter().begin(run);
        self.enter(message)
    }

    /// Tells whether somebody keeps a record of the event, who may have gone.
    pub(crate) fn is_tracked(&self) -> bool {
        self.track.is_some()
    }

    /// Tells whether more is to be done for an event that was handled than to
    /// drop it.
    #[inline]
    pub(crate) fn needs_care(&self, message: &C::Message) -> bool {
        self.crashes != 0
            || self
                .track
                .as_ref()
                .is_some_and(|track| track.turn().is_some() || message.letter().is_late())
    }

    pub(crate) fn leave(&mut self) {
        self.track = None;
        self.crashes = 0;
    }

    pub(crate) fn cause(&self) -> Option<Arc<Cause>> {
        self.track.as_ref().and_then(|track| track.cause())
    }
}

impl<C: Component> Scope for Context<C> {
    fn party(&self) -> Arc<dyn Party> {
        self.cell().clone()
    }

    fn handler(&self) -> &'static str {
        self.handler
    }

    fn run(&self) -> Run {
        self.run
    }

    fn cause(&self) -> Option<Arc<Cause>> {
        Self::cause(self)
    }

    fn member(&self) -> Member {
        Member {
            life: self.life(),
            ..self.cell().member()
        }
    }

    fn firing(&self) -> Option<FiringId> {
        Some(self.track.as_ref()?.trace()?.id())
    }

    fn owe(&self, rooms: Rooms) {
        self.cell().owe(rooms);
    }

    fn body(&self) -> &dyn Body {
        &**self.cell()
    }
}

/// Runs a handler in the span of its turn.
///
/// Boxed: who is not watched shall not have the room for it.
pub(crate) fn in_span<'a, F>(
    track: Arc<dyn Track>,
    handler: F,
) -> Pin<Box<dyn Future<Output = F::Output> + Send + 'a>>
where
    F: Future<Output: Send> + Send + 'a,
{
    let mut handler = Box::pin(handler);
    Box::pin(poll_fn(move |task| {
        let _entered = track.turn().map(Turn::enter);
        handler.as_mut().poll(task)
    }))
}

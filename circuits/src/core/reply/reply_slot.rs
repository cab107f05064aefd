//! The record of a call that one handler gets, and about which nobody else asks
//! anything: a place for one reply.
//!
//! ```text
//! Call ─► ReplySlot ◄─ Ticket ◄─ Envelope::answer
//! ```
//!
//! All other calls have a [`Delivery`](crate::core::reply::Delivery), which
//! behaves alike and can do more.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::Error;
use crate::core::id::ComponentId;
use crate::core::reply::collect::Waiter;
use crate::core::reply::{
    Answer, Blocker, CallError, Cause, Deadlock, Edges, Notes, Party, Record, Replaced, Run, Track,
    Unwanted, Wait,
};
use crate::core::tap::Trace;

pub(crate) struct ReplySlot<R> {
    state: Mutex<State<R>>,
    cancelled: AtomicBool,
    /// Who has the event, where a handler waits for it, and the reader of it.
    receiver: Option<Arc<dyn Party>>,
    run: AtomicU32,
}

struct State<R> {
    outcome: Outcome<R>,
    waiter: Waiter,
    /// Made when a handler asks.
    unwanted: Option<Unwanted>,
}

enum Outcome<R> {
    Missing,
    Replied(R),
    Failed(CallError),
    /// The caller has it.
    Taken,
    /// The caller has gone before it came.
    Gone,
}

impl<R: Send + 'static> ReplySlot<R> {
    /// Makes the record for a task that waits; `receiver` is who gets the event,
    /// where that is a handler.
    pub(crate) fn new(task: &Context<'_>, receiver: Option<Arc<dyn Party>>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                outcome: Outcome::Missing,
                waiter: Waiter::new(task),
                unwanted: None,
            }),
            cancelled: AtomicBool::new(false),
            receiver,
            run: AtomicU32::new(Run::ALONE.number()),
        })
    }

    /// Notes how the call ends, if that is not known yet; gives back what finds
    /// nobody, for the caller to drop without the lock.
    fn conclude(&self, outcome: Outcome<R>) -> Result<(), Outcome<R>> {
        let mut state = self.state();
        if !matches!(state.outcome, Outcome::Missing) {
            return Err(outcome);
        }
        state.outcome = outcome;
        let waker = state.waiter.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State<R>> {
        self.state.lock()
    }
}

impl<R: Send + 'static> Record<R> for ReplySlot<R> {
    fn answer(self: Arc<Self>, _place: u32, answer: Answer<R>) -> bool {
        let outcome = match answer {
            Answer::Reply(reply) => Outcome::Replied(reply),
            Answer::Nothing => Outcome::Failed(CallError::NoReply),
            Answer::Failed(error) => Outcome::Failed(CallError::Failed(error)),
        };
        match self.conclude(outcome) {
            Err(Outcome::Replied(_)) => matches!(self.state().outcome, Outcome::Gone),
            _ => false,
        }
    }

    fn poll_reply(&self, task: &Context<'_>) -> Poll<Result<R, CallError>> {
        let mut state = self.state();
        match std::mem::replace(&mut state.outcome, Outcome::Taken) {
            Outcome::Replied(reply) => Poll::Ready(Ok(reply)),
            Outcome::Failed(error) => Poll::Ready(Err(error)),
            Outcome::Missing => {
                state.outcome = Outcome::Missing;
                state.waiter.wait(task)
            }
            Outcome::Taken | Outcome::Gone => Poll::Ready(Err(CallError::NoReply)),
        }
    }

    fn leave(&self) -> Option<R> {
        let mut state = self.state();
        let next = match state.outcome {
            Outcome::Missing => Outcome::Gone,
            _ => Outcome::Taken,
        };
        let outcome = std::mem::replace(&mut state.outcome, next);
        let waker = state.waiter.take();
        let unwanted = state.unwanted.take();
        drop(state);
        drop(waker);
        match outcome {
            Outcome::Replied(reply) => Some(reply),
            Outcome::Missing => {
                Unwanted::tell(unwanted);
                None
            }
            _ => None,
        }
    }
}

impl<R: Send + 'static> Track for ReplySlot<R> {
    fn settle(self: Arc<Self>, place: u32, answer: Answer<()>) {
        self.answer(
            place,
            match answer {
                Answer::Nothing | Answer::Reply(()) => Answer::Nothing,
                Answer::Failed(error) => Answer::Failed(error),
            },
        );
    }

    fn lose(self: Arc<Self>, _place: u32, error: CallError, _failure: Option<Error>) {
        let error = match self.is_cancelled() {
            true => CallError::Cancelled,
            false => error,
        };
        // Where it has ended already, that stays.
        let _ = self.conclude(Outcome::Failed(error));
    }

    fn begin(&self, _place: u32, run: Run) {
        self.run.store(run.number(), Ordering::SeqCst);
    }

    /// There is no later stage.
    fn stop(&self) {}

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let unwanted = self.state().unwanted.take();
        Unwanted::tell(unwanted);
    }

    fn cause(&self) -> Option<Arc<Cause>> {
        None
    }

    fn trace(&self) -> Option<&Arc<Trace>> {
        None
    }

    fn admits(&self, _component: ComponentId, _life: u64) -> bool {
        !self.is_cancelled()
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

    fn replace(&self, _event: &mut dyn Any) -> Replaced {
        Replaced::Unseen
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn unwanted(&self) -> Option<Unwanted> {
        let mut state = self.state();
        let is_over = self.is_cancelled() || matches!(state.outcome, Outcome::Gone);
        (!is_over).then(|| state.unwanted.get_or_insert_default().clone())
    }
}

impl<R: Send + 'static> Wait for ReplySlot<R> {
    fn blockers(&self, show: &mut dyn FnMut(Blocker)) {
        if let Some(party) = &self.receiver
            && matches!(self.state().outcome, Outcome::Missing)
        {
            let run = Run::numbered(self.run.load(Ordering::SeqCst));
            show(Blocker {
                party: party.clone(),
                run,
            });
        }
    }

    fn is_free(&self) -> bool {
        let edges = self.receiver.as_ref().and_then(|party| party.open_edges());
        edges.is_none_or(Edges::is_empty)
    }

    fn is_yielding(&self) -> bool {
        false
    }

    /// Who has not begun to handle the call does not, or a handler that calls
    /// itself would do so for ever.
    fn break_off(&self, deadlock: Deadlock) {
        if self
            .conclude(Outcome::Failed(CallError::Deadlock(deadlock)))
            .is_ok()
        {
            self.cancel();
        }
    }
}

impl<R> fmt::Debug for ReplySlot<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplySlot").finish_non_exhaustive()
    }
}

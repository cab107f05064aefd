//! The shared record of one event on its way: made only where somebody needs it.
//!
//! ```text
//! Envelope ─ Ticket ─┐
//! Envelope ─ Ticket ─┼─► Delivery ─ answers ─► caller
//! Notice   ─ Ticket ─┘      │
//!                           └─ last ticket of a stage ─► next stage
//! ```
//!
//! A plain event to one receiver, or to many in one stage, has no record at all.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::{Error, Event};
use crate::core::id::ComponentId;
use crate::core::reply::collect::Waiter;
use crate::core::reply::parties::Parties;
use crate::core::reply::{
    Answer, Blocker, CallError, Cause, Collect, Deadlock, Notes, Party, Plan, Record, Replaced,
    Run, Track, Unwanted, Wait, find_deadlock,
};
use crate::core::tap::Trace;

/// Sends the stages after the first.
pub(crate) trait Advance<E: Event>: Send + Sync {
    /// Sends one stage; `false` where there is none of that number.
    fn advance(&self, delivery: &Arc<Delivery<E>>, stage: usize) -> bool;
    /// Tells whether there is a stage of that number.
    fn has_stage(&self, stage: usize) -> bool;
}

/// Hears how an event went; fires the feedback events.
pub(crate) trait Observer<E: Event>: Send + Sync {
    /// All handlers are done and none failed.
    fn succeeded(&self, event: &Arc<E>, notes: &Notes);
    /// One handler failed.
    fn failed(&self, event: &Arc<E>, notes: &Notes, error: &Error);
    /// One handler gave a reply.
    fn replied(&self, place: u32, reply: &E::Reply);
    /// A handler replaced the event.
    fn replaced(&self, event: &Arc<E>);
}

/// The record of one event on its way to one or more receivers.
pub(crate) struct Delivery<E: Event> {
    notes: Notes,
    next: Option<Arc<dyn Advance<E>>>,
    observer: Option<Box<dyn Observer<E>>>,
    stopped: AtomicBool,
    cancelled: AtomicBool,
    /// Whether `state.caller` was set: known without the lock.
    called: bool,
    state: Mutex<State<E>>,
}

struct State<E: Event> {
    /// The last version of the event, where somebody needs it.
    event: Option<Arc<E>>,
    /// Tickets of the current stage that are not finished.
    pending: u32,
    /// The places of the current stage.
    places: Range<u32>,
    stage: u32,
    failed: bool,
    done: bool,
    /// Set while a later stage is sent.
    advancing: bool,
    /// Set when that stage has ended before it was sent to all.
    concluded: bool,
    collect: Collect<E::Reply>,
    waiter: Waiter,
    /// Who waits, where that is an exclusive handler of a component.
    caller: Option<Arc<dyn Party>>,
    parties: Parties,
    deadlock: Option<Deadlock>,
    /// Made when a handler asks.
    unwanted: Option<Unwanted>,
}

impl<E: Event> Delivery<E> {
    /// Makes the record in its final place, in one move.
    #[inline]
    pub(crate) fn open(plan: Plan<E>) -> Arc<Self> {
        Arc::new(Self {
            notes: plan.notes,
            next: plan.next,
            observer: plan.observer,
            stopped: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            called: plan.caller.is_some(),
            state: Mutex::new(State {
                event: plan.event,
                pending: plan.tickets,
                places: 0..plan.tickets,
                stage: 0,
                failed: false,
                done: false,
                advancing: false,
                concluded: false,
                collect: Collect::new(plan.ask),
                waiter: Waiter::default(),
                caller: plan.caller,
                parties: Parties::None,
                deadlock: None,
                unwanted: None,
            }),
        })
    }

    /// Returns the last version of the event, where it is kept.
    pub(crate) fn event(&self) -> Option<Arc<E>> {
        self.state().event.clone()
    }

    pub(crate) fn notes(&self) -> &Notes {
        &self.notes
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Announces the tickets of a stage, before the first of them is handed out.
    pub(crate) fn expect(&self, stage: usize, places: Range<u32>) {
        if let (Some(trace), 1..) = (&self.notes.trace, stage) {
            trace.sent();
        }
        let mut state = self.state();
        state.stage = stage as u32;
        state.pending = places.end - places.start;
        state.places = places;
    }

    /// Tells whether somebody waits who could be part of a deadlock.
    pub(crate) fn has_caller(&self) -> bool {
        self.called
    }

    /// Notes who holds a ticket; only for a delivery with a caller.
    pub(crate) fn involve(&self, place: u32, party: Arc<dyn Party>) {
        self.state().parties.add(place, Blocker::whole(party));
    }

    /// Polls for every handler's result.
    pub(crate) fn poll_replies(&self, cx: &Context<'_>) -> Poll<Vec<Result<E::Reply, CallError>>> {
        let mut state = self.state();
        if state.done {
            return Poll::Ready(state.collect.take_replies());
        }
        if let Some(deadlock) = state.deadlock.take() {
            let places = state.places.clone();
            let error = CallError::Deadlock(deadlock.clone());
            state.collect.fill(places, &error);
            let replies = state.collect.take_replies();
            self.refuse(state, deadlock);
            return Poll::Ready(replies);
        }
        state.waiter.wait(cx)
    }

    /// Takes what has arrived when the time is over; who is missing has `error`.
    pub(crate) fn give_up(&self, error: &CallError) -> Vec<Result<E::Reply, CallError>> {
        let mut state = self.state();
        let places = state.places.clone();
        state.collect.fill(places, error);
        let unwanted = state.unwanted.take();
        let replies = state.collect.leave().take_replies();
        drop(state);
        Unwanted::tell(unwanted);
        replies
    }

    /// Refuses a call: who has not begun to handle it does not, or a handler that
    /// calls itself would do so for ever.
    fn refuse(&self, mut state: MutexGuard<'_, State<E>>, deadlock: Deadlock) -> CallError {
        self.cancelled.store(true, Ordering::Release);
        let unwanted = state.unwanted.take();
        drop(state);
        Unwanted::tell(unwanted);
        CallError::Deadlock(deadlock)
    }

    /// Polls for the end of all stages.
    pub(crate) fn poll_done(&self, cx: &Context<'_>) -> Poll<Result<(), CallError>> {
        let mut state = self.state();
        if state.done {
            return Poll::Ready(Ok(()));
        }
        match state.deadlock.take() {
            Some(deadlock) => Poll::Ready(Err(CallError::Deadlock(deadlock))),
            None => state.waiter.wait(cx),
        }
    }

    /// Says that there is nobody to deliver to, so that all is done.
    pub(crate) fn finish_empty(self: &Arc<Self>) {
        self.conclude(self.state());
    }

    fn state(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock()
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    fn finish(
        self: &Arc<Self>,
        place: u32,
        error: Option<Error>,
        note: impl FnOnce(&mut Collect<E::Reply>) -> Option<Answer<E::Reply>>,
    ) {
        if let (Some(error), Some(observer)) = (&error, &self.observer)
            && let Some(event) = self.event()
        {
            observer.failed(&event, &self.notes, error);
        }
        let mut state = self.state();
        // Dropped at the end, when the lock is released.
        let _unwanted = note(&mut state.collect);
        state.failed |= error.is_some();
        state.pending = state.pending.saturating_sub(1);
        state.parties.remove(place);
        if state.pending == 0 {
            return self.conclude(state);
        }
        let settled = state.collect.is_settled();
        let waker = if settled { state.waiter.take() } else { None };
        let caller = if settled { None } else { state.caller.clone() };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        // The remaining receivers may all wait for the caller.
        if let Some(caller) = caller {
            self.check(&caller);
        }
    }

    /// Goes to the next stage, or ends the delivery where there is none.
    fn conclude<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State<E>>) {
        if let Some(next) = &self.next {
            if std::mem::replace(&mut state.advancing, true) {
                // Whoever sends this stage goes on: a hundred thousand stages
                // that nobody takes must not take the stack.
                state.concluded = true;
                return;
            }
            loop {
                let settled = state.collect.is_settled();
                let waker = if settled { state.waiter.take() } else { None };
                let caller = state.caller.clone();
                let stage = state.stage as usize + 1;
                drop(state);
                if let Some(waker) = waker {
                    waker.wake();
                }
                let goes_on = !self.is_stopped() && !self.is_cancelled();
                let sent = goes_on && next.advance(self, stage);
                if let (true, Some(caller)) = (sent, caller) {
                    self.check(&caller);
                }
                state = self.state();
                if !sent {
                    break;
                }
                if !std::mem::take(&mut state.concluded) {
                    state.advancing = false;
                    return;
                }
            }
        }
        state.done = true;
        let _caller = state.caller.take();
        let waker = state.waiter.take();
        let failed = state.failed;
        drop(state);
        if let Some(observer) = &self.observer
            && !failed
            && !self.is_cancelled()
            && let Some(event) = self.event()
        {
            observer.succeeded(&event, &self.notes);
        }
        if let Some(trace) = &self.notes.trace {
            trace.close();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn check(self: &Arc<Self>, caller: &Arc<dyn Party>) {
        let wait: Arc<dyn Wait> = self.clone();
        if let Some(edge) = caller.edges().find(&wait)
            && let Some(deadlock) = find_deadlock(caller, &edge)
        {
            self.break_off(deadlock);
        }
    }
}

impl<E: Event> Wait for Delivery<E> {
    fn blockers(&self, show: &mut dyn FnMut(Blocker)) {
        // Copied first: no lock is held while another is taken.
        let state = self.state();
        match &state.parties {
            Parties::None => {}
            Parties::One(_, blocker) => {
                let blocker = blocker.clone();
                drop(state);
                show(blocker);
            }
            Parties::Many(list) => {
                let list: Vec<Blocker> = list.iter().map(|(_, blocker)| blocker.clone()).collect();
                drop(state);
                list.into_iter().for_each(show);
            }
        }
    }

    fn is_yielding(&self) -> bool {
        false
    }

    fn break_off(&self, deadlock: Deadlock) {
        let waker = {
            let mut state = self.state();
            state.deadlock.get_or_insert(deadlock);
            state.waiter.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<E: Event> fmt::Debug for Delivery<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("event", &E::NAME)
            .finish_non_exhaustive()
    }
}

impl<E: Event> Record<E::Reply> for Delivery<E> {
    /// Moves on when it was the stage's last.
    fn answer(self: Arc<Self>, place: u32, answer: Answer<E::Reply>) -> bool {
        let error = match &answer {
            Answer::Failed(error) => Some(error.clone()),
            _ => None,
        };
        if let (Some(observer), Answer::Reply(reply)) = (&self.observer, &answer) {
            observer.replied(place, reply);
        }
        let mut late = false;
        self.finish(place, error, |collect| {
            late = collect.is_late(&answer);
            collect.take(place, answer)
        });
        late
    }

    fn poll_reply(&self, task: &Context<'_>) -> Poll<Result<E::Reply, CallError>> {
        let mut state = self.state();
        if state.done || state.collect.is_settled() {
            if self.is_cancelled() && !state.collect.is_settled() {
                return Poll::Ready(Err(CallError::Cancelled));
            }
            return Poll::Ready(state.collect.take_reply());
        }
        if let Some(deadlock) = state.deadlock.take() {
            return Poll::Ready(Err(self.refuse(state, deadlock)));
        }
        state.waiter.wait(task)
    }

    fn leave(&self) -> Option<E::Reply> {
        let mut state = self.state();
        if state.done || state.collect.is_settled() {
            return state.collect.take_reply().ok();
        }
        let collect = state.collect.leave();
        let waker = state.waiter.take();
        let caller = state.caller.take();
        let unwanted = state.unwanted.take();
        drop(state);
        // What is the user's is dropped without the lock.
        drop((collect, waker, caller));
        Unwanted::tell(unwanted);
        None
    }
}

impl<E: Event> Track for Delivery<E> {
    fn settle(self: Arc<Self>, place: u32, answer: Answer<()>) {
        let answer = match answer {
            Answer::Nothing | Answer::Reply(()) => Answer::Nothing,
            Answer::Failed(error) => Answer::Failed(error),
        };
        self.answer(place, answer);
    }

    fn lose(self: Arc<Self>, place: u32, error: CallError, failure: Option<Error>) {
        self.finish(place, failure, |collect| {
            collect.lose(place, error);
            None
        });
    }

    fn begin(&self, place: u32, run: Run) {
        if self.called {
            self.state().parties.begin(place, run);
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let unwanted = self.state().unwanted.take();
        Unwanted::tell(unwanted);
    }

    fn cause(&self) -> Option<Arc<Cause>> {
        self.notes.cause.clone()
    }

    fn trace(&self) -> Option<&Arc<Trace>> {
        self.notes.trace.as_ref()
    }

    fn admits(&self, component: ComponentId, life: u64) -> bool {
        let stamp = self.notes.stamp.as_deref();
        !self.is_cancelled() && stamp.is_none_or(|stamp| stamp.admits(component, life))
    }

    fn addressed_life(&self) -> Option<u64> {
        let stamp = self.notes.stamp.as_deref()?;
        (stamp.is_addressed() && !self.is_cancelled()).then(|| stamp.life())
    }

    fn is_owed(&self) -> bool {
        self.notes.owed
    }

    fn notes(&self) -> Option<&Notes> {
        Some(&self.notes)
    }

    fn replace(&self, event: &mut dyn Any) -> Replaced {
        let Some(place) = event.downcast_mut::<Option<E>>() else {
            return Replaced::OtherType;
        };
        let stage = self.state().stage as usize + 1;
        let seen = self.next.as_ref().is_some_and(|next| next.has_stage(stage));
        let Some(event) = place.take_if(|_| seen || self.observer.is_some()) else {
            return Replaced::Unseen;
        };
        let event = Arc::new(event);
        let replaced = self.state().event.replace(event.clone());
        // The user's: not dropped under the lock.
        drop(replaced);
        if let Some(observer) = &self.observer {
            observer.replaced(&event);
        }
        Replaced::Done
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled()
    }

    fn unwanted(&self) -> Option<Unwanted> {
        let mut state = self.state();
        let is_over = self.is_cancelled() || state.collect.is_gone();
        (!is_over).then(|| state.unwanted.get_or_insert_default().clone())
    }
}

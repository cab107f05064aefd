//! What waits to be written to one stream, and the word that it shall end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use crate::stream::{DisconnectReason, WriteError};
use bytes::Bytes;

/// Kept beside each chunk: so many tiny ones do not pass as nothing.
const OVERHEAD: usize = 64;

/// The write queue of a stream, and the word that it shall end.
///
/// A chunk is queued at once and its sender then waits for room, as in a
/// mailbox: so the order is that of the senders' first step, and the bound is
/// passed by one chunk a waiting sender.
pub(super) struct Outbox {
    limit: usize,
    /// Mirrors `State::ending` and `State::turn`, so that they can be asked without the
    /// lock.
    pub(super) is_halted: AtomicBool,
    state: Mutex<State>,
}

/// How far a stream is on its way from plain text to TLS.
#[derive(Default)]
#[allow(dead_code, reason = "most are made with the feature `tls` only")]
pub(super) enum Turn {
    /// It stays what it is.
    #[default]
    Never,
    /// It may be asked for.
    Possible,
    /// It is asked for. What is queued from now on is held until it is done.
    Asked(VecDeque<Bytes>),
    /// The same, and nothing more comes before it.
    Begun(VecDeque<Bytes>),
}

#[derive(Default)]
pub(super) struct State {
    pub(super) chunks: VecDeque<Bytes>,
    pub(super) turn: Turn,
    /// Of all that is queued, held or being written.
    size: usize,
    /// It shall end, and why.
    pub(super) ending: Option<DisconnectReason>,
    /// Nothing more is taken.
    pub(super) is_closed: bool,
    /// What was taken is lost.
    is_abandoned: bool,
    /// All that it will ever be given has been written.
    is_finished: bool,
    /// It has ended.
    pub(super) is_gone: bool,
    /// The one task that moves the bytes. It stays, also when it is woken.
    pump: Option<Waker>,
    /// Who waits for room. Plain wakers and not a semaphore of tokio's, whose
    /// cooperative budget would let one sender overtake another.
    senders: Vec<Waker>,
    /// Who waits for the end.
    mourners: Vec<Waker>,
}

/// Who queues a chunk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    Anybody,
    /// The pump, for who replies to what it has read.
    Pump,
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            is_halted: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    /// Queues a chunk and waits until there is room; `false` if the stream has
    /// ended, or ends meanwhile.
    pub(super) async fn push(&self, data: Bytes) -> bool {
        self.push_as(Writer::Anybody, data).await
    }

    /// The same for the pump itself, which looks after its queue anyway. A reply is not
    /// held, and does not wait for what is.
    pub(super) async fn reply(&self, data: Bytes) -> bool {
        self.push_as(Writer::Pump, data).await
    }

    async fn push_as(&self, writer: Writer, data: Bytes) -> bool {
        let mut chunk = Some(data);
        poll_fn(|task| {
            let mut state = self.state();
            if state.is_closed {
                return Poll::Ready(chunk.is_none() && !state.is_abandoned);
            }
            if let Some(chunk) = chunk.take().filter(|chunk| !chunk.is_empty()) {
                state.queue(writer, chunk);
            }
            let is_free = writer == Writer::Pump && state.is_held();
            if state.size <= self.limit || is_free {
                return Poll::Ready(true);
            }
            state.wait(task.waker());
            Poll::Pending
        })
        .await
    }

    /// Queues a chunk if there is room.
    pub(super) fn try_push(&self, data: Bytes) -> Result<(), WriteError> {
        let mut state = self.state();
        if state.is_closed {
            return Err(WriteError::Ended);
        }
        if data.is_empty() {
            return Ok(());
        }
        if state.size > 0 && state.size + data.len() + OVERHEAD > self.limit {
            return Err(WriteError::Full(data));
        }
        state.queue(Writer::Anybody, data);
        Ok(())
    }

    /// Waits for the next chunk; `None` once the queue is empty and closed, or all has
    /// been taken that comes before the turn.
    pub(super) async fn next(&self) -> Option<Bytes> {
        poll_fn(|task| {
            let mut state = self.state();
            match state.chunks.pop_front() {
                Some(chunk) => Poll::Ready(Some(chunk)),
                None if state.is_closed || matches!(state.turn, Turn::Begun(_)) => {
                    Poll::Ready(None)
                }
                None => state.wait_as_pump(task.waker()),
            }
        })
        .await
    }

    /// Counts a chunk of this length as written, none if it is 0, and takes the next,
    /// if there is one.
    pub(super) fn next_after(&self, length: usize) -> Option<Bytes> {
        let mut state = self.state();
        if length > 0 {
            state.size = state.size.saturating_sub(length + OVERHEAD);
            if state.size <= self.limit {
                state.wake_senders();
            }
        }
        state.chunks.pop_front()
    }

    /// Waits until all that is queued has been written, or is lost.
    pub(super) async fn emptied(&self) {
        poll_fn(|task| {
            let mut state = self.state();
            if state.size == 0 || state.is_abandoned {
                return Poll::Ready(());
            }
            state.wait(task.waker());
            Poll::Pending
        })
        .await
    }

    /// Takes nothing more; what is queued is still written. `false` if that is so
    /// already.
    pub(super) fn close(&self) -> bool {
        let mut state = self.state();
        let is_first = !std::mem::replace(&mut state.is_closed, true);
        state.wake_senders();
        state.wake_pump();
        is_first
    }

    /// Takes nothing more and drops what is queued.
    pub(super) fn abandon(&self) {
        {
            let mut state = self.state();
            state.is_abandoned = true;
            state.chunks.clear();
            state.turn = Turn::Never;
        }
        self.close();
    }

    /// Asks the stream to end; the first reason stays. `false` if it shall end, or
    /// has ended, already.
    pub(super) fn end(&self, reason: DisconnectReason) -> bool {
        let mut state = self.state();
        if state.ending.is_some() || state.is_gone {
            return false;
        }
        state.ending = Some(reason);
        self.is_halted.store(true, Ordering::Release);
        state.wake_pump();
        true
    }

    /// Says whether nothing more shall be read: to the end, or until the turn is done.
    pub(super) fn is_halted(&self) -> bool {
        self.is_halted.load(Ordering::Acquire)
    }

    /// Says, as the pump, that nothing more comes before the turn.
    pub(super) fn turn(&self) {
        let mut state = self.state();
        if let Turn::Asked(held) = std::mem::take(&mut state.turn) {
            state.turn = Turn::Begun(held);
        }
        state.wake_pump();
    }

    /// Says whether what is queued is held.
    pub(super) fn is_held(&self) -> bool {
        self.state().is_held()
    }

    /// Returns why the stream shall end, if it shall.
    pub(super) fn ending(&self) -> Option<DisconnectReason> {
        self.state().ending.clone()
    }

    /// Waits, as the pump, until the stream shall end, with the reason, or turn.
    pub(super) async fn halted(&self) -> Option<DisconnectReason> {
        poll_fn(|task| {
            let mut state = self.state();
            match &state.ending {
                Some(reason) => Poll::Ready(Some(reason.clone())),
                None if state.is_held() => Poll::Ready(None),
                None => state.wait_as_pump(task.waker()),
            }
        })
        .await
    }

    /// Says that the last chunk has been written.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        state.is_finished = true;
        state.wake_pump();
    }

    /// Waits, as the pump, until the last chunk has been written.
    pub(super) async fn finished(&self) {
        poll_fn(|task| {
            let mut state = self.state();
            match state.is_finished {
                true => Poll::Ready(()),
                false => state.wait_as_pump(task.waker()),
            }
        })
        .await
    }

    /// The stream has ended: what is queued is lost.
    pub(super) fn leave(&self) {
        self.abandon();
        let mut state = self.state();
        state.is_gone = true;
        for mourner in std::mem::take(&mut state.mourners) {
            mourner.wake();
        }
    }

    /// Says whether the stream has ended.
    pub(super) fn is_left(&self) -> bool {
        self.state().is_gone
    }

    /// Waits until the stream has ended.
    pub(super) async fn left(&self) {
        poll_fn(|task| {
            let mut state = self.state();
            if state.is_gone {
                return Poll::Ready(());
            }
            enter(&mut state.mourners, task.waker());
            Poll::Pending
        })
        .await
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, writer: Writer, chunk: Bytes) {
        self.size += chunk.len() + OVERHEAD;
        match (&mut self.turn, writer) {
            (Turn::Asked(held) | Turn::Begun(held), Writer::Anybody) => held.push_back(chunk),
            _ => self.chunks.push_back(chunk),
        }
        if writer == Writer::Anybody {
            self.wake_pump();
        }
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self.turn, Turn::Asked(_) | Turn::Begun(_))
    }

    fn wait(&mut self, waker: &Waker) {
        enter(&mut self.senders, waker);
    }

    /// Waits as the pump, which does all its waiting in one task.
    pub(super) fn wait_as_pump<T>(&mut self, waker: &Waker) -> Poll<T> {
        match &mut self.pump {
            Some(pump) => pump.clone_from(waker),
            None => self.pump = Some(waker.clone()),
        }
        Poll::Pending
    }

    pub(super) fn wake_pump(&self) {
        if let Some(pump) = &self.pump {
            pump.wake_by_ref();
        }
    }

    pub(super) fn wake_senders(&mut self) {
        for sender in self.senders.drain(..) {
            sender.wake();
        }
    }
}

/// Enters a waker into a list, once.
fn enter(list: &mut Vec<Waker>, waker: &Waker) {
    if !list.iter().any(|other| other.will_wake(waker)) {
        list.push(waker.clone());
    }
}

//! What waits to be written to one stream, and the word that it shall end.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;
use tokio::sync::watch;

use crate::stream::{DisconnectReason, WriteError};

/// Kept beside each chunk: so many tiny ones do not pass as nothing.
const OVERHEAD: usize = 64;

/// The write queue of a stream, and the word that it shall end.
///
/// A chunk is queued at once and its sender then waits for room, as in a
/// mailbox: so the order is that of the senders' first step, and the bound is
/// passed by one chunk a waiting sender.
pub(super) struct Outbox {
    limit: usize,
    state: Mutex<State>,
    word: watch::Sender<Word>,
}

/// How far the stream is, for those who wait for it.
#[derive(Default)]
struct Word {
    /// It shall end, and why.
    ending: Option<DisconnectReason>,
    /// All that it will ever be given has been written.
    is_finished: bool,
    /// It has ended.
    is_gone: bool,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Bytes>,
    size: usize,
    /// Nothing more is taken.
    is_closed: bool,
    /// What was taken is lost.
    is_abandoned: bool,
    writer: Option<Waker>,
    /// Who waits for room. Plain wakers and not a semaphore of tokio's, whose
    /// cooperative budget would let one sender overtake another.
    senders: Vec<Waker>,
}

impl Outbox {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            word: watch::Sender::new(Word::default()),
        }
    }

    /// Queues a chunk and waits until there is room; `false` if the stream has
    /// ended, or ends meanwhile.
    pub(super) async fn push(&self, data: Bytes) -> bool {
        let mut chunk = Some(data);
        poll_fn(|task| {
            let mut state = self.state();
            if state.is_closed {
                return Poll::Ready(chunk.is_none() && !state.is_abandoned);
            }
            if let Some(chunk) = chunk.take().filter(|chunk| !chunk.is_empty()) {
                state.queue(chunk);
            }
            if state.size <= self.limit {
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
        state.queue(data);
        Ok(())
    }

    /// Takes the next chunk, if there is one.
    pub(super) fn try_next(&self) -> Option<Bytes> {
        self.state().chunks.pop_front()
    }

    /// Waits for the next chunk; `None` once the queue is closed and empty.
    pub(super) async fn next(&self) -> Option<Bytes> {
        poll_fn(|task| {
            let mut state = self.state();
            match state.chunks.pop_front() {
                Some(chunk) => Poll::Ready(Some(chunk)),
                None if state.is_closed => Poll::Ready(None),
                None => {
                    state.writer = Some(task.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Counts a chunk as written.
    pub(super) fn written(&self, length: usize) {
        let mut state = self.state();
        state.size = state.size.saturating_sub(length + OVERHEAD);
        if state.size <= self.limit {
            state.wake_senders();
        }
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
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
        is_first
    }

    /// Takes nothing more and drops what is queued.
    pub(super) fn abandon(&self) {
        {
            let mut state = self.state();
            state.is_abandoned = true;
            state.chunks.clear();
        }
        self.close();
    }

    /// Asks the stream to end; the first reason stays. `false` if it shall end, or
    /// has ended, already.
    pub(super) fn end(&self, reason: DisconnectReason) -> bool {
        self.word.send_if_modified(|word| {
            let is_first = word.ending.is_none() && !word.is_gone;
            if is_first {
                word.ending = Some(reason);
            }
            is_first
        })
    }

    /// Returns why the stream shall end, if it shall.
    pub(super) fn ending(&self) -> Option<DisconnectReason> {
        self.word.borrow().ending.clone()
    }

    /// Waits until the stream shall end.
    pub(super) async fn ended(&self) -> DisconnectReason {
        let mut word = self.word.subscribe();
        let word = word.wait_for(|word| word.ending.is_some()).await;
        let reason = word.ok().and_then(|word| word.ending.clone());
        reason.unwrap_or(DisconnectReason::Closed)
    }

    /// Says that the last chunk has been written.
    pub(super) fn finish(&self) {
        self.word.send_modify(|word| word.is_finished = true);
    }

    /// Waits until the last chunk has been written.
    pub(super) async fn finished(&self) {
        let mut word = self.word.subscribe();
        // The sender is a field of this.
        let _ = word.wait_for(|word| word.is_finished).await;
    }

    /// The stream has ended: what is queued is lost.
    pub(super) fn leave(&self) {
        self.abandon();
        self.word.send_modify(|word| word.is_gone = true);
    }

    /// Says whether the stream has ended.
    pub(super) fn is_left(&self) -> bool {
        self.word.borrow().is_gone
    }

    /// Waits until the stream has ended.
    pub(super) async fn left(&self) {
        let mut word = self.word.subscribe();
        // The sender is a field of this.
        let _ = word.wait_for(|word| word.is_gone).await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queue(&mut self, chunk: Bytes) {
        self.size += chunk.len() + OVERHEAD;
        self.chunks.push_back(chunk);
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }

    fn wait(&mut self, waker: &Waker) {
        if !self.senders.iter().any(|other| other.will_wake(waker)) {
            self.senders.push(waker.clone());
        }
    }

    fn wake_senders(&mut self) {
        for sender in self.senders.drain(..) {
            sender.wake();
        }
    }
}

//! What waits to be written to one peer.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use bytes::Bytes;
use tokio::sync::watch;

use crate::net::DisconnectReason;

/// Kept beside each chunk: so many tiny ones do not pass as nothing.
const OVERHEAD: usize = 64;

/// The write queue of a connection, and the word that it shall end.
///
/// A chunk is queued at once and its sender then waits for room, as in a
/// mailbox: so the order is that of the senders' first step, and the bound is
/// passed by one chunk a waiting sender.
pub(super) struct Outbox {
    limit: usize,
    state: Mutex<State>,
    end: watch::Sender<Option<DisconnectReason>>,
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
            end: watch::Sender::new(None),
        }
    }

    /// Queues a chunk and waits until there is room; `false` if the connection
    /// has ended, or ends meanwhile.
    pub(super) async fn push(&self, data: Bytes) -> bool {
        let mut chunk = Some(data);
        poll_fn(|task| {
            let mut state = self.state();
            if state.is_closed {
                return Poll::Ready(chunk.is_none() && !state.is_abandoned);
            }
            if let Some(chunk) = chunk.take().filter(|chunk| !chunk.is_empty()) {
                state.size += chunk.len() + OVERHEAD;
                state.chunks.push_back(chunk);
                if let Some(writer) = state.writer.take() {
                    writer.wake();
                }
            }
            if state.size <= self.limit {
                return Poll::Ready(true);
            }
            if !state
                .senders
                .iter()
                .any(|other| other.will_wake(task.waker()))
            {
                state.senders.push(task.waker().clone());
            }
            Poll::Pending
        })
        .await
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

    /// Takes nothing more; what is queued is still written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.wake_senders();
        if let Some(writer) = state.writer.take() {
            writer.wake();
        }
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

    /// Asks the connection to end; the first reason stays.
    pub(super) fn end(&self, reason: DisconnectReason) -> bool {
        self.end.send_if_modified(|current| {
            let is_first = current.is_none();
            if is_first {
                *current = Some(reason);
            }
            is_first
        })
    }

    /// Returns why the connection shall end, if it shall.
    pub(super) fn ending(&self) -> Option<DisconnectReason> {
        self.end.borrow().clone()
    }

    /// Waits until the connection shall end.
    pub(super) async fn ended(&self) -> DisconnectReason {
        let mut end = self.end.subscribe();
        match end.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(reason)) => reason.clone(),
            _ => DisconnectReason::Closed,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wake_senders(&mut self) {
        for sender in self.senders.drain(..) {
            sender.wake();
        }
    }
}

//! The state of one link, which the handlers of both sides and its task share.
//!
//! ```text
//!            ┌─ queue ── who waits to send, first come first served
//! Bridge ──► │  flights ─ sent and not done: at most as many as the peer takes
//!            │  outbox ── frames to be written ──► task ──► peer
//! Inlet  ──► │  arrivals  received and not done: at most as many as said in hello
//!            └─ end ───── why it is over
//! ```
//!
//! Plain wakers and no primitive of tokio's, whose cooperative budget would let
//! one sender overtake another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Task, Poll, Waker};

use bytes::Bytes;

use crate::bridge::LinkError;
use crate::bridge::arrival::Arrival;
use crate::bridge::wire::{Failure, Frame, Hello, encode};

/// Senders wait while so many bytes wait to be written.
const OUTBOX: usize = 256 * 1024;

/// One link, from its hello to its end.
pub(super) struct Link {
    peer: Peer,
    /// So many events of the peer at a time; more of them end the link.
    max_arrivals: usize,
    state: Mutex<State>,
}

/// What the other side has said first.
struct Peer {
    receives: HashSet<String>,
    max_frame: usize,
    max_in_flight: usize,
}

#[derive(Default)]
struct State {
    next_id: u64,
    next_ticket: u64,
    queue: VecDeque<(u64, Waker)>,
    flights: HashMap<u64, Flight>,
    /// Flights that the other side is not done with.
    in_flight: usize,
    arrivals: HashMap<u64, Arc<Arrival>>,
    outbox: VecDeque<Chunk>,
    /// Bytes in the outbox.
    size: usize,
    writer: Option<Waker>,
    /// Who waits for room to answer.
    answering: Vec<Waker>,
    /// This side wants to end it, once the outbox is written.
    closing: bool,
    end: Option<LinkError>,
}

/// An event that was sent, until the other side is done with it.
#[derive(Default)]
struct Flight {
    outcome: Option<Outcome>,
    /// Whether the outcome has come, be it taken or not.
    answered: bool,
    /// Nobody waits any more.
    abandoned: bool,
    /// The other side is done with it; kept until the outcome is taken.
    landed: bool,
    waker: Option<Waker>,
}

/// What the other side's call gave.
pub(super) enum Outcome {
    Reply(Bytes),
    Nothing,
    Failed(Failure),
}

/// A frame to be written.
pub(super) struct Chunk {
    pub(super) bytes: Bytes,
    /// The arrival that is over once this is written.
    done: Option<u64>,
}

impl Link {
    pub(super) fn new(hello: Hello, max_in_flight: usize) -> Self {
        Self {
            peer: Peer {
                receives: hello.receives.into_iter().collect(),
                max_frame: usize::try_from(hello.max_frame).unwrap_or(usize::MAX),
                max_in_flight: (hello.max_in_flight as usize).clamp(1, max_in_flight),
            },
            max_arrivals: max_in_flight,
            state: Mutex::default(),
        }
    }

    /// Tells whether the other side receives events of a name.
    pub(super) fn is_received(&self, name: &str) -> bool {
        self.peer.receives.contains(name)
    }

    /// The longest frame that the other side takes.
    pub(super) fn max_frame(&self) -> usize {
        self.peer.max_frame
    }

    /// Waits for its turn to send; in the order of the first polls.
    pub(super) async fn admit(self: &Arc<Self>) -> Result<Flying, LinkError> {
        let mut turn = Turn {
            link: self,
            ticket: None,
        };
        let id = poll_fn(|task| turn.poll(task)).await?;
        Ok(Flying {
            link: self.clone(),
            id,
        })
    }

    /// Queues a frame, whatever is queued already.
    pub(super) fn push(&self, frame: Bytes) {
        self.state().push(Chunk {
            bytes: frame,
            done: None,
        });
    }

    /// Waits until there is room to answer; also where the link has ended.
    pub(super) async fn room(&self) {
        poll_fn(|task| {
            let mut state = self.state();
            if state.size <= OUTBOX || state.end.is_some() {
                return Poll::Ready(());
            }
            let is_own = |other: &Waker| other.will_wake(task.waker());
            if !state.answering.iter().any(is_own) {
                state.answering.push(task.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    /// Notes an event that has come.
    pub(super) fn arrive(&self, id: u64) -> Result<Arc<Arrival>, LinkError> {
        let mut state = self.state();
        if state.arrivals.len() >= self.max_arrivals {
            let most = self.max_arrivals;
            let what = format!("it has more than {most} events in flight");
            return Err(LinkError::Protocol(what));
        }
        let arrival = Arc::new(Arrival::new(id));
        if state.arrivals.insert(id, arrival.clone()).is_some() {
            return Err(LinkError::Protocol(format!("event {id} came twice")));
        }
        Ok(arrival)
    }

    /// Says that an event that had come is done, with all that it caused.
    pub(super) fn depart(&self, id: u64) {
        if let Ok(bytes) = encode(&Frame::Done { id }) {
            let done = Some(id);
            self.state().push(Chunk { bytes, done });
        }
    }

    /// Says that the caller of an event that had come is gone. One that is done
    /// already, since both went their way at once, is no mistake.
    pub(super) fn cancel_arrival(&self, id: u64) {
        let arrival = self.state().arrivals.get(&id).cloned();
        if let Some(arrival) = arrival {
            arrival.cancel();
        }
    }

    /// Notes what a call gave.
    pub(super) fn answer(&self, id: u64, outcome: Outcome) -> Result<(), LinkError> {
        let mut state = self.state();
        match state.flights.get_mut(&id) {
            Some(flight) if !flight.answered && !flight.landed => {
                flight.answered = true;
                if !flight.abandoned {
                    flight.outcome = Some(outcome);
                }
                let waker = flight.waker.take();
                drop(state);
                wake(waker);
                Ok(())
            }
            _ => {
                let what = format!("it answered {id}, which waits for no answer");
                Err(LinkError::Protocol(what))
            }
        }
    }

    /// Notes that an event is done on the other side.
    pub(super) fn land(&self, id: u64) -> Result<(), LinkError> {
        let mut state = self.state();
        let Some(flight) = state.flights.get_mut(&id).filter(|it| !it.landed) else {
            let what = format!("it is done with {id}, which is not in flight");
            return Err(LinkError::Protocol(what));
        };
        if !flight.answered && !flight.abandoned {
            let what = format!("it is done with {id}, but has not answered it");
            return Err(LinkError::Protocol(what));
        }
        flight.landed = true;
        let waker = flight.waker.take();
        if flight.abandoned {
            state.flights.remove(&id);
        }
        state.in_flight -= 1;
        let next = state.next();
        drop(state);
        wake(waker);
        wake(next);
        Ok(())
    }

    /// Takes what is to be written, at least one frame and up to so many bytes;
    /// nothing once this side closes and all is written.
    pub(super) fn poll_outbox(&self, most: usize, task: &Task<'_>) -> Poll<Vec<Chunk>> {
        let mut state = self.state();
        let (mut taken, mut size) = (Vec::new(), 0);
        while size < most
            && let Some(chunk) = state.outbox.pop_front()
        {
            size += chunk.bytes.len();
            taken.push(chunk);
        }
        if taken.is_empty() && !state.closing && state.end.is_none() {
            state.writer = Some(task.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(taken)
    }

    /// Counts frames as written.
    pub(super) fn written(&self, chunks: &[Chunk]) {
        let mut state = self.state();
        for chunk in chunks {
            state.size = state.size.saturating_sub(chunk.bytes.len());
            if let Some(id) = chunk.done {
                state.arrivals.remove(&id);
            }
        }
        if state.size <= OUTBOX {
            let next = state.next();
            let answering = std::mem::take(&mut state.answering);
            drop(state);
            wake(next);
            answering.into_iter().for_each(Waker::wake);
        }
    }

    /// Ends it in order, once what is queued is written.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closing = true;
        let writer = state.writer.take();
        drop(state);
        wake(writer);
    }

    /// Ends it: whoever waits for anything is told. The first reason stays.
    pub(super) fn end(&self, reason: LinkError) {
        let mut state = self.state();
        state.end.get_or_insert(reason);
        let arrivals = std::mem::take(&mut state.arrivals);
        let mut wakers: Vec<Waker> = state.queue.drain(..).map(|(_, waker)| waker).collect();
        wakers.append(&mut state.answering);
        wakers.extend(state.flights.values_mut().filter_map(|it| it.waker.take()));
        wakers.extend(state.writer.take());
        let frames = std::mem::take(&mut state.outbox);
        drop(state);
        drop(frames);
        wakers.into_iter().for_each(Waker::wake);
        arrivals.values().for_each(|arrival| arrival.cancel());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whose turn it is to send.
    fn next(&self) -> Option<Waker> {
        self.queue.front().map(|(_, waker)| waker.clone())
    }

    fn push(&mut self, chunk: Chunk) {
        if self.end.is_some() {
            return;
        }
        self.size += chunk.bytes.len();
        self.outbox.push_back(chunk);
        if let Some(writer) = self.writer.take() {
            writer.wake();
        }
    }
}

/// A place in the queue of those who want to send.
struct Turn<'a> {
    link: &'a Link,
    ticket: Option<u64>,
}

impl Turn<'_> {
    fn poll(&mut self, task: &Task<'_>) -> Poll<Result<u64, LinkError>> {
        let mut state = self.link.state();
        if let Some(reason) = &state.end {
            return Poll::Ready(Err(reason.clone()));
        }
        let is_first = match self.ticket {
            None => state.queue.is_empty(),
            Some(ticket) => state.queue.front().is_some_and(|(it, _)| *it == ticket),
        };
        let is_free = state.in_flight < self.link.peer.max_in_flight && state.size <= OUTBOX;
        if is_first && is_free {
            if self.ticket.take().is_some() {
                state.queue.pop_front();
            }
            let id = state.next_id;
            state.next_id += 1;
            state.flights.insert(id, Flight::default());
            state.in_flight += 1;
            let next = state.next();
            drop(state);
            wake(next);
            return Poll::Ready(Ok(id));
        }
        let waker = task.waker().clone();
        match self.ticket {
            Some(ticket) => {
                let own = state.queue.iter_mut().find(|(it, _)| *it == ticket);
                if let Some((_, own)) = own {
                    *own = waker;
                }
            }
            None => {
                let ticket = state.next_ticket;
                state.next_ticket += 1;
                state.queue.push_back((ticket, waker));
                self.ticket = Some(ticket);
            }
        }
        Poll::Pending
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else {
            return;
        };
        let mut state = self.link.state();
        state.queue.retain(|(it, _)| *it != ticket);
        let next = state.next();
        drop(state);
        wake(next);
    }
}

/// An event in flight, as its handler on this side holds it. Dropped early, the
/// other side is told that nobody waits any more.
pub(super) struct Flying {
    link: Arc<Link>,
    pub(super) id: u64,
}

impl Flying {
    /// Waits for what the call gives on the other side.
    pub(super) async fn outcome(&self) -> Result<Outcome, LinkError> {
        poll_fn(|task| {
            let mut state = self.link.state();
            let end = state.end.clone();
            match state.flights.get_mut(&self.id) {
                Some(Flight {
                    outcome: outcome @ Some(_),
                    ..
                }) => Poll::Ready(Ok(outcome.take().unwrap_or(Outcome::Nothing))),
                Some(flight) => match end {
                    Some(reason) => Poll::Ready(Err(reason)),
                    None => {
                        flight.waker = Some(task.waker().clone());
                        Poll::Pending
                    }
                },
                None => Poll::Ready(Err(end.unwrap_or(LinkError::Closed))),
            }
        })
        .await
    }

    /// Waits until the other side is done with the event and all that it caused,
    /// or the link has ended.
    pub(super) async fn done(&self) {
        poll_fn(|task| {
            let mut state = self.link.state();
            if state.end.is_some() {
                return Poll::Ready(());
            }
            match state.flights.get_mut(&self.id) {
                Some(flight) if !flight.landed => {
                    flight.waker = Some(task.waker().clone());
                    Poll::Pending
                }
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Says that nobody waits for the outcome any more.
    pub(super) fn cancel(&self) {
        let mut state = self.link.state();
        let is_new = state.flights.get_mut(&self.id).is_some_and(|flight| {
            flight.outcome = None;
            !std::mem::replace(&mut flight.abandoned, true) && !flight.answered
        });
        drop(state);
        if is_new && let Ok(frame) = encode(&Frame::Cancel { id: self.id }) {
            self.link.push(frame);
        }
    }

    /// Takes it back: it has not been sent.
    pub(super) fn ground(self) {
        let mut state = self.link.state();
        if state.flights.remove(&self.id).is_some() {
            state.in_flight -= 1;
        }
        let next = state.next();
        drop(state);
        wake(next);
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.cancel();
        let mut state = self.link.state();
        if state.flights.get(&self.id).is_some_and(|it| it.landed) {
            state.flights.remove(&self.id);
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

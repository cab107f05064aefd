//! Where events wait: a bounded queue whose content its receiver takes whole.
//!
//! ```text
//! senders ──push──► queue ──swap──► batch ──► handler
//!                     │               │
//!                     └── capacity ───┘   counts both; beyond it: overflow rule
//! ```
//!
//! The receiver swaps its empty buffer for the full one, so a batch costs one
//! lock. Nothing is allocated per event, and nothing at all while idle.

mod overflow;
mod room;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use parking_lot::{Mutex, MutexGuard};

pub use self::overflow::Overflow;
pub(crate) use self::room::{Room, RoomKey};

use crate::core::event::AnyEvent;
use crate::core::reply::Letter;
use crate::core::runtime::{rank_of, sort_by_rank};

/// A mailbox never holds more than this many events, whatever its overflow
/// rule: beyond it new events become dead letters.
pub const MAILBOX_LIMIT: usize = 1 << 20;

/// An emptied buffer of at most this many bytes is kept for the next batch.
const KEPT_BYTES: usize = 4096;

/// What a component's mailbox holds: one variant for each handler.
///
/// Written by `#[component]`: every method is one thin match.
pub trait Message: Sized + Send + Sync + 'static {
    /// Says how the handler takes its component.
    fn mode(&self) -> Mode;
    /// Returns the name of the handler's method.
    fn handler(&self) -> &'static str;
    /// Borrows the envelope in the variant.
    fn letter(&self) -> &dyn Letter;
    /// Splits off a share of the event.
    fn share(self) -> (AnyEvent, Self);
    /// Turns the message into its event.
    fn into_event(self) -> AnyEvent {
        self.share().0
    }
}

/// How a handler takes its component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `&mut self`: alone.
    Exclusive,
    /// `&self`: beside other readers, on the component's own task.
    Shared,
    /// `&self` and `parallel`: beside other readers, on the runtime's threads.
    Parallel,
}

/// What became of a pushed message.
#[derive(Debug)]
pub(crate) enum Pushed<M> {
    /// It waits, and there is room for more.
    Room,
    /// It waits, but beyond the capacity: the sender should wait for room.
    Crowded,
    /// It waits in the place of others, which are given back.
    Displaced(Vec<M>),
    /// The mailbox is full and refuses it.
    Full(M),
    /// Nobody will ever take it.
    Closed(M),
}

pub(crate) struct Mailbox<M> {
    state: Mutex<State<M>>,
    capacity: u32,
    overflow: Overflow,
    /// Taken by the receiver and not handled yet; written by it alone.
    taken: AtomicU32,
    /// Set while a sender waits for room, so that the receiver looks.
    awaited: AtomicBool,
}

struct State<M> {
    queue: VecDeque<M>,
    /// So many may wait here without a further look: none where it is closed, else at
    /// most what there is room for beside what is taken. Senders need not read what
    /// the receiver writes for each event.
    limit: u32,
    /// Set if a queued message has a priority, so that the batch is sorted.
    sorted: bool,
    closed: bool,
    /// Set once nobody will take what waits, not even a later life.
    abandoned: bool,
    receiver: Option<Waker>,
    /// Boxed, since most mailboxes never need it.
    rare: Option<Box<Rare<M>>>,
}

/// What a mailbox has in bad times only.
struct Rare<M> {
    /// The senders that wait for room.
    waiting: BTreeMap<RoomKey, Waker>,
    /// What crashed the last life; beyond the capacity, as it was taken before.
    suspect: Option<Suspect<M>>,
}

/// A message, and how many lives in a row it has crashed.
pub(crate) struct Suspect<M> {
    pub(crate) message: M,
    pub(crate) crashes: u32,
}

impl<M: Message> Mailbox<M> {
    pub(crate) fn new(capacity: usize, overflow: Overflow) -> Self {
        let capacity = capacity.clamp(1, MAILBOX_LIMIT) as u32;
        Self {
            state: Mutex::new(State {
                queue: VecDeque::new(),
                limit: capacity,
                sorted: false,
                closed: false,
                abandoned: false,
                receiver: None,
                rare: None,
            }),
            capacity,
            overflow,
            taken: AtomicU32::new(0),
            awaited: AtomicBool::new(false),
        }
    }

    /// Puts a message at the end and wakes the receiver if it sleeps.
    ///
    /// Always inline, so that the message is written where it stays, and nowhere
    /// else before.
    #[inline(always)]
    pub(crate) fn push(&self, message: M, priority: i32) -> Pushed<M> {
        let mut state = self.lock();
        if priority != 0 || state.queue.len() >= state.limit as usize {
            return self.push_with_care(state, message, priority);
        }
        state.queue.push_back(message);
        Self::wake_receiver(state);
        Pushed::Room
    }

    /// Puts a message where the rules for a full or closed mailbox want it, or
    /// one that has a priority.
    #[cold]
    #[inline(never)]
    fn push_with_care(
        &self,
        mut state: MutexGuard<'_, State<M>>,
        message: M,
        priority: i32,
    ) -> Pushed<M> {
        if state.closed {
            return Pushed::Closed(message);
        }
        self.set_limit(&mut state, self.taken());
        let waiting = state.queue.len() + self.taken();
        let pushed = if waiting < self.capacity() {
            Pushed::Room
        } else {
            match state.make_room(self.overflow, &message, waiting) {
                Some(pushed) => pushed,
                None => return Pushed::Full(message),
            }
        };
        state.sorted |= priority != 0;
        state.queue.push_back(message);
        Self::wake_receiver(state);
        pushed
    }

    /// Wakes the receiver if it sleeps, without the lock.
    #[inline]
    fn wake_receiver(mut state: MutexGuard<'_, State<M>>) {
        let receiver = state.receiver.take();
        drop(state);
        if let Some(receiver) = receiver {
            receiver.wake();
        }
    }

    /// Puts a promised message at the end, whatever the overflow rule says.
    pub(crate) fn push_owed(&self, message: M) -> Pushed<M> {
        let mut state = self.lock();
        if state.closed {
            return Pushed::Closed(message);
        }
        if state.queue.len() + self.taken() >= MAILBOX_LIMIT {
            return Pushed::Full(message);
        }
        state.queue.push_back(message);
        Self::wake_receiver(state);
        Pushed::Room
    }

    /// Takes out those that wait in vain.
    pub(crate) fn take_out(&self, is_vain: impl Fn(&M) -> bool) -> Vec<M> {
        let mut state = self.lock();
        let (vain, others) = std::mem::take(&mut state.queue)
            .into_iter()
            .partition::<VecDeque<M>, _>(is_vain);
        state.queue = others;
        vain.into()
    }

    /// Takes all that waits into an empty batch, or registers for the next push.
    ///
    /// What was put aside comes first, and alone: then this returns how many
    /// lives it has crashed, else 0.
    pub(crate) fn poll_take(&self, cx: &Context<'_>, batch: &mut VecDeque<M>) -> Poll<u32> {
        let mut state = self.lock();
        if state.rare.is_some()
            && let Some(suspect) = state.take_suspect()
        {
            self.note_taken(&mut state, 0);
            batch.push_back(suspect.message);
            return Poll::Ready(suspect.crashes);
        }
        if state.queue.is_empty() {
            self.note_taken(&mut state, 0);
            match &mut state.receiver {
                Some(waker) => waker.clone_from(cx.waker()),
                None => state.receiver = Some(cx.waker().clone()),
            }
            if self.awaited.load(Ordering::Relaxed) {
                self.wake_senders(state);
            }
            return Poll::Pending;
        }
        if std::mem::take(&mut state.sorted) {
            let rank = |message: &M| rank_of(message.letter().priority().into());
            sort_by_rank(state.queue.make_contiguous(), rank);
        }
        if self.overflow.takes_single_events() {
            // What waits must stay replaceable, so the receiver takes one by one.
            // The one that is taken leaves its place at once: it cannot be
            // replaced any more, so counting it would refuse a newer one.
            batch.extend(state.queue.pop_front());
            self.note_taken(&mut state, 0);
        } else {
            std::mem::swap(&mut state.queue, batch);
            self.note_taken(&mut state, batch.len());
        }
        Poll::Ready(0)
    }

    /// Notes how much of the batch is left, and lets senders in when there is room.
    #[inline]
    pub(crate) fn set_taken(&self, left: usize) {
        self.store_taken(left);
        if self.awaited.load(Ordering::Relaxed) {
            self.let_senders_in(left);
        }
    }

    #[cold]
    fn let_senders_in(&self, left: usize) {
        if left > self.low_water() {
            return;
        }
        let state = self.lock();
        if state.queue.len() + left <= self.low_water() {
            self.wake_senders(state);
        }
    }

    /// Puts the rest of a batch back in front, for the next life; leaves it in
    /// the batch where there will be none.
    pub(crate) fn put_back(&self, batch: &mut VecDeque<M>) {
        let mut state = self.lock();
        if state.abandoned {
            return;
        }
        while let Some(message) = batch.pop_back() {
            state.sorted |= message.letter().priority() != 0;
            state.queue.push_front(message);
        }
        self.note_taken(&mut state, 0);
    }

    /// Keeps what crashed a life, for the next to handle before all else; gives
    /// it back where there will be none.
    pub(crate) fn put_aside(&self, suspect: Suspect<M>) -> Result<(), M> {
        let mut state = self.lock();
        if state.abandoned {
            return Err(suspect.message);
        }
        state.rare().suspect = Some(suspect);
        Ok(())
    }

    /// Gives back all that wait, and goes on taking messages.
    pub(crate) fn empty(&self) -> VecDeque<M> {
        let mut state = self.lock();
        self.note_taken(&mut state, 0);
        state.sorted = false;
        let queue = std::mem::take(&mut state.queue);
        self.wake_senders(state);
        queue
    }

    /// Refuses all further messages and gives back those that wait, and what
    /// crashed the last life.
    pub(crate) fn close(&self) -> (VecDeque<M>, Option<M>) {
        let mut state = self.lock();
        state.closed = true;
        state.abandoned = true;
        self.note_taken(&mut state, 0);
        let queue = std::mem::take(&mut state.queue);
        let suspect = state.take_suspect();
        self.wake_senders(state);
        (queue, suspect.map(|suspect| suspect.message))
    }

    /// Takes messages again, after it was closed.
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        state.closed = false;
        state.abandoned = false;
        self.set_limit(&mut state, self.taken());
    }

    /// Refuses all further messages; those that wait are still taken.
    pub(crate) fn seal(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.limit = 0;
    }

    /// Tells whether nothing more will be taken in.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Frees the buffers of an idle mailbox that once was busy.
    pub(crate) fn shrink(&self, batch: &mut VecDeque<M>) {
        let kept = KEPT_BYTES / size_of::<M>().max(1);
        if batch.capacity() > kept {
            *batch = VecDeque::new();
        }
        // Each by itself: a new life begins with a small batch, and finds the
        // queue that the one before it has left.
        let mut state = self.lock();
        if state.queue.is_empty() && state.queue.capacity() > kept {
            state.queue = VecDeque::new();
        }
    }

    /// Returns how many events wait.
    pub(crate) fn len(&self) -> usize {
        let state = self.lock();
        let rare = state.rare.as_ref();
        let aside = rare.is_some_and(|rare| rare.suspect.is_some());
        state.queue.len() + self.taken() + usize::from(aside)
    }

    /// Completes when there is room again, or nothing more will ever be taken.
    pub(crate) fn poll_room(&self, key: RoomKey, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let waiting = state.queue.len() + self.taken();
        if state.closed || waiting <= self.low_water() {
            return Poll::Ready(());
        }
        state.rare().waiting.insert(key, cx.waker().clone());
        // Under the lock: the receiver clears it under the same lock.
        self.awaited.store(true, Ordering::Relaxed);
        Poll::Pending
    }

    /// Forgets a sender that no longer waits.
    pub(crate) fn forget(&self, key: RoomKey) {
        if let Some(rare) = &mut self.lock().rare {
            rare.waiting.remove(&key);
        }
    }

    /// Registers for the next push without taking anything; tells whether the
    /// capacity is used up.
    pub(crate) fn poll_full(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        let waiting = state.queue.len() + self.taken();
        if waiting >= self.capacity() {
            return Poll::Ready(());
        }
        match &mut state.receiver {
            Some(waker) => waker.clone_from(cx.waker()),
            None => state.receiver = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity as usize
    }

    fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed) as usize
    }

    /// Notes how much is taken, with the lock.
    fn note_taken(&self, state: &mut State<M>, taken: usize) {
        self.store_taken(taken);
        self.set_limit(state, taken);
    }

    fn set_limit(&self, state: &mut State<M>, taken: usize) {
        let room = self.capacity().saturating_sub(taken);
        state.limit = if state.closed { 0 } else { room as u32 };
    }

    /// At most [`MAILBOX_LIMIT`] messages are ever taken, which fits.
    fn store_taken(&self, left: usize) {
        self.taken.store(left as u32, Ordering::Relaxed);
    }

    fn low_water(&self) -> usize {
        let capacity = self.capacity();
        capacity - (capacity / 4).max(1)
    }

    fn wake_senders(&self, mut state: MutexGuard<'_, State<M>>) {
        self.awaited.store(false, Ordering::Relaxed);
        let rare = state.rare.as_mut();
        let waiting = rare.map(|rare| std::mem::take(&mut rare.waiting));
        state.free_rare();
        drop(state);
        for (_, waker) in waiting.into_iter().flatten() {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<M>> {
        self.state.lock()
    }
}

impl<M> State<M> {
    fn rare(&mut self) -> &mut Rare<M> {
        self.rare.get_or_insert_with(|| {
            Box::new(Rare {
                waiting: BTreeMap::new(),
                suspect: None,
            })
        })
    }

    fn take_suspect(&mut self) -> Option<Suspect<M>> {
        let suspect = self.rare.as_mut()?.suspect.take();
        self.free_rare();
        suspect
    }

    fn free_rare(&mut self) {
        self.rare
            .take_if(|rare| rare.waiting.is_empty() && rare.suspect.is_none());
    }
}

impl<M> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

//! Flow control: waiting for room in mailboxes that an event crowded.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context as Task, Poll};

use futures_util::task::AtomicWaker;
use parking_lot::Mutex;

use crate::core::component::{Body, Cell, Command, Component};
use crate::core::id::ComponentId;
use crate::core::mailbox::{Room, RoomKey};
use crate::core::reply::{Blocker, Deadlock, Edge, Party, Run, Wait, find_deadlock};
use crate::core::route::{Hub, Rooms};

/// Waits for room in one mailbox; can be broken off, since the event that
/// crowded it is in there already.
pub(crate) struct RoomWait {
    room: Arc<dyn Room>,
    key: RoomKey,
    broken: AtomicBool,
    waker: AtomicWaker,
}

impl RoomWait {
    pub(crate) fn new(room: Arc<dyn Room>, hub: &Hub) -> Arc<Self> {
        // A component's id is never used again, so it makes a key as well.
        let key = hub.next_id().number();
        Arc::new(Self {
            room,
            key,
            broken: AtomicBool::new(false),
            waker: AtomicWaker::new(),
        })
    }

    pub(crate) fn poll(&self, task: &Task<'_>) -> Poll<()> {
        self.waker.register(task.waker());
        if self.broken.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        self.room.poll_room(self.key, task)
    }
}

impl Wait for RoomWait {
    fn blockers(&self, show: &mut dyn FnMut(Blocker)) {
        show(Blocker::whole(self.room.clone()));
    }

    fn is_yielding(&self) -> bool {
        true
    }

    fn break_off(&self, _deadlock: Deadlock) {
        self.broken.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

impl Drop for RoomWait {
    fn drop(&mut self) {
        self.room.forget(self.key);
    }
}

/// An edge that is withdrawn when the wait is over, however it ends.
pub(crate) struct Published {
    party: Arc<dyn Party>,
    wait: Arc<dyn Wait>,
}

impl Published {
    /// Publishes a wait of a handler and looks for a ring that it closes.
    pub(crate) fn new(
        party: Arc<dyn Party>,
        handler: &'static str,
        run: Run,
        wait: Arc<dyn Wait>,
    ) -> Self {
        party.edges().publish(Edge::new(handler, run, wait.clone()));
        let published = Self { party, wait };
        if !published.wait.is_free() {
            published.check(handler, run);
        }
        published
    }

    #[cold]
    fn check(&self, handler: &'static str, run: Run) {
        let edge = Edge::new(handler, run, self.wait.clone());
        if let Some(deadlock) = find_deadlock(&self.party, &edge) {
            self.wait.break_off(deadlock);
        }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.party.edges().withdraw(&self.wait);
    }
}

/// The full mailboxes that a component fired into without awaiting.
#[derive(Default)]
pub(crate) struct Debts {
    open: AtomicBool,
    rooms: Mutex<BTreeMap<ComponentId, Arc<dyn Room>>>,
    /// Debts that were dropped because the component's own mailbox was full.
    forgiven: AtomicU64,
}

impl Debts {
    pub(crate) fn are_open(&self) -> bool {
        self.open.load(Ordering::Acquire)
    }

    pub(crate) fn add(&self, rooms: Rooms) {
        let mut list = self.rooms.lock();
        let mut rooms = rooms;
        while let Some(room) = rooms.last() {
            list.insert(room.id(), room.clone());
            rooms.pop();
        }
        self.open.store(true, Ordering::Release);
    }

    pub(crate) fn forgive(&self) {
        let mut list = self.rooms.lock();
        self.forgiven
            .fetch_add(list.len() as u64, Ordering::Relaxed);
        list.clear();
        self.open.store(false, Ordering::Release);
    }

    fn take(&self) -> Option<Arc<dyn Room>> {
        let mut list = self.rooms.lock();
        let room = list.pop_last().map(|(_, room)| room);
        if room.is_none() {
            self.open.store(false, Ordering::Release);
        }
        room
    }
}

impl fmt::Debug for Debts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Debts(forgiven: {})",
            self.forgiven.load(Ordering::Relaxed)
        )
    }
}

/// Holds a component back until the mailboxes that it crowded have room, or
/// its own is full, or it is told to end.
pub(crate) async fn settle_debts<C: Component>(cell: &Arc<Cell<C>>, handler: &'static str) {
    while let Some(room) = cell.debts().and_then(Debts::take) {
        if room.id() == cell.id() {
            // Nobody but the component itself can make room in its mailbox.
            continue;
        }
        let wait = RoomWait::new(room, cell.hub());
        let _published = Published::new(cell.clone(), handler, Run::ALONE, wait.clone());
        let forgiven = poll_fn(|task| {
            if wait.poll(task).is_ready() {
                return Poll::Ready(false);
            }
            let told = cell.control().command() >= Command::Stop;
            if told || cell.mailbox().poll_full(task).is_ready() {
                return Poll::Ready(true);
            }
            Poll::Pending
        });
        if forgiven.await
            && let Some(debts) = cell.debts()
        {
            debts.forgive();
        }
    }
}

/// Waits for room in all mailboxes that one event crowded.
///
/// Boxed, since there is no such mailbox as a rule.
pub(crate) struct AwaitRooms(Box<Awaited>);

struct Awaited {
    rooms: Rooms,
    current: Option<(Arc<RoomWait>, Option<Published>)>,
}

impl AwaitRooms {
    #[cold]
    pub(crate) fn new(rooms: Rooms) -> Self {
        let current = None;
        Self(Box::new(Awaited { rooms, current }))
    }

    /// Returns the mailboxes that are still waited for.
    #[cold]
    pub(crate) fn into_rooms(self) -> Rooms {
        self.0.rooms
    }

    pub(crate) fn poll(
        &mut self,
        task: &Task<'_>,
        begin: impl Fn(&Arc<dyn Room>) -> Option<(Arc<RoomWait>, Option<Published>)>,
    ) -> Poll<()> {
        let Awaited { rooms, current } = &mut *self.0;
        while let Some(room) = rooms.last() {
            if current.is_none() {
                *current = begin(room);
            }
            if let Some((wait, _)) = current
                && wait.poll(task).is_pending()
            {
                return Poll::Pending;
            }
            *current = None;
            rooms.pop();
        }
        Poll::Ready(())
    }
}

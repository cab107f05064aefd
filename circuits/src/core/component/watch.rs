//! Who hears of the ends of a component's lives.
//!
//! ```text
//! watcher ── watching: id ─► (weak) target     to be withdrawn when its life ends
//! target  ── watched:  id ─► Watch ─► (weak) watcher, or who awaits the end
//! ```
//!
//! A watch is entered first, and then its target is looked at; an end is noted
//! first, and then the watches are looked at. So each watch is told exactly once:
//! by the end, or, where that came too early to see it, by who entered it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{Ordering, fence};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;

use crate::core::component::{Body, Cell, Component, Fate, link};
use crate::core::event::{AnyEvent, Down, End, Event, Name, Reason, Restarted};
use crate::core::id::Channels;
use crate::core::reply::{Notes, Stamp};
use crate::core::route::Hub;

/// Names a watch, and the system of who watches: one may watch a component of
/// another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct WatchId {
    /// The address of its hub, which is there as long as the watcher is.
    hub: usize,
    number: u64,
}

impl WatchId {
    pub(crate) fn new(hub: &Arc<Hub>) -> Self {
        Self {
            hub: Arc::as_ptr(hub).addr(),
            // A component's id is never used again, so it names a watch as well.
            number: hub.next_id().number(),
        }
    }
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number)
    }
}

/// Waits for the end of a component, or of one life.
pub(crate) struct Watch {
    /// The life whose end is waited for; `None` for the end for good.
    pub(crate) life: Option<u64>,
    pub(crate) listener: Listener,
}

/// Who waits for an end.
pub(crate) enum Listener {
    Monitor(Ear),
    Link(Ear),
    Future(oneshot::Sender<Down>),
}

/// One life of a component that hears of an end.
#[derive(Clone)]
pub(crate) struct Ear {
    pub(crate) watcher: Weak<dyn Body>,
    pub(crate) stamp: Arc<Stamp>,
}

/// A component as one that is watched and watches; part of [`Body`].
pub(crate) trait Watched {
    /// Its watches; made when first asked for.
    fn watches(&self) -> &Watches;
    /// The same for one who only looks; `None` where there never were any.
    fn open_watches(&self) -> Option<&Watches>;
    /// Tells whether the end of a life, or that for good, has been told.
    fn has_told(&self, life: Option<u64>) -> bool;
    fn hear_down(&self, stamp: &Arc<Stamp>, down: Down);
    fn hear_restarted(&self, stamp: &Arc<Stamp>, restarted: Restarted);
    /// Hears that a component has ended which it is linked with.
    fn hear_link(&self, stamp: &Arc<Stamp>, down: Down);
}

/// The watches of one component, both ways.
#[derive(Default)]
pub(crate) struct Watches {
    watched: Mutex<BTreeMap<WatchId, Watch>>,
    watching: Mutex<BTreeMap<WatchId, Weak<dyn Body>>>,
}

impl Watches {
    pub(crate) fn add(&self, id: WatchId, watch: Watch) {
        lock(&self.watched).insert(id, watch);
    }

    pub(crate) fn take(&self, id: WatchId) -> Option<Watch> {
        lock(&self.watched).remove(&id)
    }

    pub(crate) fn note(&self, id: WatchId, target: Weak<dyn Body>) {
        lock(&self.watching).insert(id, target);
    }

    pub(crate) fn unnote(&self, id: WatchId) {
        lock(&self.watching).remove(&id);
    }

    /// Withdraws the watches of a life that is over.
    pub(crate) fn withdraw(&self) {
        let watching = std::mem::take(&mut *lock(&self.watching));
        for (id, target) in watching {
            withdraw(&target, id);
        }
    }

    /// Tells of the end of a life.
    pub(crate) fn tell(&self, body: &dyn Body, life: u64, end: &End, fate: Fate) {
        let is_over = |watch: &Watch| match watch.life {
            Some(watched) => watched <= life,
            None => fate == Fate::Gone,
        };
        let mut watched = lock(&self.watched);
        let over: Vec<_> = watched.extract_if(.., |_, watch| is_over(watch)).collect();
        let staying: Vec<_> = watched.values().filter_map(Watch::monitor).collect();
        drop(watched);
        for (id, watch) in over {
            watch.tell(id, down(body, life, end.clone()));
        }
        if fate == Fate::Restarts {
            for ear in staying {
                if let Some(watcher) = ear.watcher.upgrade() {
                    let name = body.name().clone();
                    let restarted = Restarted::new(body.id(), name, life, end.clone());
                    watcher.hear_restarted(&ear.stamp, restarted);
                }
            }
        }
    }
}

impl Watch {
    /// The ear of a monitor that stays over restarts.
    fn monitor(&self) -> Option<Ear> {
        match (&self.listener, self.life) {
            (Listener::Monitor(ear), None) => Some(ear.clone()),
            _ => None,
        }
    }

    fn tell(self, id: WatchId, down: Down) {
        match self.listener {
            Listener::Future(reply) => drop(reply.send(down)),
            Listener::Monitor(ear) => {
                if let Some(watcher) = ear.watcher.upgrade() {
                    watcher.watches().unnote(id);
                    watcher.hear_down(&ear.stamp, down);
                }
            }
            Listener::Link(ear) => {
                if let Some(watcher) = ear.watcher.upgrade() {
                    // A link is entered on both sides.
                    watcher.watches().take(id);
                    watcher.hear_link(&ear.stamp, down);
                }
            }
        }
    }
}

/// Enters a watch; where its target has ended already, it is told at once.
pub(crate) fn enter(target: &Arc<dyn Body>, id: WatchId, watch: Watch) {
    let life = watch.life;
    let watches = target.watches();
    watches.add(id, watch);
    // Pairs with the fence in `tell_watchers`.
    fence(Ordering::SeqCst);
    if target.has_told(life)
        && let Some(watch) = watches.take(id)
    {
        let life = life.unwrap_or_else(|| target.life());
        watch.tell(id, down(&**target, life, End::Gone));
    }
}

/// Withdraws a watch, if its target is still there.
pub(crate) fn withdraw(target: &Weak<dyn Body>, id: WatchId) {
    if let Some(target) = target.upgrade()
        && let Some(watches) = target.open_watches()
    {
        drop(watches.take(id));
    }
}

/// Waits for the end of a component, or of one life of it.
pub(crate) async fn ended(target: Arc<dyn Body>, id: WatchId, life: Option<u64>) -> Down {
    let (reply, told) = oneshot::channel();
    let listener = Listener::Future(reply);
    enter(&target, id, Watch { life, listener });
    let waiting = Waiting { target, id };
    let down = told.await;
    down.unwrap_or_else(|_| self::down(&*waiting.target, waiting.target.life(), End::Gone))
}

/// Withdraws the watch of a future, however that ends.
struct Waiting {
    target: Arc<dyn Body>,
    id: WatchId,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.target.watches().take(self.id));
    }
}

fn down(body: &dyn Body, life: u64, end: End) -> Down {
    Down::new(body.id(), body.name().clone(), life, end)
}

impl<C: Component> Watched for Cell<C> {
    fn watches(&self) -> &Watches {
        self.all_watches()
    }

    fn open_watches(&self) -> Option<&Watches> {
        self.made_watches()
    }

    fn has_told(&self, life: Option<u64>) -> bool {
        self.was_told(life)
    }

    /// A watch that is over is told whatever room there is: it has one notice,
    /// so that watches bound their number.
    fn hear_down(&self, stamp: &Arc<Stamp>, down: Down) {
        let down = Arc::new(down);
        let messages = self.notices(&down, stamp, true);
        if messages.is_empty() {
            let event = || AnyEvent::new(down, Channels::None);
            let name = Name::literal(Down::NAME);
            let hub = self.hub();
            return hub.dead_letter(None, name, Reason::NoHandler, event);
        }
        for message in messages {
            // A closed mailbox belongs to a life that has ended, or is about to
            // end: so do its watches, in silence.
            drop(self.mailbox().push_owed(message));
        }
    }

    fn hear_restarted(&self, stamp: &Arc<Stamp>, restarted: Restarted) {
        for message in self.notices(&Arc::new(restarted), stamp, false) {
            self.push(message, 0);
        }
    }

    fn hear_link(&self, stamp: &Arc<Stamp>, down: Down) {
        link::hear(self, stamp, down);
    }
}

impl<C: Component> Cell<C> {
    /// Makes the messages of a notice, one for each handler.
    fn notices<E: Event>(&self, event: &Arc<E>, stamp: &Arc<Stamp>, owed: bool) -> Vec<C::Message> {
        let notes = Notes {
            stamp: Some(stamp.clone()),
            owed,
            ..Notes::default()
        };
        self.recorded(event, notes)
    }
}

fn lock<T>(list: &Mutex<BTreeMap<WatchId, T>>) -> MutexGuard<'_, BTreeMap<WatchId, T>> {
    list.lock()
}

/// Says whose notices one life of a component gets.
pub(crate) fn ear<C: Component>(cell: &Arc<Cell<C>>, stamp: &Arc<Stamp>) -> Ear {
    let watcher: Arc<dyn Body> = cell.clone();
    Ear {
        watcher: Arc::downgrade(&watcher),
        stamp: stamp.clone(),
    }
}

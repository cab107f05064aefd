//! The subscriptions to one type of event, and the routes made of them.

use std::any::Any;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;

use crate::core::event::Event;
use crate::core::id::{Channel, ComponentId};
use crate::core::route::recent::{Recent, Share};
use crate::core::route::{Accept, AcceptAny, AcceptNotice, Hop, Rooms, Route, To};
use crate::core::runtime::{SeededHash, sort_by_rank};

/// Names one subscription; they sort in the order of registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SubscriptionId(u64);

impl SubscriptionId {
    /// A system would have to make a billion components a second for three
    /// days before the number of one did not fit beside that of a handler.
    pub(crate) fn new(component: ComponentId, handler: u16) -> Self {
        Self((component.number() << u16::BITS) | u64::from(handler))
    }

    fn handler(self) -> u16 {
        (self.0 & u64::from(u16::MAX)) as u16
    }
}

/// One handler that listens.
pub(crate) struct Subscription<T: ?Sized> {
    pub(crate) target: Arc<T>,
    pub(crate) priority: f64,
}

/// Handlers by the channel that they listen on; `*` is a channel like others here.
pub(crate) struct Subscriptions<T: ?Sized> {
    by_channel: HashMap<Channel, Listeners<T>, SeededHash>,
}

/// The handlers on one channel, by id. One that leaves only marks its place,
/// so that a hundred thousand can leave one by one, in whatever order.
struct Listeners<T: ?Sized> {
    entries: SmallVec<[(SubscriptionId, Option<Subscription<T>>); 1]>,
    left: usize,
}

impl<T: ?Sized> Listeners<T> {
    fn new() -> Self {
        Self {
            entries: SmallVec::new(),
            left: 0,
        }
    }

    fn add(&mut self, id: SubscriptionId, entry: Subscription<T>) {
        match self.entries.last() {
            Some((last, _)) if *last >= id => {
                match self.entries.binary_search_by_key(&id, |(id, _)| *id) {
                    Ok(at) => {
                        let place = &mut self.entries[at].1;
                        self.left -= usize::from(place.is_none());
                        *place = Some(entry);
                    }
                    Err(at) => self.entries.insert(at, (id, Some(entry))),
                }
            }
            _ => {
                // A list of a hundred thousand shall not be half empty.
                if self.entries.len() == self.entries.capacity() {
                    self.entries.reserve_exact(1 + self.entries.len() / 8);
                }
                self.entries.push((id, Some(entry)));
            }
        }
    }

    fn remove(&mut self, id: SubscriptionId) {
        let Ok(at) = self.entries.binary_search_by_key(&id, |(id, _)| *id) else {
            return;
        };
        if self.entries[at].1.take().is_some() {
            self.left += 1;
        }
        if self.left * 2 > self.entries.len() {
            self.entries.retain(|(_, entry)| entry.is_some());
            if self.entries.len() * 4 < self.entries.capacity() {
                self.entries.shrink_to_fit();
            }
            self.left = 0;
        }
    }

    fn is_empty(&self) -> bool {
        self.left == self.entries.len()
    }
}

impl<T: ?Sized> Subscriptions<T> {
    pub(crate) fn new() -> Self {
        Self {
            by_channel: HashMap::default(),
        }
    }

    pub(crate) fn add(&mut self, channel: Channel, id: SubscriptionId, entry: Subscription<T>) {
        self.by_channel
            .entry(channel)
            .or_insert_with(Listeners::new)
            .add(id, entry);
    }

    pub(crate) fn remove(&mut self, channel: &Channel, id: SubscriptionId) {
        if let Entry::Occupied(mut entry) = self.by_channel.entry(channel.clone()) {
            entry.get_mut().remove(id);
            if entry.get().is_empty() {
                entry.remove();
            }
        }
    }

    pub(crate) fn has(&self, channel: &str) -> bool {
        self.by_channel.contains_key(channel)
    }

    /// Calls `found` once with everyone who hears an event that is fired on channels.
    fn each_heard_on(
        &self,
        channels: &[&str],
        mut found: impl FnMut(SubscriptionId, &Subscription<T>),
    ) {
        let mut visit = |list: &Listeners<T>| {
            for (id, entry) in &list.entries {
                if let Some(entry) = entry {
                    found(*id, entry);
                }
            }
        };
        if channels.contains(&"*") {
            self.by_channel.values().for_each(visit);
            return;
        }
        for (at, channel) in channels.iter().enumerate() {
            if !channels[..at].contains(channel) {
                self.by_channel.get(*channel).map(&mut visit);
            }
        }
        self.by_channel.get("*").map(&mut visit);
    }
}

/// Handlers that do not name a type: by event name.
pub(crate) struct Untyped {
    pub(crate) notices: HashMap<&'static str, Subscriptions<dyn AcceptNotice>>,
    /// Under `*`: handlers of every event.
    pub(crate) any: HashMap<&'static str, Subscriptions<dyn AcceptAny>>,
}

impl Untyped {
    fn names_channel(&self, event: &str, channel: &str) -> bool {
        self.notices
            .get(event)
            .is_some_and(|list| list.has(channel))
            || self.any.get(event).is_some_and(|list| list.has(channel))
            || self.any.get("*").is_some_and(|list| list.has(channel))
    }
}

/// Everything about one type of event.
///
/// `routes` holds a route for each channel that a handler names and that was
/// fired on since its handlers last changed. It is read without a lock and
/// filled under the lock of the subscriptions, so a route never outlives a
/// change unnoticed.
pub(crate) struct Table<E: Event> {
    state: Mutex<State<E>>,
    routes: papaya::HashMap<Channel, Arc<Route<E>>, SeededHash>,
    recent: Recent<E>,
    /// Whether there are subscriptions, to be asked without the lock.
    has_listeners: AtomicBool,
}

struct State<E: Event> {
    subscriptions: Subscriptions<dyn Accept<E>>,
    /// The one route of all channels that nobody names. It is found under the
    /// lock: only the subscriptions can tell that nobody does, and to remember
    /// each such name would let whoever makes up names fill the memory.
    others: Option<Arc<Route<E>>>,
    /// How many routes are known of channels that somebody names.
    known: usize,
}

impl<E: Event> Table<E> {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                subscriptions: Subscriptions::new(),
                others: None,
                known: 0,
            }),
            routes: papaya::HashMap::with_hasher(SeededHash::default()),
            recent: Recent::new(),
            has_listeners: AtomicBool::new(false),
        }
    }

    /// Tells whether a handler names this type, on whatever channel.
    pub(crate) fn has_listeners(&self) -> bool {
        self.has_listeners.load(Ordering::SeqCst)
    }

    pub(crate) fn add(
        &self,
        channel: Channel,
        id: SubscriptionId,
        entry: Subscription<dyn Accept<E>>,
    ) {
        let mut state = self.lock();
        state.subscriptions.add(channel.clone(), id, entry);
        self.has_listeners.store(true, Ordering::SeqCst);
        self.forget_routes(state, channel.as_str());
    }

    pub(crate) fn remove(&self, channel: &Channel, id: SubscriptionId) {
        let mut state = self.lock();
        state.subscriptions.remove(channel, id);
        if state.subscriptions.by_channel.is_empty() {
            self.has_listeners.store(false, Ordering::SeqCst);
        }
        self.forget_routes(state, channel.as_str());
    }

    /// Runs `send` with the route for a channel, made if it is not known.
    ///
    /// The closures stay where they are: a call's is large, and moving it costs.
    #[inline]
    pub(crate) fn with_route<T>(
        &self,
        channel: &str,
        make: impl FnOnce() -> Arc<Route<E>>,
        send: impl FnOnce(&Arc<Route<E>>) -> T,
    ) -> T {
        match self.find(channel) {
            Some(share) => send(&share.0),
            None => send(&make()),
        }
    }

    /// Sends an event along a route that is known already, if its receivers
    /// need no record of it; else gives it back.
    #[inline]
    pub(crate) fn send_plain(&self, channel: &str, event: E, priority: i32) -> Result<Rooms, E> {
        match self.find(channel) {
            Some(share) => share.0.send_plain(event, priority),
            None => Err(event),
        }
    }

    /// Finds a route that is known already.
    #[inline]
    pub(crate) fn find(&self, channel: &str) -> Option<Arc<Share<E>>> {
        self.recent
            .find(channel, || self.routes.pin().get(channel).cloned())
    }

    /// Makes the route for a channel; the caller holds the lock on `untyped`.
    pub(crate) fn make_route(&self, channel: &str, untyped: &Untyped) -> Arc<Route<E>> {
        let mut state = self.lock();
        let named = channel == "*"
            || state.subscriptions.has(channel)
            || untyped.names_channel(E::NAME, channel);
        if !named && let Some(route) = &state.others {
            return route.clone();
        }
        let route = Arc::new(state.route(None, &[channel], untyped));
        match Channel::new(channel) {
            Ok(channel) if named => {
                let former = self.routes.pin().insert(channel, route.clone()).cloned();
                state.known += usize::from(former.is_none());
            }
            _ => state.others = Some(route.clone()),
        }
        route
    }

    /// Makes the route for several channels, or for an event with a name of its
    /// own; nothing remembers it.
    pub(crate) fn make_single_use(
        &self,
        name: Option<&str>,
        channels: &[&str],
        untyped: &Untyped,
    ) -> Route<E> {
        self.lock().route(name, channels, untyped)
    }

    fn forget_routes(&self, mut state: MutexGuard<'_, State<E>>, channel: &str) {
        let is_known = channel == "*" && state.others.is_some();
        if state.known == 0 && self.recent.is_unused() && !is_known {
            // As long as components only come, or only go.
            return;
        }
        let routes = self.routes.pin();
        let mut others = None;
        if channel == "*" {
            routes.clear();
            state.known = 0;
            others = state.others.take();
        } else {
            let forgotten = [channel, "*"].map(|channel| routes.remove(channel).is_some());
            state.known -= forgotten.into_iter().filter(|it| *it).count();
        }
        // The last share of a handler may go with a route: not under the lock.
        drop(state);
        drop(others);
        // After they have left the map, so that none is remembered once more.
        self.recent.forget();
    }

    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock()
    }
}

impl<E: Event> State<E> {
    /// Puts together who hears an event that is fired on channels, with a name of
    /// its own or that of its type.
    fn route(&self, name: Option<&str>, channels: &[&str], untyped: &Untyped) -> Route<E> {
        let mut hops = Vec::new();
        collect(&mut hops, &self.subscriptions, channels, To::Typed);
        if let Some(name) = name {
            hops.retain(|(_, _, hop)| hop.hears(name));
        }
        let name = name.unwrap_or(E::NAME);
        if let Some(list) = untyped.notices.get(name) {
            collect(&mut hops, list, channels, To::Notice);
        }
        for name in [name, "*"] {
            if let Some(list) = untyped.any.get(name) {
                collect(&mut hops, list, channels, To::Any);
            }
        }
        sort_by_rank(&mut hops, |(id, _, _)| id.0);
        let hops = hops.into_iter().map(|(_, priority, hop)| (priority, hop));
        Route::new(hops.collect())
    }
}

type Found<E> = (SubscriptionId, f64, Hop<E>);

fn collect<E: Event, T: ?Sized>(
    hops: &mut Vec<Found<E>>,
    list: &Subscriptions<T>,
    channels: &[&str],
    to: impl Fn(Arc<T>) -> To<E>,
) {
    list.each_heard_on(channels, |id, entry| {
        let hop = Hop {
            to: to(entry.target.clone()),
            handler: id.handler(),
        };
        hops.push((id, entry.priority, hop));
    });
}

/// A table whose event type is not known.
pub(crate) trait AnyTable: Any + Send + Sync {
    fn event_name(&self) -> &'static str;
    /// Forgets the routes that a change on a channel may touch.
    fn forget(&self, channel: &str);
}

impl<E: Event> AnyTable for Table<E> {
    fn event_name(&self) -> &'static str {
        E::NAME
    }

    fn forget(&self, channel: &str) {
        self.forget_routes(self.lock(), channel);
    }
}

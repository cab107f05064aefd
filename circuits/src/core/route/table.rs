//! The subscriptions to one type of event, and the routes made of them.

use std::any::Any;
use std::collections::HashMap;
use std::iter::successors;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::Event;
use crate::core::id::Channel;
use crate::core::route::listeners::{ByChannel, Listeners, SubscriptionId};
use crate::core::route::recent::Recent;
use crate::core::route::roster::{Enlisted, Roster};
use crate::core::route::{Accept, AcceptAny, AcceptNotice, Hop, Rooms, Route, Terms, To};
use crate::core::runtime::{SeededHash, sort_by_rank};

/// One handler that listens.
pub(crate) struct Subscription<T: ?Sized> {
    pub(crate) target: Arc<T>,
    pub(crate) priority: f64,
}

/// Handlers by the channel that they listen on.
pub(crate) struct Subscriptions<T: ?Sized> {
    by_channel: ByChannel<Listeners<Subscription<T>>>,
}

impl<T: ?Sized> Subscriptions<T> {
    pub(crate) fn new() -> Self {
        Self {
            by_channel: ByChannel::new(),
        }
    }

    pub(crate) fn add(&mut self, channel: &Channel, id: SubscriptionId, entry: Subscription<T>) {
        self.by_channel
            .get_or_insert_with(channel, Listeners::new)
            .add(id, entry);
    }

    pub(crate) fn remove(&mut self, channel: &Channel, id: SubscriptionId) {
        if let Some(list) = self.by_channel.get_mut(channel.as_str()) {
            list.remove(id);
            if list.is_empty() {
                self.by_channel.remove(channel.as_str());
            }
        }
    }

    fn has(&self, channel: &str) -> bool {
        self.by_channel.get(channel).is_some()
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
    /// The types of components that hear the event on their own channels; only
    /// grows, under the lock, and is read without it.
    listed: Link<E>,
    /// Whether there are subscriptions, to be asked without the lock.
    has_subscriptions: AtomicBool,
}

type Link<E> = OnceLock<Box<Listed<E>>>;

/// A type of components, and one of its handlers of the event.
pub(crate) struct Listed<E: Event> {
    roster: Arc<Roster>,
    handler: u16,
    priority: f64,
    target: Target<E>,
    next: Link<E>,
}

/// Makes a receiver of one of the components, if it is of the type.
type Target<E> = fn(&Enlisted) -> Option<Arc<dyn Accept<E>>>;

impl<E: Event> Listed<E> {
    pub(crate) fn new(roster: Arc<Roster>, handler: u16, priority: f64, target: Target<E>) -> Self {
        Self {
            roster,
            handler,
            priority,
            target,
            next: OnceLock::new(),
        }
    }

    fn collect(&self, hops: &mut Vec<Found<E>>, channels: &[&str]) {
        let handler = self.handler;
        self.roster.each_heard_on(channels, |id, member| {
            if let Some(target) = (self.target)(member) {
                let to = To::Typed(target);
                let id = id.with_handler(handler);
                hops.push((id, self.priority, Hop { to, handler }));
            }
        });
    }
}

struct State<E: Event> {
    /// Handlers that are not among those of a type.
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
            listed: OnceLock::new(),
            has_subscriptions: AtomicBool::new(false),
        }
    }

    /// Tells whether a handler names this type, on whatever channel.
    pub(crate) fn has_listeners(&self) -> bool {
        self.has_subscriptions.load(Ordering::SeqCst)
            || self.listed().any(|listed| listed.roster.is_occupied())
    }

    /// Lists a type of components, of which none is in its roster yet.
    pub(crate) fn list(&self, listed: Listed<E>) {
        let state = self.lock();
        if state.known > 0 || !self.recent.is_unused() {
            listed.roster.note_some_routes();
        }
        let mut link = &self.listed;
        while let Some(next) = link.get() {
            link = &next.next;
        }
        link.get_or_init(|| Box::new(listed));
    }

    fn listed(&self) -> impl Iterator<Item = &Listed<E>> {
        successors(self.listed.get(), |listed| listed.next.get()).map(Box::as_ref)
    }

    pub(crate) fn add(
        &self,
        channel: &Channel,
        id: SubscriptionId,
        entry: Subscription<dyn Accept<E>>,
    ) {
        let mut state = self.lock();
        state.subscriptions.add(channel, id, entry);
        self.has_subscriptions.store(true, Ordering::SeqCst);
        self.forget_routes(state, channel.as_str());
    }

    pub(crate) fn remove(&self, channel: &Channel, id: SubscriptionId) {
        let mut state = self.lock();
        state.subscriptions.remove(channel, id);
        if state.subscriptions.by_channel.is_empty() {
            self.has_subscriptions.store(false, Ordering::SeqCst);
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
        match self.with_known(channel, |route| route.cloned()) {
            Some(route) => send(&route),
            None => send(&make()),
        }
    }

    /// Sends an event along a route that is known already, if its receivers
    /// need no record of it; else gives it back.
    #[inline]
    pub(crate) fn send_plain(&self, channel: &str, event: E, terms: Terms) -> Result<Rooms, E> {
        self.with_known(channel, |route| match route {
            Some(route) => route.send_plain(event, terms),
            None => Err(event),
        })
    }

    /// Runs `send` with the route for a channel, if it is known already. It may be
    /// locked meanwhile, for whoever does not wait for it.
    #[inline]
    pub(crate) fn with_known<T>(
        &self,
        channel: &str,
        send: impl FnOnce(Option<&Arc<Route<E>>>) -> T,
    ) -> T {
        let find = || self.routes.pin().get(channel).cloned();
        self.recent.with(channel, find, send)
    }

    /// Makes the route for a channel; the caller holds the lock on `untyped`.
    pub(crate) fn make_route(&self, channel: &str, untyped: &Untyped) -> Arc<Route<E>> {
        let mut state = self.lock();
        let mut named = channel == "*"
            || state.subscriptions.has(channel)
            || untyped.names_channel(E::NAME, channel);
        for listed in self.listed() {
            named |= listed.roster.names_channel(channel);
        }
        if !named {
            // Others may come to the channel meanwhile, to which it does not lead.
            let make = || Arc::new(self.route(&state.subscriptions, None, &[], untyped));
            let route = state.others.clone().unwrap_or_else(make);
            state.others = Some(route.clone());
            return route;
        }
        // Before they are read: a change from now on waits for the lock.
        self.listed()
            .for_each(|listed| listed.roster.note_route(channel));
        let route = Arc::new(self.route(&state.subscriptions, None, &[channel], untyped));
        if let Ok(channel) = Channel::new(channel) {
            let former = self.routes.pin().insert(channel, route.clone()).cloned();
            state.known += usize::from(former.is_none());
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
        self.route(&self.lock().subscriptions, name, channels, untyped)
    }

    /// Puts together who hears an event that is fired on channels, with a name of
    /// its own or that of its type.
    fn route(
        &self,
        subscriptions: &Subscriptions<dyn Accept<E>>,
        name: Option<&str>,
        channels: &[&str],
        untyped: &Untyped,
    ) -> Route<E> {
        let mut hops = Vec::new();
        self.listed()
            .for_each(|listed| listed.collect(&mut hops, channels));
        collect(&mut hops, subscriptions, channels, To::Typed);
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
        sort_by_rank(&mut hops, |(id, _, _)| id.rank());
        let hops = hops.into_iter().map(|(_, priority, hop)| (priority, hop));
        Route::new(hops.collect())
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

type Found<E> = (SubscriptionId, f64, Hop<E>);

fn collect<E: Event, T: ?Sized>(
    hops: &mut Vec<Found<E>>,
    list: &Subscriptions<T>,
    channels: &[&str],
    to: impl Fn(Arc<T>) -> To<E>,
) {
    list.by_channel.each_heard_on(channels, |list| {
        list.each(|id, entry| {
            let hop = Hop {
                to: to(entry.target.clone()),
                handler: id.handler(),
            };
            hops.push((id, entry.priority, hop));
        });
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

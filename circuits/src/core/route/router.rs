//! Finds the route of an event.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context as Task;

use parking_lot::{Mutex, MutexGuard};

use crate::core::event::Event;
use crate::core::id::{Channel, ComponentId};
use crate::core::reply::ReplySlot;
use crate::core::route::roster::{Enlisted, Roster, Touched};
use crate::core::route::table::{AnyTable, Listed, Subscription, Subscriptions, Table, Untyped};
use crate::core::route::types::TypeMap;
use crate::core::route::{Accept, AcceptAny, AcceptNotice, Rooms, Route, SubscriptionId, Terms};

/// The routing tables of one system, one for each type of event that it has
/// seen; read without a lock.
pub(crate) struct Router {
    tables: TypeMap<Box<dyn AnyTable>>,
    /// The components that are in them, by type.
    rosters: TypeMap<Arc<Roster>>,
    /// Taken before the lock of a table wherever both are needed.
    untyped: Mutex<Untyped>,
    /// Whether there was ever a handler that names no type.
    has_untyped: AtomicBool,
}

impl Router {
    pub(crate) fn new() -> Self {
        Self {
            tables: TypeMap::new(),
            rosters: TypeMap::new(),
            untyped: Mutex::new(Untyped {
                notices: HashMap::new(),
                any: HashMap::new(),
            }),
            has_untyped: AtomicBool::new(false),
        }
    }

    /// Tells whether any handler may hear an event, on whatever channel.
    pub(crate) fn may_hear<E: Event>(&self) -> bool {
        self.has_untyped.load(Ordering::SeqCst) || self.table::<E>().has_listeners()
    }

    /// Runs `send` with the route of an event on a channel.
    pub(crate) fn with_route<E: Event, T>(
        &self,
        channel: &str,
        send: impl FnOnce(&Arc<Route<E>>) -> T,
    ) -> T {
        let table = self.table::<E>();
        table.with_route(channel, || table.make_route(channel, &self.lock()), send)
    }

    /// Makes the route of an event that is fired on several channels at once, or
    /// has a name of its own.
    pub(crate) fn single_use_route<E: Event>(
        &self,
        name: Option<&str>,
        channels: &[&str],
    ) -> Arc<Route<E>> {
        let table = self.table::<E>();
        Arc::new(table.make_single_use(name, channels, &self.lock()))
    }

    /// Sends an event along a route that is known already, if its receivers
    /// need no record of it; else gives it back.
    pub(crate) fn send_plain<E: Event>(
        &self,
        channel: &str,
        event: E,
        terms: Terms,
    ) -> Result<Rooms, E> {
        if event.own_name().is_some() {
            return Err(event);
        }
        self.table::<E>().send_plain(channel, event, terms)
    }

    /// Calls the only handler on a route that is known already, if that needs no
    /// other record than a place for the reply; else gives the event back.
    pub(crate) fn call_plain<E: Event>(
        &self,
        channel: &str,
        event: E,
        priority: i32,
        in_handler: bool,
        task: &Task<'_>,
    ) -> Result<Arc<ReplySlot<E::Reply>>, E> {
        if event.own_name().is_some() {
            return Err(event);
        }
        self.table::<E>().with_known(channel, |route| match route {
            Some(route) => route.call_plain(event, priority, in_handler, task),
            None => Err(event),
        })
    }

    /// Returns the roster of a type of components; `make` lists it in the tables
    /// of its events.
    #[inline]
    pub(crate) fn roster(&self, component: TypeId, make: impl Fn() -> Arc<Roster>) -> &Arc<Roster> {
        match self.rosters.get(component) {
            Some(roster) => roster,
            None => self.rosters.get_or_insert(component, make),
        }
    }

    pub(crate) fn list<E: Event>(&self, listed: Listed<E>) {
        self.table::<E>().list(listed);
    }

    /// Puts a component into the routes.
    pub(crate) fn enter(
        &self,
        roster: &Roster,
        channel: &Channel,
        id: ComponentId,
        member: Enlisted,
    ) {
        if let Some(touched) = roster.add(channel, id, member) {
            self.forget_touched(roster, channel, touched);
        }
    }

    /// Takes a component out of the routes.
    pub(crate) fn leave(&self, roster: &Roster, channel: &Channel, id: ComponentId) {
        if let Some(touched) = roster.remove(channel, id) {
            self.forget_touched(roster, channel, touched);
        }
    }

    #[inline(never)]
    fn forget_touched(&self, roster: &Roster, channel: &Channel, touched: Touched) {
        for table in roster.events().iter().filter_map(|it| self.tables.get(*it)) {
            table.forget(channel.as_str());
        }
        roster.settle(channel, touched);
    }

    pub(crate) fn subscribe<E: Event>(
        &self,
        channel: &Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn Accept<E>>,
    ) {
        self.table::<E>()
            .add(channel, id, Subscription { target, priority });
    }

    pub(crate) fn unsubscribe<E: Event>(&self, channel: &Channel, id: SubscriptionId) {
        self.table::<E>().remove(channel, id);
    }

    pub(crate) fn subscribe_notice(
        &self,
        name: &'static str,
        channel: &Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn AcceptNotice>,
    ) {
        self.has_untyped.store(true, Ordering::SeqCst);
        let mut untyped = self.lock();
        let list = untyped
            .notices
            .entry(name)
            .or_insert_with(Subscriptions::new);
        list.add(channel, id, Subscription { target, priority });
        self.forget(name, channel.as_str());
    }

    pub(crate) fn unsubscribe_notice(
        &self,
        name: &'static str,
        channel: &Channel,
        id: SubscriptionId,
    ) {
        let mut untyped = self.lock();
        if let Some(list) = untyped.notices.get_mut(name) {
            list.remove(channel, id);
        }
        self.forget(name, channel.as_str());
    }

    pub(crate) fn subscribe_any(
        &self,
        name: &'static str,
        channel: &Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn AcceptAny>,
    ) {
        self.has_untyped.store(true, Ordering::SeqCst);
        let mut untyped = self.lock();
        let list = untyped.any.entry(name).or_insert_with(Subscriptions::new);
        list.add(channel, id, Subscription { target, priority });
        self.forget(name, channel.as_str());
    }

    pub(crate) fn unsubscribe_any(
        &self,
        name: &'static str,
        channel: &Channel,
        id: SubscriptionId,
    ) {
        let mut untyped = self.lock();
        if let Some(list) = untyped.any.get_mut(name) {
            list.remove(channel, id);
        }
        self.forget(name, channel.as_str());
    }

    /// Forgets routes after a change of untyped handlers, under their lock.
    fn forget(&self, name: &str, channel: &str) {
        self.tables.for_each(|table| {
            if name == "*" || table.event_name() == name {
                table.forget(channel);
            }
        });
    }

    /// Returns the table of an event type. One that is new holds no route yet,
    /// so a change that does not see it has nothing to forget in it.
    #[inline]
    fn table<E: Event>(&self) -> &Table<E> {
        let key = TypeId::of::<E>();
        match self.tables.find(key, |table| as_table::<E>(&**table)) {
            Some(table) => table,
            None => self.make_table::<E>(key),
        }
    }

    #[cold]
    fn make_table<E: Event>(&self, key: TypeId) -> &Table<E> {
        let make = || -> Box<dyn AnyTable> { Box::new(Table::<E>::new()) };
        as_table(&**self.tables.get_or_insert(key, make))
            .expect("a table is filed under its own type")
    }

    fn lock(&self) -> MutexGuard<'_, Untyped> {
        self.untyped.lock()
    }
}

#[inline]
fn as_table<E: Event>(table: &dyn AnyTable) -> Option<&Table<E>> {
    let table: &dyn Any = table;
    table.downcast_ref()
}

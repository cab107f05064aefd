//! Finds the route of an event.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use crate::core::event::Event;
use crate::core::id::Channel;
use crate::core::route::table::{AnyTable, Subscription, Subscriptions, Table, Untyped};
use crate::core::route::{Accept, AcceptAny, AcceptNotice, Route, SubscriptionId};

type Tables = HashMap<TypeId, Arc<dyn AnyTable>>;

/// The routing tables of one system: a snapshot, swapped when an event type is
/// seen for the first time, and read without a lock.
pub(crate) struct Router {
    tables: ArcSwap<Tables>,
    /// Taken before the lock of a table wherever both are needed.
    untyped: Mutex<Untyped>,
}

impl Router {
    pub(crate) fn new() -> Self {
        Self {
            tables: ArcSwap::default(),
            untyped: Mutex::new(Untyped {
                notices: HashMap::new(),
                any: HashMap::new(),
            }),
        }
    }

    /// Runs `send` with the route of an event on a channel.
    pub(crate) fn with_route<E: Event, T>(
        &self,
        channel: &str,
        send: impl FnOnce(&Arc<Route<E>>) -> T,
    ) -> T {
        let tables = self.tables.load();
        let Some(table) = typed::<E>(&tables) else {
            let table = self.make_table::<E>();
            return self.with_new_route(&table, channel, send);
        };
        match table.with_route(channel, send) {
            Ok(done) => done,
            Err(send) => self.with_new_route(table, channel, send),
        }
    }

    pub(crate) fn subscribe<E: Event>(
        &self,
        channel: Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn Accept<E>>,
    ) {
        self.table::<E>()
            .add(channel, id, Subscription { target, priority });
    }

    pub(crate) fn unsubscribe<E: Event>(&self, channel: &str, id: SubscriptionId) {
        self.table::<E>().remove(channel, id);
    }

    pub(crate) fn subscribe_notice(
        &self,
        name: &'static str,
        channel: Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn AcceptNotice>,
    ) {
        let mut untyped = self.lock();
        let list = untyped
            .notices
            .entry(name)
            .or_insert_with(Subscriptions::new);
        list.add(channel.clone(), id, Subscription { target, priority });
        self.forget(name, channel.as_str());
    }

    pub(crate) fn unsubscribe_notice(&self, name: &'static str, channel: &str, id: SubscriptionId) {
        let mut untyped = self.lock();
        if let Some(list) = untyped.notices.get_mut(name) {
            list.remove(channel, id);
        }
        self.forget(name, channel);
    }

    pub(crate) fn subscribe_any(
        &self,
        name: &'static str,
        channel: Channel,
        id: SubscriptionId,
        priority: f64,
        target: Arc<dyn AcceptAny>,
    ) {
        let mut untyped = self.lock();
        let list = untyped.any.entry(name).or_insert_with(Subscriptions::new);
        list.add(channel.clone(), id, Subscription { target, priority });
        self.forget(name, channel.as_str());
    }

    pub(crate) fn unsubscribe_any(&self, name: &'static str, channel: &str, id: SubscriptionId) {
        let mut untyped = self.lock();
        if let Some(list) = untyped.any.get_mut(name) {
            list.remove(channel, id);
        }
        self.forget(name, channel);
    }

    fn with_new_route<E: Event, T>(
        &self,
        table: &Table<E>,
        channel: &str,
        send: impl FnOnce(&Arc<Route<E>>) -> T,
    ) -> T {
        let route = table.make_route(channel, &self.lock());
        send(&route)
    }

    /// Forgets routes after a change of untyped handlers, under their lock.
    fn forget(&self, name: &str, channel: &str) {
        for table in self.tables.load().values() {
            if name == "*" || table.event_name() == name {
                table.forget(channel);
            }
        }
    }

    fn table<E: Event>(&self) -> Arc<Table<E>> {
        match shared::<E>(&self.tables.load()) {
            Some(table) => table,
            None => self.make_table::<E>(),
        }
    }

    fn make_table<E: Event>(&self) -> Arc<Table<E>> {
        // The lock keeps two first uses of one type from making two tables.
        let _untyped = self.lock();
        if let Some(table) = shared::<E>(&self.tables.load()) {
            return table;
        }
        let table = Arc::new(Table::<E>::new());
        let mut tables = Tables::clone(&self.tables.load());
        tables.insert(TypeId::of::<E>(), table.clone());
        self.tables.store(Arc::new(tables));
        table
    }

    fn lock(&self) -> MutexGuard<'_, Untyped> {
        self.untyped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn typed<E: Event>(tables: &Tables) -> Option<&Table<E>> {
    let table: &dyn Any = &**tables.get(&TypeId::of::<E>())?;
    table.downcast_ref()
}

fn shared<E: Event>(tables: &Tables) -> Option<Arc<Table<E>>> {
    let table: Arc<dyn Any + Send + Sync> = tables.get(&TypeId::of::<E>())?.clone();
    table.downcast().ok()
}

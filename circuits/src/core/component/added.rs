//! Handlers that are added and removed while the component runs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use parking_lot::{Mutex, MutexGuard};

use crate::core::component::{
    Body, Cell, Component, Context, Handler, HandlerInfo, Handles, discard,
};
use crate::core::event::{AnyEvent, Error, Event};
use crate::core::id::{Channel, ChannelError, ComponentId};
use crate::core::mailbox::{Room, RoomKey};
use crate::core::reply::{Answer, Edges, Envelope, Letter, Party, Sealed};
use crate::core::route::{Accept, Accepted, Hub, Listen, SubscriptionId};

/// Names a handler that was added while the component runs; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandlerId {
    number: u16,
    serial: u64,
}

/// Why a handler could not be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandlerError {
    /// The channel's name is empty or too long.
    #[error("the handler cannot listen on this channel")]
    BadChannel(#[source] ChannelError),
    /// The component has 65,536 handlers, those of its type among them.
    #[error("a component has at most 65,536 handlers at a time; remove one first")]
    TooMany,
}

/// A message for a handler that was added while the component runs.
///
/// Every message type has a variant for it.
pub struct Added<C: Component>(Box<dyn Job<C>>);

impl<C: Component> Added<C> {
    /// Runs the handler.
    ///
    /// # Errors
    /// Returns the error that the handler failed with, for the component to report.
    pub fn run(&self, this: &mut C, cx: &Context<C>) -> Result<(), Error> {
        self.0.run(this, cx)
    }

    /// Returns the name of the handler: that of its event.
    pub fn handler(&self) -> &'static str {
        self.0.name()
    }

    /// Borrows the envelope.
    pub fn letter(&self) -> &dyn Letter {
        self.0.letter()
    }

    /// Splits off a share of the event; `wrap` takes the rest.
    pub fn share<M>(self, wrap: impl FnOnce(Self) -> M) -> (AnyEvent, M) {
        let (event, job) = self.0.share();
        (event, wrap(Self(job)))
    }
}

impl<C: Component> fmt::Debug for Added<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.handler())
    }
}

trait Job<C: Component>: Send + Sync {
    fn run(&self, this: &mut C, cx: &Context<C>) -> Result<(), Error>;
    fn name(&self) -> &'static str;
    fn letter(&self) -> &dyn Letter;
    fn share(self: Box<Self>) -> (AnyEvent, Box<dyn Job<C>>);
}

struct Work<F, E: Event> {
    run: Arc<F>,
    envelope: Envelope<E>,
}

impl<C, E, F> Job<C> for Work<F, E>
where
    C: Component,
    E: Event,
    F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
{
    fn run(&self, this: &mut C, cx: &Context<C>) -> Result<(), Error> {
        let answer = (self.run)(this, self.envelope.event(), cx);
        self.envelope.answer(Answer::result(answer, Answer::reply))
    }

    fn name(&self) -> &'static str {
        E::NAME
    }

    fn letter(&self) -> &dyn Letter {
        &self.envelope
    }

    fn share(self: Box<Self>) -> (AnyEvent, Box<dyn Job<C>>) {
        let Self { run, envelope } = *self;
        envelope.share(|envelope| -> Box<dyn Job<C>> { Box::new(Self { run, envelope }) })
    }
}

/// The receiving end of one added handler.
struct Receiver<C: Component, F> {
    cell: Arc<Cell<C>>,
    run: Arc<F>,
}

impl<C: Component, F: Send + Sync> Party for Receiver<C, F> {
    fn id(&self) -> ComponentId {
        self.cell.id()
    }

    fn label(&self) -> String {
        self.cell.label()
    }

    fn edges(&self) -> &Edges {
        self.cell.edges()
    }

    fn open_edges(&self) -> Option<&Edges> {
        self.cell.open_edges()
    }

    fn has_writer_waiting(&self) -> bool {
        self.cell.has_writer_waiting()
    }
}

impl<C: Component, F: Send + Sync> Room for Receiver<C, F> {
    fn poll_room(&self, key: RoomKey, task: &Task<'_>) -> Poll<()> {
        self.cell.poll_room(key, task)
    }

    fn forget(&self, key: RoomKey) {
        self.cell.forget(key);
    }
}

impl<C: Component, F: Send + Sync> Listen for Receiver<C, F> {}

impl<C, E, F> Accept<E> for Receiver<C, F>
where
    C: Component,
    E: Event,
    F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
{
    fn accept(&self, _handler: u16, envelope: Envelope<E>) -> Accepted {
        let priority = envelope.priority();
        let added = Added(Box::new(Work {
            run: self.run.clone(),
            envelope,
        }));
        self.cell.push(added.into(), priority)
    }
}

/// A handler of the component's type, by its number, which listens on one more channel.
struct Declared(u16);

impl<C: Handles<E>, E: Event> Accept<E> for Receiver<C, Declared> {
    fn accept(&self, _handler: u16, envelope: Envelope<E>) -> Accepted {
        self.cell.accept(self.run.0, envelope)
    }
}

/// The added handlers of one component.
#[derive(Default)]
pub(crate) struct Additions(Mutex<List>);

#[derive(Default)]
struct List {
    /// How many were ever added.
    serial: u64,
    by_number: BTreeMap<u16, Addition>,
}

struct Addition {
    serial: u64,
    event: &'static str,
    channel: Channel,
    priority: f64,
    /// Holds the handler, so that it is not dropped under a lock of the routes.
    remove: Box<dyn Fn(&Hub) + Send + Sync>,
}

impl List {
    /// Finds a number that no handler has, beginning after the one found last.
    fn find(&mut self, listed: usize) -> Option<HandlerId> {
        let all = usize::from(u16::MAX) + 1;
        let room = all.saturating_sub(listed);
        if self.by_number.len() >= room {
            return None;
        }
        loop {
            let serial = self.serial;
            self.serial += 1;
            let number = (listed as u64 + serial % room as u64) as u16;
            if !self.by_number.contains_key(&number) {
                return Some(HandlerId { number, serial });
            }
        }
    }
}

impl Additions {
    /// Removes one; `false` where it is gone already.
    pub(crate) fn remove(&self, hub: &Hub, id: HandlerId) -> bool {
        let found = match self.lock().by_number.entry(id.number) {
            Entry::Occupied(entry) if entry.get().serial == id.serial => Some(entry.remove()),
            _ => None,
        };
        found.map(|addition| (addition.remove)(hub)).is_some()
    }

    /// Describes them, those that were added first in front.
    pub(crate) fn list<C: Component>(&self) -> Vec<HandlerInfo> {
        let list = self.lock();
        let mut all: Vec<_> = list.by_number.iter().collect();
        all.sort_by_key(|(_, addition)| addition.serial);
        let describe = |(number, addition): (&u16, &Addition)| {
            let id = HandlerId {
                number: *number,
                serial: addition.serial,
            };
            let channel = addition.channel.clone();
            HandlerInfo::added::<C>(id, addition.event, channel, addition.priority)
        };
        all.into_iter().map(describe).collect()
    }

    pub(crate) fn clear(&self, hub: &Hub) {
        let list = std::mem::take(&mut self.lock().by_number);
        for addition in list.into_values() {
            (addition.remove)(hub);
            discard(addition, "an added handler");
        }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock()
    }
}

/// Adds a handler to a component.
pub(crate) fn add<C, E, F>(
    cell: &Arc<Cell<C>>,
    channel: Option<&str>,
    priority: f64,
    run: F,
) -> Result<HandlerId, HandlerError>
where
    C: Component,
    E: Event,
    F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
{
    subscribe::<C, E, F>(cell, channel, priority, run)
}

impl<C: Component> Context<C> {
    /// Makes the component's own handler of an event listen on one more channel;
    /// of several, the first.
    ///
    /// It counts as another handler: where it listens already, it hears an event
    /// twice. It stays over restarts, until it is removed or the component leaves.
    ///
    /// # Errors
    /// The channel's name is empty or too long, or the component has too many
    /// handlers.
    pub fn listen<E: Event>(&self, channel: &str) -> Result<HandlerId, HandlerError>
    where
        C: Handles<E>,
    {
        listen::<C, E>(self.cell(), channel)
    }
}

/// Makes a component's own handler of an event listen on one more channel.
fn listen<C: Handles<E>, E: Event>(
    cell: &Arc<Cell<C>>,
    channel: &str,
) -> Result<HandlerId, HandlerError> {
    let number = <C as Handles<E>>::HANDLERS.first().copied();
    let number = number.unwrap_or_default();
    let listed = <C as Component>::HANDLERS.get(usize::from(number));
    let priority = listed.map_or(0.0, Handler::order);
    subscribe::<C, E, Declared>(cell, Some(channel), priority, Declared(number))
}

fn subscribe<C, E, F>(
    cell: &Arc<Cell<C>>,
    channel: Option<&str>,
    priority: f64,
    run: F,
) -> Result<HandlerId, HandlerError>
where
    C: Component,
    E: Event,
    F: Send + Sync + 'static,
    Receiver<C, F>: Accept<E>,
{
    let channel = match channel {
        Some(name) => Channel::new(name).map_err(HandlerError::BadChannel)?,
        None => cell.channel().clone(),
    };
    let receiver = Arc::new(Receiver {
        cell: cell.clone(),
        run: Arc::new(run),
    });
    let additions = cell.additions();
    let handler = {
        let mut list = additions.lock();
        // Numbers of added handlers come after those of the listed ones.
        let handler = list.find(C::HANDLERS.len()).ok_or(HandlerError::TooMany)?;
        let id = SubscriptionId::new(cell.id(), handler.number);
        let router = &cell.hub().router;
        router.subscribe::<E>(&channel, id, priority, receiver.clone());
        let listens = channel.clone();
        let remove = move |hub: &Hub| {
            let _held = &receiver;
            hub.router.unsubscribe::<E>(&listens, id);
        };
        let addition = Addition {
            serial: handler.serial,
            event: E::NAME,
            channel,
            priority,
            remove: Box::new(remove),
        };
        list.by_number.insert(handler.number, addition);
        handler
    };
    // Left meanwhile, the component has cleared its list before.
    if cell.is_retired() {
        additions.clear(cell.hub());
    }
    Ok(handler)
}

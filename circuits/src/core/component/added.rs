//! Handlers that are added and removed while the component runs.

use std::fmt;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Task, Poll};

use crate::core::component::{Body, Cell, Component, Context};
use crate::core::event::{AnyEvent, Error, Event};
use crate::core::id::{Channel, ChannelError, ComponentId};
use crate::core::mailbox::{Room, RoomKey};
use crate::core::reply::{Answer, Edges, Envelope, Letter, Party, Sealed};
use crate::core::route::{Accept, Accepted, Hub, SubscriptionId};

/// Names a handler that was added while the component runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandlerId(u16);

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
        self.0.letter().name()
    }

    /// Borrows the envelope.
    pub fn letter(&self) -> &dyn Letter {
        self.0.letter()
    }

    /// Turns the message into its event.
    pub fn into_event(self) -> AnyEvent {
        self.0.into_event()
    }
}

impl<C: Component> fmt::Debug for Added<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.handler())
    }
}

trait Job<C: Component>: Send + Sync {
    fn run(&self, this: &mut C, cx: &Context<C>) -> Result<(), Error>;
    fn letter(&self) -> &dyn Letter;
    fn into_event(self: Box<Self>) -> AnyEvent;
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

    fn letter(&self) -> &dyn Letter {
        &self.envelope
    }

    fn into_event(self: Box<Self>) -> AnyEvent {
        self.envelope.into_event()
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

/// The added handlers of one component.
#[derive(Default)]
pub(crate) struct Additions {
    next: AtomicU16,
    list: Mutex<Vec<Addition>>,
}

struct Addition {
    id: HandlerId,
    remove: Box<dyn Fn(&Hub) + Send + Sync>,
}

impl Additions {
    /// Removes one; `false` where it is gone already.
    pub(crate) fn remove(&self, hub: &Hub, id: HandlerId) -> bool {
        let found = {
            let mut list = self.lock();
            let at = list.iter().position(|addition| addition.id == id);
            at.map(|at| list.swap_remove(at))
        };
        found.map(|addition| (addition.remove)(hub)).is_some()
    }

    pub(crate) fn clear(&self, hub: &Hub) {
        let list = std::mem::take(&mut *self.lock());
        for addition in list {
            (addition.remove)(hub);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Addition>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a handler to a component.
pub(crate) fn add<C, E, F>(
    cell: &Arc<Cell<C>>,
    channel: Option<&str>,
    priority: f64,
    run: F,
) -> Result<HandlerId, ChannelError>
where
    C: Component,
    E: Event,
    F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
{
    let channel = match channel {
        Some(name) => Channel::new(name)?,
        None => cell.channel().clone(),
    };
    let additions = cell.additions();
    // Numbers of added handlers come after those of the listed ones. They wrap
    // after 65,536 additions, long after the first ones are gone.
    let listed = u16::try_from(C::HANDLERS.len()).unwrap_or(u16::MAX);
    let number = listed.wrapping_add(additions.next.fetch_add(1, Ordering::Relaxed));
    let handler = HandlerId(number);
    let id = SubscriptionId::new(cell.id(), number);
    let receiver = Arc::new(Receiver {
        cell: cell.clone(),
        run: Arc::new(run),
    });
    cell.hub()
        .router
        .subscribe::<E>(channel.clone(), id, priority, receiver);
    let remove = move |hub: &Hub| hub.router.unsubscribe::<E>(channel.as_str(), id);
    additions.lock().push(Addition {
        id: handler,
        remove: Box::new(remove),
    });
    // Left meanwhile, the component has cleared its list before.
    if cell.is_retired() {
        additions.clear(cell.hub());
    }
    Ok(handler)
}

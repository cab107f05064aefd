//! One life of a component, to send to and to watch.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Context as Task, Poll};

use crate::core::component::watch::WatchId;
use crate::core::component::{Address, Body, Cell, Component, Handles, watch};
use crate::core::event::{Down, Event, Reason};
use crate::core::id::ComponentId;
use crate::core::mailbox::{Room, RoomKey};
use crate::core::reply::{CallError, Edges, Envelope, Party, Stamp};
use crate::core::route::{Accept, Accepted, Dispatch, Listen, Sent};

/// One life of a component; cheap to clone.
///
/// An [`Address`] leads to whichever life a component lives, over restarts. This
/// leads to one of them: what is sent to it is handled by that life or not at
/// all. Once that has ended, whatever was sent to it becomes a dead letter and a
/// call gets `CallError::Stopped`, both at once: also what waited in the mailbox
/// when it ended, which the next life does not see. Made by
/// [`Address::incarnation`].
///
/// # Examples
///
/// ```
/// use circuits::CallError;
/// # use circuits::prelude::*;
/// # #[derive(Event)]
/// # #[event(reply = u32)]
/// # struct Count;
/// # #[component]
/// # #[derive(Default)]
/// # struct Counter(u32);
/// # #[component]
/// # impl Counter {
/// #     #[handler("count")]
/// #     fn count(&self, _event: &Count) -> u32 { self.0 }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// # let system = System::new();
/// let counter = system.supervise(Counter::default).await?;
/// let first = counter.incarnation();
/// assert_eq!(system.to(&first).call(Count).await?, 0);
///
/// first.kill();
/// first.ended().await;
/// let answer = system.to(&first).call(Count).await;
/// assert!(matches!(answer, Err(CallError::Stopped)));
/// assert_eq!(system.to(&counter).call(Count).await?, 0); // the next life
/// # Ok(())
/// # }
/// ```
pub struct Incarnation<C: Component> {
    address: Address<C>,
    life: NonZeroU64,
}

impl<C: Component> Incarnation<C> {
    pub(crate) fn new(address: Address<C>) -> Self {
        // An address is given away when the first life has begun, whose number is 1.
        let life = NonZeroU64::new(address.life()).unwrap_or(NonZeroU64::MIN);
        Self { address, life }
    }

    pub(crate) fn number(&self) -> NonZeroU64 {
        self.life
    }

    /// Returns the address of the component, which leads to later lives as well.
    pub fn address(&self) -> &Address<C> {
        &self.address
    }

    /// Returns which life of the component it is; the first is 1.
    pub fn life(&self) -> u64 {
        self.life.get()
    }

    /// Tells whether the component still lives this life.
    pub fn is_current(&self) -> bool {
        self.address.cell().is_current(self.life())
    }

    /// Drops the running handlers at their next await, if it still lives: what
    /// [`Address::kill`] does, but never to a later life.
    pub fn kill(&self) {
        let cell = self.address.cell();
        let life = self.life();
        cell.control().end_if(None, || cell.is_current(life));
    }

    /// Waits until this life has ended, and says how; at once, with
    /// [`End::Gone`](crate::event::End::Gone), if it has.
    ///
    /// A handler of the component itself must not await this.
    ///
    /// # Cancel safety
    /// Dropped, nothing is lost, and nothing stays.
    pub async fn ended(&self) -> Down {
        let cell = self.address.cell();
        let id = WatchId::new(cell.hub());
        watch::ended(cell.clone(), id, Some(self.life())).await
    }
}

impl<C: Component> Clone for Incarnation<C> {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            life: self.life,
        }
    }
}

impl<C: Component> fmt::Debug for Incarnation<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = (self.address.name(), self.address.id());
        write!(f, "Incarnation({name} {id}, life {})", self.life)
    }
}

/// Sends an event to one life, by a way that leads to its component.
pub(crate) fn send_to<C: Handles<E>, E: Event>(
    cell: &Arc<Cell<C>>,
    life: NonZeroU64,
    event: E,
    mut dispatch: Dispatch<E>,
    send: impl FnOnce(Option<Missed<C>>, E, Dispatch<E>) -> Sent<E>,
) -> Sent<E> {
    let life = life.get();
    dispatch.notes.stamp = Some(Arc::new(Stamp::to(cell.id(), life)));
    cell.set_addressed();
    if !cell.is_current(life) {
        return send(Some(Missed(cell.clone())), event, dispatch);
    }
    let sent = send(None, event, dispatch);
    // Whoever ended meanwhile has looked before the event was there, perhaps.
    if !cell.is_current(life) {
        cell.bury_missed();
    }
    sent
}

/// Takes what is sent to a life that is over.
pub(crate) struct Missed<C: Component>(Arc<Cell<C>>);

impl<C: Component> Party for Missed<C> {
    fn id(&self) -> ComponentId {
        self.0.id()
    }

    fn label(&self) -> String {
        self.0.label()
    }

    fn edges(&self) -> &Edges {
        self.0.edges()
    }

    fn has_writer_waiting(&self) -> bool {
        false
    }
}

impl<C: Component> Room for Missed<C> {
    fn poll_room(&self, _key: RoomKey, _task: &Task<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn forget(&self, _key: RoomKey) {}
}

impl<C: Component> Listen for Missed<C> {}

impl<C: Handles<E>, E: Event> Accept<E> for Missed<C> {
    fn accept(&self, handler: u16, envelope: Envelope<E>) -> Accepted {
        let message = C::wrap(handler, envelope);
        self.0.bury(message, Reason::Stopped, CallError::Stopped);
        Accepted::Refused
    }
}

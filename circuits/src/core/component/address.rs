//! The address of a component; it outlives restarts.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::oneshot;

use crate::core::component::any_address::{Seen, show};
use crate::core::component::own::has_own;
use crate::core::component::spec::Place;
use crate::core::component::watch::WatchId;
use crate::core::component::{
    AnyAddress, Body, Cell, Children, Command, Component, Context, Handle, HandlerError, HandlerId,
    Handlers, Inbox, Incarnation, Order, StartError, added, watch,
};
use crate::core::event::{Down, Error, Event, PrepareUnregister, Unregistered};
use crate::core::id::ComponentId;
use crate::core::reply::{Cause, Notes, Party};
use crate::core::route::{Hub, Telling};
use crate::core::tap::Activity;

/// The address of one component; cheap to clone, and valid over restarts.
///
/// What is sent to a component that has left for good becomes a dead letter,
/// and a call gets `CallError::Stopped`. It has no verbs of its own: send with
/// `cx.to(&address)` or `system.to(&address)`.
///
/// # Examples
///
/// ```
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
/// let counter: Address<Counter> = system.supervise(Counter::default).await?;
/// assert_eq!(system.to(&counter).call(Count).await?, 0);
/// counter.stop().await;
/// assert!(counter.is_gone());
/// # Ok(())
/// # }
/// ```
pub struct Address<C: Component> {
    cell: Arc<Cell<C>>,
}

impl<C: Component> Address<C> {
    pub(crate) fn new(cell: Arc<Cell<C>>) -> Self {
        Self { cell }
    }

    pub(crate) fn cell(&self) -> &Arc<Cell<C>> {
        &self.cell
    }

    /// Returns the component's id.
    pub fn id(&self) -> ComponentId {
        self.cell.id()
    }

    /// Returns the address of the component without its type.
    pub fn to_any(&self) -> AnyAddress {
        AnyAddress::new(self.cell.clone())
    }

    /// Returns the component's name.
    pub fn name(&self) -> &str {
        self.cell.name()
    }

    /// Returns the component's channel.
    pub fn channel(&self) -> &str {
        self.cell.channel().as_str()
    }

    /// Returns which life the component lives; the first is 1.
    pub fn life(&self) -> u64 {
        self.cell.life()
    }

    /// Returns the life that the component lives now, to send to that one only;
    /// between two lives, the one before.
    pub fn incarnation(&self) -> Incarnation<C> {
        Incarnation::new(self.clone())
    }

    /// Returns how many events wait in its mailbox.
    pub fn waiting(&self) -> usize {
        self.cell.mailbox().len()
    }

    /// Returns the id of the component above it.
    pub fn parent(&self) -> ComponentId {
        self.cell.parent().owner()
    }

    /// Tells whether the component has left for good.
    pub fn is_gone(&self) -> bool {
        self.cell.is_retired()
    }

    /// Ends the component for good once its running handlers are done; what is
    /// queued becomes dead letters. Its children go first. Waits for the end;
    /// done again, it changes nothing.
    ///
    /// In a handler or task of the component itself it only asks, and does not
    /// wait: the end comes once the handler has returned.
    pub async fn stop(&self) {
        self.to_any().stop().await;
    }

    /// Ends the component for good once what is queued has been handled; new
    /// events become dead letters. Its children go first. Waits for the end, but
    /// not in the component itself, as [`Address::stop`].
    pub async fn drain(&self) {
        self.to_any().drain().await;
    }

    /// Drops the running handlers at their next await. For its supervisor that
    /// is a failure: the component starts again if its restart kind says so.
    pub fn kill(&self) {
        self.cell.control().tell(Command::Kill);
    }

    /// Waits until the component has left for good, over all restarts, and says
    /// how its last life ended; at once, with
    /// [`End::Gone`](crate::event::End::Gone), if it has.
    ///
    /// Its name is free by then. A handler monitors instead of waiting: see
    /// [`Context::monitor`]. One of the component itself must not await this.
    ///
    /// # Cancel safety
    /// Dropped, nothing is lost, and nothing stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # use circuits::Restart;
    /// # use circuits::prelude::*;
    /// # #[derive(Event)]
    /// # struct Work;
    /// # #[component]
    /// # struct Worker;
    /// # #[component]
    /// # impl Worker {
    /// #     #[handler("work")]
    /// #     fn work(&mut self, cx: &Context<Self>) { cx.stop() }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// # let system = System::new();
    /// let worker = system.supervise(|| Worker).restart(Restart::Transient).await?;
    /// system.fire(Work); // the last one
    /// let down = worker.ended().await;
    /// assert_eq!(down.end.to_string(), "it ended by itself");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ended(&self) -> Down {
        let id = WatchId::new(self.cell.hub());
        watch::ended(self.cell.clone(), id, None).await
    }

    /// Takes the component and its descendants out of the tree, in two phases:
    /// `PrepareUnregister` is fired on its channel, and when that is complete
    /// the component is drained, and `Unregistered` is fired. Waits for the end,
    /// but not in the component itself, as [`Address::stop`].
    ///
    /// There is no time limit: handlers of `PrepareUnregister` may take theirs. A
    /// handler for which the component waits must not await this.
    ///
    /// # Cancel safety
    /// Dropped once it was polled, it goes on all the same.
    pub async fn unregister(&self) {
        if self.is_gone() {
            return;
        }
        let leaving = self.clone();
        match self.prepare_unregister() {
            // Ends when the last share of the cause is dropped, in whatever way.
            Some(complete) => {
                let leave = async move {
                    let _ = complete.await;
                    leaving.leave().await;
                };
                self.to_any().unless_inside(leave).await;
            }
            None => self.to_any().ask_unless_inside(leaving.leave()).await,
        }
    }

    /// The first phase of leaving the tree, if anybody hears of it: returns its end.
    fn prepare_unregister(&self) -> Option<oneshot::Receiver<()>> {
        let cell = &self.cell;
        let channel = cell.channel().as_str();
        let is_own = has_own::<C>(PrepareUnregister::NAME);
        if !is_own && !cell.hub().may_hear::<PrepareUnregister>() {
            return None;
        }
        let (done, complete) = oneshot::channel::<()>();
        let cause = Cause::new(None, move |_| drop(done));
        let prepare = PrepareUnregister::new(cell.id(), cell.name().clone());
        cell.push_own(&prepare, Some(&cause));
        let notes = Notes {
            cause: Some(cause),
            ..Notes::default()
        };
        let channels = [channel];
        let telling = Telling::on(&channels).notes(notes).quietly(is_own);
        cell.hub().tell(telling, || prepare);
        Some(complete)
    }

    /// The second phase of leaving the tree.
    fn leave(self) -> impl Future<Output = ()> + Send + Unpin + 'static {
        let cell = self.cell;
        let parent = cell.parent().owner();
        let unregistered = move |cell: &Cell<C>| {
            let name = Body::name(cell).clone();
            Unregistered::new(Party::id(cell), name, parent)
        };
        let is_own = has_own::<C>(Unregistered::NAME);
        if is_own {
            cell.push_own(&unregistered(&cell), None);
        }
        let end = AnyAddress::new(cell.clone()).end(Command::Drain);
        end.map(move |()| {
            let channels = [cell.channel().as_str()];
            let telling = Telling::on(&channels).quietly(is_own);
            cell.hub().tell(telling, || unregistered(&cell));
        })
    }

    /// Moves the component and its descendants below another one, while they run.
    ///
    /// # Errors
    /// The new parent is below the component, of another system, or has stopped, or
    /// one of its children has the same name; the component stays where it was.
    pub async fn move_to<D: Component>(&self, parent: &Address<D>) -> Result<(), StartError> {
        if parent.is_gone() {
            return Err(StartError::Stopped);
        }
        self.move_below(parent.cell.hub(), parent.cell.lend_children())
            .await
    }

    /// Moves the component and its descendants to the root of the tree.
    ///
    /// # Errors
    /// The system has stopped, or a component at the root has the same name.
    pub async fn move_to_root(&self, system: &Handle) -> Result<(), StartError> {
        self.move_below(&system.hub, system.place().inbox).await
    }

    /// Returns what the component has done while taps were there; nothing, where
    /// none ever was.
    pub fn activity(&self) -> Activity {
        self.cell.activity()
    }

    /// Returns the component's children, to list and manage them.
    pub fn children(&self) -> Children {
        Children::new(Place {
            hub: self.cell.hub().clone(),
            inbox: self.cell.lend_children(),
            scope: None,
        })
    }

    /// Adds a handler that takes `&mut self`, on the component's channel.
    ///
    /// It stays over restarts, until it is removed or the component leaves.
    ///
    /// # Errors
    /// The component has too many handlers.
    pub fn add_handler<E, F>(&self, run: F) -> Result<HandlerId, HandlerError>
    where
        E: Event,
        F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
    {
        added::add(&self.cell, None, 0.0, run)
    }

    /// Adds a handler on a channel, with a priority.
    ///
    /// # Errors
    /// The channel's name is empty or too long, or the component has too many
    /// handlers.
    pub fn add_handler_on<E, F>(
        &self,
        channel: &str,
        priority: f64,
        run: F,
    ) -> Result<HandlerId, HandlerError>
    where
        E: Event,
        F: Fn(&mut C, &E, &Context<C>) -> Result<Option<E::Reply>, Error> + Send + Sync + 'static,
    {
        added::add(&self.cell, Some(channel), priority, run)
    }

    /// Returns its handlers: those of its type, in the order of its source, then those
    /// that were added.
    pub fn handlers(&self) -> Handlers {
        self.cell.handlers()
    }

    /// Removes a handler that was added; `false` if it is gone already.
    pub fn remove_handler(&self, id: HandlerId) -> bool {
        self.cell.additions().remove(self.cell.hub(), id)
    }

    async fn move_below(&self, hub: &Arc<Hub>, inbox: Arc<Inbox>) -> Result<(), StartError> {
        if !Arc::ptr_eq(self.cell.hub(), hub) {
            return Err(StartError::OtherSystem);
        }
        let parent = self.cell.parent();
        if Arc::ptr_eq(&parent, &inbox) {
            return Ok(());
        }
        let body = self.cell.clone();
        let order = |reply| Order::Move {
            body,
            to: inbox,
            reply,
        };
        parent.ask(order).await.unwrap_or(Err(StartError::Stopped))
    }
}

impl<C: Component> Clone for Address<C> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
        }
    }
}

/// Writes `<Type/channel name (queued=N) [R]>`, or `[S]` where no life has
/// started.
impl<C: Component> fmt::Debug for Address<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&*self.cell, f)
    }
}

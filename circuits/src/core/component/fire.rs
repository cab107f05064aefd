//! Firing: send, and perhaps wait for room, for the end, or change one's mind.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context as Task, Poll};

use tokio::sync::oneshot;

use crate::core::component::flow::{AwaitRooms, Published};
use crate::core::component::{Reach, Sender};
use crate::core::event::{AnyEvent, Event, Name, Reason};
use crate::core::id::Channels;
use crate::core::reply::{CallError, Cause, Delivery, Track};
use crate::core::route::{Dispatch, Rooms, Sent, Terms};

/// An event that is being fired.
///
/// It leaves when this value is dropped, as at the end of the statement
/// `cx.fire(Tick);`, or when it is first polled. Awaited, it waits as well until
/// every receiver has room. Firing never blocks and never fails: an event that
/// goes nowhere becomes a dead letter.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// # #[derive(Event)]
/// # struct Save;
/// # async fn save(system: System) -> Result<(), circuits::CallError> {
/// let disk = system.on("disk");
/// disk.fire(Save); // sent
/// disk.fire(Save).await; // sent, and there is room for more
/// disk.fire(Save).completed().await?; // sent, and all that came of it is done
/// let last = disk.fire(Save).cancelable(); // sent, and may be taken back
/// last.cancel();
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
/// Dropped while it waits, the event has been sent all the same.
pub struct Fire<'a, E: Event, R: Reach<E>> {
    sender: Sender<'a>,
    reach: R,
    priority: i32,
    progress: Progress<E>,
}

/// One value, so that an event that went to its mailbox leaves nothing to look
/// at when the future is dropped.
enum Progress<E> {
    Unsent(E),
    Waits(AwaitRooms),
    Done,
}

impl<E> Progress<E> {
    /// Takes the event, if it was not sent yet.
    #[inline]
    fn take_event(&mut self) -> Option<E> {
        match std::mem::replace(self, Self::Done) {
            Self::Unsent(event) => Some(event),
            other => {
                *self = other;
                None
            }
        }
    }
}

impl<'a, E: Event, R: Reach<E>> Fire<'a, E, R> {
    #[inline]
    pub(crate) fn new(sender: Sender<'a>, reach: R, priority: i32, event: E) -> Self {
        Self {
            sender,
            reach,
            priority,
            progress: Progress::Unsent(event),
        }
    }

    /// Sends the event; returns a future that ends when the event and
    /// everything that was fired because of it, directly or not, is done.
    ///
    /// Timers and tasks that a handler starts are causes of their own. A
    /// `&mut self` handler that waits so gets [`CallError::Deadlock`] at once when
    /// its event, or one that was fired because of it, is sent to its own
    /// component, which cannot handle it meanwhile. Not seen are longer rings: an
    /// effect that waits for a component which, for another cause, waits for this
    /// one.
    pub fn completed(mut self) -> Completed<'a> {
        let (done, receiver) = oneshot::channel();
        let mut dispatch = Dispatch::new(self.sender.notes(self.priority));
        dispatch.recorded = true;
        dispatch.caller = self.sender.scope.map(|scope| scope.party());
        let outer = dispatch.notes.cause.take();
        dispatch.notes.cause = Some(Cause::awaited(outer, done, self.sender.awaiter()));
        let sent = self.progress.take_event();
        let sent = sent.and_then(|event| self.send(event, dispatch));
        let delivery = sent.and_then(|sent| {
            self.owe(sent.rooms);
            sent.delivery
        });
        let published = delivery
            .clone()
            .and_then(|delivery| self.sender.publish(delivery));
        let delivery = delivery.map(|delivery| -> Arc<dyn Finish> { delivery });
        Completed {
            receiver,
            handlers: delivery.map(|delivery| (delivery, published)),
        }
    }

    /// Sends the event; returns a handle that can cancel it for those
    /// handlers that have not begun.
    pub fn cancelable(mut self) -> Cancel {
        let mut dispatch = Dispatch::new(self.sender.notes(self.priority));
        dispatch.recorded = true;
        let sent = self.progress.take_event();
        let sent = sent.and_then(|event| self.send(event, dispatch));
        let delivery = sent.and_then(|sent| {
            self.owe(sent.rooms);
            let delivery: Weak<dyn Track> = Arc::downgrade(&sent.delivery?);
            Some(delivery)
        });
        Cancel { delivery }
    }

    fn send(&self, event: E, dispatch: Dispatch<E>) -> Option<Sent<E>> {
        match self.reach.send(&self.sender, event, dispatch) {
            Ok(sent) => Some(sent),
            Err((_, event)) => {
                let name = Name::of(&event);
                let event = || AnyEvent::new(Arc::new(event), Channels::None);
                let hub = self.sender.hub;
                hub.dead_letter(None, name, Reason::BadChannel, event);
                None
            }
        }
    }

    /// Sends the event; whoever does not wait for room is not told of full mailboxes.
    #[inline]
    fn send_plainly(&self, event: E, waits: bool) -> Rooms {
        if const { !E::FEEDBACK.any() } && self.sender.is_plain() && !self.sender.hub.is_watched() {
            let priority = self.priority;
            let terms = Terms { priority, waits };
            match self.reach.send_plain(&self.sender, event, terms) {
                Ok(rooms) => rooms,
                Err(event) => self.send_recorded(event),
            }
        } else {
            self.send_recorded(event)
        }
    }

    /// Sends an event that needs a record, or whose way is not known yet.
    #[cold]
    #[inline(never)]
    fn send_recorded(&self, event: E) -> Rooms {
        self.send(event, Dispatch::new(self.sender.notes(self.priority)))
            .map_or(Rooms::NONE, |sent| sent.rooms)
    }

    /// Leaves the waiting to the component, before its next event.
    #[cold]
    fn owe(&self, rooms: Rooms) {
        if let Some(scope) = self.sender.scope
            && !rooms.is_empty()
        {
            scope.owe(rooms);
        }
    }
}

impl<E: Event, R: Reach<E>> Unpin for Fire<'_, E, R> {}

impl<E: Event, R: Reach<E>> Future for Fire<'_, E, R> {
    type Output = ();

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        if let Some(event) = self.progress.take_event() {
            let Some(rooms) = self.send_plainly(event, true).filled() else {
                // It is done already; said once more, to whoever compiles the drop.
                std::mem::forget(std::mem::replace(&mut self.progress, Progress::Done));
                return Poll::Ready(());
            };
            self.progress = Progress::Waits(AwaitRooms::new(rooms));
        }
        let sender = self.sender;
        let Progress::Waits(rooms) = &mut self.progress else {
            return Poll::Ready(());
        };
        let polled = rooms.poll(task, |room| sender.await_room(room));
        if polled.is_ready() {
            self.progress = Progress::Done;
        }
        polled
    }
}

impl<E: Event, R: Reach<E>> Drop for Fire<'_, E, R> {
    #[inline(always)]
    fn drop(&mut self) {
        let rooms = match std::mem::replace(&mut self.progress, Progress::Done) {
            Progress::Done => return,
            Progress::Unsent(event) => self.send_plainly(event, self.sender.scope.is_some()),
            Progress::Waits(rooms) => rooms.into_rooms(),
        };
        if let Some(rooms) = rooms.filled() {
            self.owe(rooms);
        }
    }
}

impl<E: Event, R: Reach<E>> fmt::Debug for Fire<'_, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fire({})", E::NAME)
    }
}

/// Waits until an event and everything that was fired because of it is done.
#[must_use = "the event is fired; await this to learn when all of it is done"]
pub struct Completed<'a> {
    receiver: oneshot::Receiver<Result<(), CallError>>,
    /// Held until the event's own handlers are done: a record keeps its cause open.
    handlers: Option<(Arc<dyn Finish + 'a>, Option<Published>)>,
}

/// A delivery whose end is waited for.
trait Finish: Send + Sync {
    fn poll_done(&self, task: &Task<'_>) -> Poll<Result<(), CallError>>;
}

impl<E: Event> Finish for Delivery<E> {
    fn poll_done(&self, task: &Task<'_>) -> Poll<Result<(), CallError>> {
        Delivery::poll_done(self, task)
    }
}

impl Future for Completed<'_> {
    type Output = Result<(), CallError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        // First: what its handlers fired may close a ring while they still run.
        let told = Pin::new(&mut self.receiver).poll(task);
        if let (Some((delivery, _)), Poll::Pending) = (&self.handlers, &told) {
            match delivery.poll_done(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => self.handlers = None,
            }
            return Pin::new(&mut self.receiver).poll(task).map(told_or_gone);
        }
        told.map(told_or_gone)
    }
}

/// A sender that is gone without a word belonged to an event that went nowhere.
fn told_or_gone(
    told: Result<Result<(), CallError>, oneshot::error::RecvError>,
) -> Result<(), CallError> {
    told.unwrap_or(Ok(()))
}

impl fmt::Debug for Completed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Completed")
    }
}

/// Cancels an event; dropped, it changes nothing.
pub struct Cancel {
    /// Weak: a record that is kept would keep its cause from being complete.
    delivery: Option<Weak<dyn Track>>,
}

impl Cancel {
    /// Cancels the event for all handlers that have not begun with it.
    ///
    /// They are skipped in silence: no dead letter, no success; the event
    /// counts as complete once those that began are done, which may hear of it
    /// ([`Context::unwanted`](crate::Context::unwanted)).
    pub fn cancel(&self) {
        if let Some(delivery) = self.delivery.as_ref().and_then(Weak::upgrade) {
            delivery.cancel();
        }
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cancel")
    }
}

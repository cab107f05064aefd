//! Calling: fire, and wait for the answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use crate::core::component::flow::Published;
use crate::core::component::{Reach, Sender};
use crate::core::event::Event;
use crate::core::reply::{Ask, CallError, Delivery, Record};
use crate::core::route::Dispatch;

/// A call; await it for the reply.
///
/// The event is sent when this is first polled. There is no time limit unless
/// [`Call::timeout`] sets one, and none is needed to get on: a handler that
/// crashes, stops, has no opinion or would wait for the caller ends the call
/// at once.
///
/// # Examples
///
/// ```
/// # use circuits::prelude::*;
/// # use circuits::CallError;
/// #[derive(Event)]
/// #[event(reply = f64)]
/// struct Price;
///
/// # async fn price(system: System) {
/// let call = system.on("shop").call(Price);
/// match call.timeout(Duration::from_secs(2)).await {
///     Ok(price) => println!("{price}"),
///     Err(CallError::NoHandler) => println!("the shop is closed"),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
///
/// # Errors
/// See [`CallError`].
///
/// # Cancel safety
/// Dropped, the handlers run all the same; a reply is a dead letter then.
#[must_use = "nothing is sent before this is awaited"]
pub struct Call<'a, E: Event, R: Reach<E>>(Pending<'a, E, R>);

/// A call to all handlers; await it for every handler's result, in the order
/// of their priorities and registration.
///
/// Handlers without an opinion have no result. When the time set with
/// [`CallAll::timeout`] is over, those that are missing have
/// [`CallError::TimedOut`].
#[must_use = "nothing is sent before this is awaited"]
pub struct CallAll<'a, E: Event, R: Reach<E>> {
    pending: Pending<'a, E, R>,
    delivery: Option<Arc<Delivery<E>>>,
}

struct Pending<'a, E: Event, R: Reach<E>> {
    sender: Sender<'a>,
    reach: R,
    priority: i32,
    event: Option<E>,
    limit: Option<Duration>,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    sent: Option<Asked<E::Reply>>,
}

/// A call that was sent. Dropped before it is answered, it says so: a reply
/// comes too late from then on.
///
/// Apart from [`Pending`], so that this drop borrows nothing.
struct Asked<T: 'static> {
    record: Option<Arc<dyn Record<T>>>,
    _published: Option<Published>,
}

impl<T> Asked<T> {
    /// Gives up, unless there is a reply in this instant.
    fn leave(mut self) -> Option<T> {
        self.record.take()?.leave()
    }
}

impl<T> Drop for Asked<T> {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            record.leave();
        }
    }
}

impl<'a, E: Event, R: Reach<E>> Pending<'a, E, R> {
    fn new(sender: Sender<'a>, reach: R, priority: i32, event: E) -> Self {
        let event = Some(event);
        Self {
            sender,
            reach,
            priority,
            event,
            limit: None,
            sleep: None,
            sent: None,
        }
    }

    /// Sends the event and asks for one reply. Tells whether to poll for it now:
    /// else the task is woken when it is there.
    #[inline]
    fn begin_one(&mut self, event: E, task: &Task<'_>) -> Result<bool, CallError> {
        self.begin_limit()?;
        match self.begin_plain(event, task) {
            // The time is polled for the first time together with the reply.
            Ok(()) => Ok(self.sleep.is_some()),
            Err(event) => self.begin(event, Ask::First).map(|_| true),
        }
    }

    /// The same for all replies; returns the record of them where a place for one is
    /// not enough.
    fn begin_all(
        &mut self,
        event: E,
        task: &Task<'_>,
    ) -> Result<Option<Arc<Delivery<E>>>, CallError> {
        self.begin_limit()?;
        match self.begin_plain(event, task) {
            Ok(()) => Ok(None),
            Err(event) => self.begin(event, Ask::All).map(Some),
        }
    }

    /// Calls the only handler, if nothing else is asked about the event; else gives it
    /// back.
    #[inline]
    fn begin_plain(&mut self, event: E, task: &Task<'_>) -> Result<(), E> {
        let sender = &self.sender;
        if const { E::FEEDBACK.any() } || !sender.is_plain() || sender.hub.is_watched() {
            return Err(event);
        }
        let slot = self.reach.call_plain(sender, event, self.priority, task)?;
        self.ask(slot);
        Ok(())
    }

    fn begin_limit(&mut self) -> Result<(), CallError> {
        if let Some(limit) = self.limit {
            let sleep = self.sender.hub.runtime().sleep(limit);
            self.sleep = Some(Box::pin(sleep.ok_or(CallError::NoRuntime)?));
        }
        Ok(())
    }

    /// Sends the event, and keeps a record of what comes back.
    #[inline(never)]
    fn begin(&mut self, event: E, ask: Ask) -> Result<Arc<Delivery<E>>, CallError> {
        let mut dispatch = Dispatch::new(self.sender.notes(self.priority));
        dispatch.ask = ask;
        dispatch.caller = self.sender.scope.map(|scope| scope.party());
        let sent = self.reach.send(&self.sender, event, dispatch);
        let sent = sent.map_err(|(error, _)| CallError::BadChannel(error))?;
        let delivery = match sent.delivery {
            Some(delivery) if sent.heard => delivery,
            _ if self.sender.hub.is_stopped() => return Err(CallError::Stopped),
            _ => return Err(CallError::NoHandler),
        };
        self.ask(delivery.clone());
        Ok(delivery)
    }

    /// Publishes that a handler waits for the answer.
    #[inline]
    fn ask<D: Record<E::Reply> + 'static>(&mut self, record: Arc<D>) {
        // The edge is published before the walk, and the walk is part of it.
        let published = match self.sender.scope {
            Some(_) => self.sender.publish(record.clone()),
            None => None,
        };
        self.sent = Some(Asked {
            record: Some(record),
            _published: published,
        });
    }

    fn record(&self) -> Option<&Arc<dyn Record<E::Reply>>> {
        self.sent.as_ref()?.record.as_ref()
    }

    /// Ends a call that was answered.
    fn finish(&mut self) {
        if let Some(mut asked) = self.sent.take() {
            asked.record = None;
        }
    }

    /// Waits for the one reply.
    fn poll_one(&mut self, task: &mut Task<'_>) -> Poll<Result<E::Reply, CallError>> {
        let Some(record) = self.record() else {
            return Poll::Ready(Err(CallError::NoReply));
        };
        if let Poll::Ready(reply) = record.poll_reply(task) {
            self.finish();
            return Poll::Ready(reply);
        }
        let Some(error) = self.poll_limit(task) else {
            return Poll::Pending;
        };
        // A reply that came in this instant is in time.
        let reply = self.sent.take().and_then(Asked::leave);
        Poll::Ready(reply.ok_or(error))
    }

    /// Tells whether the time is over.
    fn poll_limit(&mut self, task: &mut Task<'_>) -> Option<CallError> {
        let sleep = self.sleep.as_mut()?;
        let over = sleep.as_mut().poll(task).is_ready();
        over.then(|| CallError::TimedOut(self.limit.unwrap_or_default()))
    }
}

impl<'a, E: Event, R: Reach<E>> Call<'a, E, R> {
    pub(crate) fn new(sender: Sender<'a>, reach: R, priority: i32, event: E) -> Self {
        Self(Pending::new(sender, reach, priority, event))
    }

    /// Gives up after this time with [`CallError::TimedOut`].
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.0.limit = Some(limit);
        self
    }
}

impl<'a, E: Event, R: Reach<E>> CallAll<'a, E, R> {
    pub(crate) fn new(sender: Sender<'a>, reach: R, priority: i32, event: E) -> Self {
        Self {
            pending: Pending::new(sender, reach, priority, event),
            delivery: None,
        }
    }

    /// Takes the results that have arrived after this time.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.pending.limit = Some(limit);
        self
    }
}

impl<E: Event, R: Reach<E>> Unpin for Call<'_, E, R> {}
impl<E: Event, R: Reach<E>> Unpin for CallAll<'_, E, R> {}

impl<E: Event, R: Reach<E>> Future for Call<'_, E, R> {
    type Output = Result<E::Reply, CallError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let call = &mut self.0;
        if let Some(event) = call.event.take()
            && !call.begin_one(event, task)?
        {
            return Poll::Pending;
        }
        call.poll_one(task)
    }
}

impl<E: Event, R: Reach<E>> Future for CallAll<'_, E, R> {
    type Output = Vec<Result<E::Reply, CallError>>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        let Self { pending, delivery } = &mut *self;
        if let Some(event) = pending.event.take() {
            match pending.begin_all(event, task) {
                Ok(begun) => *delivery = begun,
                Err(CallError::NoHandler) => return Poll::Ready(Vec::new()),
                Err(error) => return Poll::Ready(vec![Err(error)]),
            }
        }
        let Some(delivery) = delivery else {
            return pending.poll_one(task).map(|reply| match reply {
                Err(CallError::NoReply) => Vec::new(),
                reply => vec![reply],
            });
        };
        if let Poll::Ready(replies) = delivery.poll_replies(task) {
            pending.finish();
            return Poll::Ready(replies);
        }
        let Some(error) = pending.poll_limit(task) else {
            return Poll::Pending;
        };
        let replies = delivery.give_up(&error);
        pending.finish();
        Poll::Ready(replies)
    }
}

impl<E: Event, R: Reach<E>> fmt::Debug for Call<'_, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({})", E::NAME)
    }
}

impl<E: Event, R: Reach<E>> fmt::Debug for CallAll<'_, E, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallAll({})", E::NAME)
    }
}

//! Waiting for the next event of a type.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use crate::core::event::Event;
use crate::core::id::{Channel, ChannelError, ComponentId};
use crate::core::mailbox::{Room, RoomKey};
use crate::core::reply::{Answer, Edges, Envelope, Party, Sealed};
use crate::core::route::{Accept, Accepted, Hub, Listen, SubscriptionId};
use crate::core::tap::Trace;

/// Waits for the next event of a type on a channel.
///
/// It listens from the moment it is made, so an event that is fired between
/// that and the first poll is not missed. Dropped, it listens no more.
#[must_use = "await this for the event"]
pub struct Wait<E: Event> {
    hub: Arc<Hub>,
    listening: Result<Listening<E>, ChannelError>,
    limit: Option<Duration>,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    stopped: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

struct Listening<E: Event> {
    channel: Channel,
    id: SubscriptionId,
    waiter: Arc<Waiter<E>>,
}

/// Why a wait ended without an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The time given with `.timeout(..)` is over.
    #[error("no such event within {0:?}")]
    TimedOut(Duration),
    /// The system has stopped.
    #[error("the system has stopped")]
    Stopped,
    /// The channel's name is empty or too long.
    #[error("no event can be fired on this channel")]
    BadChannel(#[source] ChannelError),
    /// The wait has a time limit, but no tokio runtime runs to keep it.
    #[error("a time limit needs a running tokio runtime")]
    NoRuntime,
}

impl<E: Event> Wait<E> {
    pub(crate) fn new(hub: &Arc<Hub>, channel: &str) -> Self {
        let listening = Channel::new(channel).map(|channel| {
            let component = hub.next_id();
            let id = SubscriptionId::new(component, 0);
            let waiter = Arc::new(Waiter::new(component));
            // A stage like that of ordinary handlers: no coordination, and a
            // handler of higher priority can stop the event before it.
            hub.router.subscribe::<E>(&channel, id, 0.0, waiter.clone());
            Listening {
                channel,
                id,
                waiter,
            }
        });
        Self {
            hub: hub.clone(),
            listening,
            limit: None,
            sleep: None,
            stopped: None,
        }
    }

    /// Gives up after this time with [`WaitError::TimedOut`].
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    fn poll_end(&mut self, task: &mut Task<'_>) -> Poll<WaitError> {
        if let (Some(limit), None) = (self.limit, &self.sleep) {
            match self.hub.runtime().sleep(limit) {
                Some(sleep) => self.sleep = Some(Box::pin(sleep)),
                None => return Poll::Ready(WaitError::NoRuntime),
            }
        }
        if let (Some(sleep), Some(limit)) = (&mut self.sleep, self.limit)
            && sleep.as_mut().poll(task).is_ready()
        {
            return Poll::Ready(WaitError::TimedOut(limit));
        }
        let hub = &self.hub;
        let stopped = self
            .stopped
            .get_or_insert_with(|| Box::pin(hub.clone().stopped()));
        stopped.as_mut().poll(task).map(|()| WaitError::Stopped)
    }
}

impl<E: Event> Unpin for Wait<E> {}

impl<E: Event> Future for Wait<E> {
    type Output = Result<Arc<E>, WaitError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        match &self.listening {
            Err(error) => return Poll::Ready(Err(WaitError::BadChannel(*error))),
            Ok(listening) => {
                if let Poll::Ready(event) = listening.waiter.poll(task) {
                    return Poll::Ready(Ok(event));
                }
            }
        }
        self.poll_end(task).map(Err)
    }
}

impl<E: Event> Drop for Wait<E> {
    fn drop(&mut self) {
        if let Ok(listening) = &self.listening {
            self.hub
                .router
                .unsubscribe::<E>(&listening.channel, listening.id);
        }
    }
}

impl<E: Event> fmt::Debug for Wait<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wait({})", E::NAME)
    }
}

/// A handler that takes one event.
struct Waiter<E> {
    id: ComponentId,
    edges: Edges,
    state: Mutex<(Option<Caught<E>>, Option<Waker>)>,
}

/// The event, and its trace, which the span of who waits follows.
struct Caught<E>(Arc<E>, Option<Arc<Trace>>);

impl<E: Event> Waiter<E> {
    fn new(id: ComponentId) -> Self {
        Self {
            id,
            edges: Edges::default(),
            state: Mutex::new((None, None)),
        }
    }

    fn poll(&self, task: &Task<'_>) -> Poll<Arc<E>> {
        let mut state = self.state.lock();
        match &state.0 {
            Some(Caught(event, trace)) => {
                if let Some(trace) = trace {
                    trace.lead();
                }
                Poll::Ready(event.clone())
            }
            None => {
                state.1 = Some(task.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<E: Event> Party for Waiter<E> {
    fn id(&self) -> ComponentId {
        self.id
    }

    fn label(&self) -> String {
        "wait".to_owned()
    }

    fn edges(&self) -> &Edges {
        &self.edges
    }

    fn has_writer_waiting(&self) -> bool {
        false
    }
}

impl<E: Event> Room for Waiter<E> {
    fn poll_room(&self, _key: RoomKey, _task: &Task<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn forget(&self, _key: RoomKey) {}
}

impl<E: Event> Listen for Waiter<E> {}

impl<E: Event> Accept<E> for Waiter<E> {
    fn accept(&self, _handler: u16, envelope: Envelope<E>) -> Accepted {
        let _ = envelope.answer(Answer::Nothing);
        let waker = {
            let mut state = self.state.lock();
            if state.0.is_none() {
                let trace = envelope.track().and_then(|track| track.trace().cloned());
                state.0 = Some(Caught(envelope.into_shared(), trace));
            }
            state.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        Accepted::Room
    }
}

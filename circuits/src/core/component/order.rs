//! The port upward: what components ask of the one who supervises.
//!
//! This room owns the port and knows nobody behind it; the supervisor reads
//! the inbox, and never waits for a child before it reads on. What bounds it:
//!
//! - starts, moves and questions need one of [`REQUESTS`] permits until they
//!   are read;
//! - ends need none, so that nothing keeps them back: at most one for each task
//!   that awaits one, and one order for all that nobody awaits;
//! - reports about lives: at most two for each life.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Semaphore, oneshot};

use crate::core::component::{Body, Command, Options, Phases, Question, Spec, StartError};
use crate::core::event::End;
use crate::core::id::ComponentId;
use crate::core::route::Hub;
use crate::core::runtime;

/// At most this many starts, moves and questions wait in one inbox; further ones wait to
/// be let in.
const REQUESTS: usize = 256;

/// Something asked of, or reported to, a supervisor.
pub(crate) enum Order {
    /// Add a child and start it.
    Start {
        birth: Box<dyn Birth>,
        spec: Spec,
        reply: oneshot::Sender<Result<(), StartError>>,
    },
    /// A life has started, or failed to.
    Ready { body: Arc<dyn Body>, life: u64 },
    /// A life has ended.
    Ended {
        body: Arc<dyn Body>,
        life: u64,
        end: End,
    },
    /// End a child for good; its descendants go first.
    Terminate {
        body: Arc<dyn Body>,
        how: Command,
        reply: oneshot::Sender<()>,
    },
    /// Hand a child over to another supervisor.
    Move {
        body: Arc<dyn Body>,
        to: Arc<Inbox>,
        reply: oneshot::Sender<Result<(), StartError>>,
    },
    /// Take over a child that runs.
    Adopt {
        child: Adopted,
        reply: Option<oneshot::Sender<Result<(), StartError>>>,
    },
    /// Answer, or do to one child what is asked.
    Ask(Question),
    /// End all children, last started first, and then the supervisor.
    Shutdown {
        how: Command,
        reply: Option<oneshot::Sender<()>>,
    },
}

impl Order {
    /// Tells whether it took a permit.
    fn is_request(&self) -> bool {
        matches!(self, Self::Start { .. } | Self::Move { .. } | Self::Ask(_))
    }
}

/// A child on its way from one supervisor to another.
pub(crate) struct Adopted {
    pub(crate) birth: Box<dyn Birth>,
    pub(crate) spec: Spec,
    pub(crate) from: Arc<Inbox>,
}

impl Adopted {
    /// Returns the child to where it came from, and says why. Where nobody is
    /// left there either, it ends: nobody would ever end it otherwise.
    pub(crate) fn send_back(
        self,
        reply: Option<oneshot::Sender<Result<(), StartError>>>,
        error: StartError,
    ) {
        let body = self.birth.body();
        let from = self.from.clone();
        body.set_parent(from.clone());
        let order = Order::Adopt {
            child: self,
            reply: None,
        };
        if from.post(order).is_some() {
            body.control().tell(Command::Kill);
            body.retire();
        }
        if let Some(reply) = reply {
            let _ = reply.send(Err(error));
        }
    }
}

/// What makes the lives of one component.
pub(crate) trait Birth: Send {
    fn body(&self) -> Arc<dyn Body>;
    /// Begins a life; `false` where it cannot, for want of a runtime or a value.
    fn begin(&mut self, life: u64) -> bool;
    /// Tells whether another life can be made.
    fn is_repeatable(&self) -> bool;
}

/// Opens inboxes: what the supervisor's room lends to this one.
pub(crate) trait Nursery: Send + Sync {
    /// Makes a supervisor for the children of a component.
    fn open(&self, hub: &Arc<Hub>, owner: Arc<dyn Body>, options: Options) -> Arc<Inbox>;
    /// Makes sure that the root of the tree is served, once a runtime runs.
    fn serve(&self, hub: &Arc<Hub>, root: &Arc<Inbox>);
    /// Returns where the root of the tree is asked.
    fn root(&self) -> Arc<Inbox>;
    /// Returns how the whole system ends in order.
    fn phases(&self) -> Arc<dyn Phases>;
}

/// Where a supervisor is asked.
pub(crate) struct Inbox {
    orders: Mutex<Orders>,
    requests: Semaphore,
    nursery: Arc<dyn Nursery>,
    owner: ComponentId,
    owner_body: Option<Arc<dyn Body>>,
}

#[derive(Default)]
struct Orders {
    queue: VecDeque<Order>,
    /// The strongest end that was asked for and is not awaited; read first.
    end: Option<Command>,
    closed: bool,
    ending: bool,
    /// The supervisor, while it waits.
    reader: Option<Waker>,
}

impl Inbox {
    pub(crate) fn new(nursery: Arc<dyn Nursery>, owner: Option<Arc<dyn Body>>) -> Self {
        Self {
            orders: Mutex::default(),
            requests: Semaphore::new(REQUESTS),
            nursery,
            owner: owner.as_ref().map_or(ComponentId::ROOT, |owner| owner.id()),
            owner_body: owner,
        }
    }

    pub(crate) fn nursery(&self) -> &Arc<dyn Nursery> {
        &self.nursery
    }

    /// The component whose children are supervised here.
    pub(crate) fn owner(&self) -> ComponentId {
        self.owner
    }

    pub(crate) fn owner_body(&self) -> Option<&Arc<dyn Body>> {
        self.owner_body.as_ref()
    }

    /// Asks, and waits for the answer; `None` where nobody supervises any more.
    pub(crate) async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<T>) -> Order,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let order = order(reply);
        if order.is_request() {
            // Given back by who reads the order.
            self.requests.acquire().await.ok()?.forget();
        }
        drop(self.post(order));
        answer.await.ok()
    }

    /// Puts an order into the inbox, or gives back one that comes too late.
    pub(crate) fn post(&self, order: Order) -> Option<Order> {
        let reader = {
            let mut orders = self.lock();
            if orders.closed {
                return Some(order);
            }
            orders.queue.push_back(order);
            orders.reader.take()
        };
        wake(reader);
        None
    }

    /// Tells the supervisor to end, without waiting for it.
    pub(crate) fn shut_down(&self, how: Command) {
        let reader = {
            let mut orders = self.lock();
            orders.end = orders.end.max(Some(how));
            orders.reader.take()
        };
        wake(reader);
    }

    /// Waits, as the one supervisor, for the next order.
    pub(crate) fn poll_next(&self, task: &Task<'_>) -> Poll<Order> {
        let order = {
            let mut orders = self.lock();
            if let Some(how) = orders.end.take() {
                return Poll::Ready(Order::Shutdown { how, reply: None });
            }
            match orders.queue.pop_front() {
                Some(order) => order,
                None => {
                    orders.reader = Some(task.waker().clone());
                    return Poll::Pending;
                }
            }
        };
        if order.is_request() {
            self.requests.add_permits(1);
        }
        Poll::Ready(order)
    }

    /// Refuses all further orders; those that wait are dropped, which answers
    /// them, except that a child on its way goes back.
    pub(crate) fn close(&self) {
        let queue = {
            let mut orders = self.lock();
            orders.closed = true;
            std::mem::take(&mut orders.queue)
        };
        self.requests.close();
        for order in queue {
            match order {
                Order::Adopt { child, reply } => child.send_back(reply, StartError::Stopped),
                order => discard(order, "an order"),
            }
        }
    }

    /// Marks that the children are being ended, each within its own time.
    pub(crate) fn set_ending(&self) {
        self.lock().ending = true;
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.lock().ending
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock()
    }
}

/// Wakes a supervisor that waits.
fn wake(reader: Option<Waker>) {
    if let Some(reader) = reader {
        reader.wake();
    }
}

/// Drops what holds a user's value or factory, whose drop may panic.
pub(crate) fn discard<T>(value: T, what: &str) {
    if let Err(panic) = runtime::guard(move || drop(value)) {
        tracing::error!(target: "circuits", "{what} {panic} while it was dropped");
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox of {}", self.owner)
    }
}

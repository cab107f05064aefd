//! Where a supervisor is asked, and the desk at which its orders are served.
//!
//! ```text
//! ask, report ──► is the desk free? ──yes──► take it, serve, put it back
//!                       │ no                        ▲
//!                       ▼                           │ and what was posted meanwhile
//! post ────────────► queue ─────────────────────────┤
//!                                                   │
//! Attendant (a task): deadlines, what waits ────────┘
//! ```
//!
//! All that a supervisor knows lies on the desk. So an order is served where it is
//! posted, without a switch of tasks, and still one at a time: whoever finds the
//! desk taken leaves the order to who has it. No lock is held while one is served.
//! A supervisor only posts, so that serving one never serves another.
//!
//! What bounds the queue:
//!
//! - starts, moves and questions need one of [`REQUESTS`] permits while they wait;
//! - ends need none, so that nothing keeps them back: at most one for each task
//!   that awaits one, and one order for all that nobody awaits;
//! - reports about lives: at most two for each life.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{Semaphore, oneshot};

use crate::core::component::life::TURN;
use crate::core::component::{Body, Command, Nursery, Order, Serve, StartError, discard};
use crate::core::id::ComponentId;
use crate::core::runtime::{self, Alarm, Instant, Runtime, RuntimeId};

/// At most this many starts, moves and questions wait in one inbox; further ones wait to
/// be let in.
const REQUESTS: usize = 256;

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
    desk: Desk,
    /// Whether the attendant waits for the desk.
    wanted: bool,
    closed: bool,
    ending: bool,
    /// The attendant, while it waits.
    attendant: Option<Waker>,
    /// When it will look at the deadlines by itself.
    rings_at: Option<Instant>,
    /// The runtime that it runs on.
    home: Option<RuntimeId>,
}

/// What the supervisor knows, and whoever serves takes.
#[derive(Default)]
enum Desk {
    Free(Box<dyn Serve>),
    /// Somebody serves, and looks for further orders before it is put back.
    Taken,
    /// There is none yet, or none any more.
    #[default]
    Gone,
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
        let (reply, mut answer) = oneshot::channel();
        if let Err(order) = self.serve_now(order(reply)) {
            if order.is_request() {
                // Given back by who takes the order out of the queue.
                self.requests.acquire().await.ok()?.forget();
            }
            drop(self.post(order));
            return answer.await.ok();
        }
        match answer.try_recv() {
            Err(TryRecvError::Empty) => answer.await.ok(),
            answer => {
                // Who was woken meanwhile may wait for this thread, and for no other.
                runtime::yield_now().await;
                answer.ok()
            }
        }
    }

    /// Has an order served that needs no permit, or gives back one that comes too late.
    ///
    /// A failure waits for the attendant's turn, so that those whom the same event
    /// fails have failed before one of them is told to end because of another.
    pub(crate) fn report(&self, order: Order) -> Option<Order> {
        if let Order::Ended { end, .. } = &order
            && end.is_failure()
        {
            return self.post(order);
        }
        match self.serve_now(order) {
            Ok(()) => None,
            Err(order) => self.post(order),
        }
    }

    /// Puts an order into the queue, or gives back one that comes too late.
    pub(crate) fn post(&self, order: Order) -> Option<Order> {
        let attendant = {
            let mut orders = self.lock();
            if orders.closed {
                return Some(order);
            }
            orders.queue.push_back(order);
            orders.call()
        };
        wake(attendant);
        None
    }

    /// Tells the supervisor to end, without waiting for it.
    pub(crate) fn shut_down(&self, how: Command) {
        let attendant = {
            let mut orders = self.lock();
            orders.end = orders.end.max(Some(how));
            orders.call()
        };
        wake(attendant);
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

    /// Serves an order here and now, or gives it back: where it has to wait, or this
    /// is another runtime, which has a clock of its own.
    fn serve_now(&self, order: Order) -> Result<(), Order> {
        let desk = {
            let mut orders = self.lock();
            if orders.has_work() || !runtime::is_current(orders.home) {
                return Err(order);
            }
            orders.take_desk()
        };
        match desk {
            Some(desk) => {
                self.serve(desk, order);
                Ok(())
            }
            None => Err(order),
        }
    }

    /// Serves an order and what is posted meanwhile, but not for ever, and puts the
    /// desk back.
    fn serve(&self, mut desk: Box<dyn Serve>, mut order: Order) {
        let mut left = TURN;
        loop {
            let served = runtime::guard(|| desk.serve(order));
            if served.is_err() || desk.is_over() {
                return self.dismiss(desk, served);
            }
            let deadline = desk.next_deadline();
            left -= 1;
            let mut orders = self.lock();
            let next = if left == 0 { None } else { orders.next() };
            let Some(next) = next else {
                return self.put_back(orders, desk, deadline);
            };
            drop(orders);
            self.let_in(&next);
            order = next;
        }
    }

    /// Leaves the desk to the next one who serves, and calls the attendant if that has
    /// to be it.
    fn put_back(
        &self,
        mut orders: MutexGuard<'_, Orders>,
        desk: Box<dyn Serve>,
        deadline: Option<Instant>,
    ) {
        if matches!(orders.desk, Desk::Gone) {
            drop(orders);
            return discard(desk, "a supervisor");
        }
        orders.desk = Desk::Free(desk);
        let rings_at = orders.rings_at;
        let is_early = deadline.is_some_and(|it| rings_at.is_none_or(|ring| it < ring));
        let attendant = if is_early || orders.has_work() {
            orders.call()
        } else {
            None
        };
        drop(orders);
        wake(attendant);
    }

    /// Takes the desk away for good, because all is over, or something broke.
    fn dismiss(&self, desk: Box<dyn Serve>, served: Result<(), runtime::Panic>) {
        if let Err(panic) = served {
            tracing::error!(target: "circuits", owner = %self.owner, "a supervisor {panic}");
        }
        let attendant = {
            let mut orders = self.lock();
            orders.desk = Desk::Gone;
            orders.attendant.take()
        };
        discard(desk, "a supervisor");
        wake(attendant);
    }

    /// Gives back the permit of an order that waits no longer.
    fn let_in(&self, order: &Order) {
        if order.is_request() {
            self.requests.add_permits(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock()
    }
}

impl Orders {
    /// Tells whether something waits for who takes the desk next.
    fn has_work(&self) -> bool {
        self.wanted || self.end.is_some() || !self.queue.is_empty()
    }

    fn next(&mut self) -> Option<Order> {
        match self.end.take() {
            Some(how) => Some(Order::Shutdown { how, reply: None }),
            None => self.queue.pop_front(),
        }
    }

    fn take_desk(&mut self) -> Option<Box<dyn Serve>> {
        match std::mem::replace(&mut self.desk, Desk::Taken) {
            Desk::Free(desk) => Some(desk),
            other => {
                self.desk = other;
                None
            }
        }
    }

    /// Returns the attendant, to be woken, unless somebody serves.
    fn call(&mut self) -> Option<Waker> {
        match self.desk {
            Desk::Taken => None,
            Desk::Free(_) | Desk::Gone => self.attendant.take(),
        }
    }
}

/// The task of a supervisor: it does what is due, and serves what could not be served
/// where it was posted. What is on the desk is dropped with it.
pub(crate) struct Attendant {
    inbox: Arc<Inbox>,
    alarm: Alarm,
}

impl Attendant {
    /// Puts what serves an inbox onto its desk.
    pub(crate) fn new(inbox: Arc<Inbox>, desk: Box<dyn Serve>, runtime: &Runtime) -> Self {
        {
            let mut orders = inbox.lock();
            orders.desk = Desk::Free(desk);
            orders.home = runtime.id();
        }
        let alarm = Alarm::new();
        Self { inbox, alarm }
    }
}

impl Future for Attendant {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<()> {
        let Self { inbox, alarm } = &mut *self;
        let desk = {
            let mut orders = inbox.lock();
            let desk = orders.take_desk();
            orders.wanted = desk.is_none();
            if desk.is_none() && matches!(orders.desk, Desk::Taken) {
                orders.attendant = Some(task.waker().clone());
                orders.rings_at = alarm.rings_at();
                return Poll::Pending;
            }
            desk
        };
        let Some(mut desk) = desk else {
            return Poll::Ready(());
        };
        for _ in 0..TURN {
            let order = match alarm.poll_ring(desk.next_deadline(), task) {
                Poll::Ready(()) => None,
                Poll::Pending => {
                    let mut orders = inbox.lock();
                    let order = orders.next();
                    if order.is_none() {
                        orders.desk = Desk::Free(desk);
                        orders.attendant = Some(task.waker().clone());
                        orders.rings_at = alarm.rings_at();
                        return Poll::Pending;
                    }
                    order
                }
            };
            let served = runtime::guard(|| match order {
                Some(order) => {
                    inbox.let_in(&order);
                    desk.serve(order);
                }
                None => desk.expire(),
            });
            if served.is_err() || desk.is_over() {
                inbox.dismiss(desk, served);
                return Poll::Ready(());
            }
        }
        // The other tasks of the thread get a turn.
        inbox.lock().desk = Desk::Free(desk);
        task.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        let desk = std::mem::take(&mut self.inbox.lock().desk);
        // Who has it finds out.
        if let Desk::Free(desk) = desk {
            discard(desk, "a supervisor");
        }
    }
}

/// Wakes a task that waits.
fn wake(task: Option<Waker>) {
    if let Some(task) = task {
        task.wake();
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox of {}", self.owner)
    }
}

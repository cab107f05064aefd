//! What clients do: one connection at a time, made on request, and again if asked.
//!
//! ```text
//!            Connect                reached
//!  idle ────────────► dialing ──────────────► connected
//!    ▲                 │   ▲                     │ ends
//!    │ no reconnect    │   └── waiting ◄─────────┤
//!    └─────────────────┴── Close, no reconnect ──┘
//! ```

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout};

use crate::component::Component;
use crate::net::serve::close_with;
use crate::net::{Connect, ConnectError, Serves, Unreachable, UnreachableReason};
use crate::stream::{
    Close, Closing, Connection, ConnectionId, DisconnectReason, Finish, Limits, Peer, Pump, Write,
    closed,
};
use crate::{Backoff, ComponentId, Context, Handle};

/// A way to connect.
pub(super) trait Dial: Clone + Send + Sync + 'static {
    type Socket: Serves;

    fn dial(
        &self,
        address: &str,
    ) -> impl Future<Output = Result<(Self::Socket, Peer), UnreachableReason>> + Send;
}

/// What a client does.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) address: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) reconnect: Option<Backoff>,
    pub(super) drain_timeout: Duration,
    pub(super) limits: Limits,
}

impl Plan {
    pub(super) fn new(address: Option<String>) -> Self {
        Self {
            address,
            connect_timeout: Duration::from_secs(5),
            reconnect: None,
            drain_timeout: Duration::from_secs(5),
            limits: Limits::default(),
        }
    }
}

/// Writes the setters of clients, for a component that has a field `plan`.
macro_rules! client_setters {
    () => {
        /// Sets how long connecting may take in all; 5 s unless said.
        #[must_use]
        pub fn connect_timeout(mut self, limit: std::time::Duration) -> Self {
            self.plan.connect_timeout = limit;
            self
        }

        /// Connects again, after a delay, where a connection cannot be made or has
        /// ended by something other than a component; never, unless said. The delays
        /// start anew when a connection has lasted for as long as the longest one, or as
        /// [`Backoff::reset_after`](crate::Backoff::reset_after) says.
        #[must_use]
        pub fn reconnect(mut self, backoff: crate::Backoff) -> Self {
            self.plan.reconnect = Some(backoff);
            self
        }

        /// Sets how long the connection may take to end when the client stops before
        /// it is cut; 5 s unless said.
        #[must_use]
        pub fn drain_timeout(mut self, limit: std::time::Duration) -> Self {
            self.plan.drain_timeout = limit;
            self
        }
    };
}

pub(super) use client_setters;

/// The component's side of a client in one life.
#[derive(Debug)]
pub(super) struct Client {
    /// Room for one: there is one at a time.
    orders: mpsc::Sender<Order>,
    line: Arc<Line>,
}

#[derive(Debug)]
struct Order {
    number: u64,
    address: String,
    reply: Option<oneshot::Sender<Result<Connection, ConnectError>>>,
}

/// How far the client is, as both sides see it.
#[derive(Debug)]
struct Line {
    state: Mutex<State>,
    /// Somebody wants a connection; `false` calls off what is being done for it.
    wanted: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the last order.
    order: u64,
    /// From the order until nothing more is done for it.
    is_busy: bool,
    connection: Option<Connection>,
}

impl State {
    /// Says whether an order can be taken: what is told as over is over, also while the
    /// keeper still does its telling.
    fn is_free(&self, plan: &Plan) -> bool {
        let is_over = |connection: &Connection| {
            !connection.is_open()
                && (plan.reconnect.is_none() || connection.ending().is_some_and(is_ours))
        };
        !self.is_busy || self.connection.as_ref().is_some_and(is_over)
    }
}

/// Says whether a connection has ended since it was no longer wanted.
fn is_ours(reason: DisconnectReason) -> bool {
    matches!(
        reason,
        DisconnectReason::Closed | DisconnectReason::OwnerStopped
    )
}

impl Line {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees the client for the next order, unless that is there already.
    fn free(&self, order: u64) {
        let mut state = self.state();
        if state.order == order {
            state.is_busy = false;
        }
    }
}

impl Client {
    /// Begins the client's life; connects if it has an address.
    pub(super) async fn begin<C: Component>(
        cx: &Context<C>,
        plan: &Plan,
        dial: impl Dial,
    ) -> crate::Result<Self> {
        let closing = close_with(cx, plan.drain_timeout).await?;
        let (orders, source) = mpsc::channel(1);
        let line = Arc::new(Line {
            state: Mutex::default(),
            wanted: watch::Sender::new(false),
        });
        let keeper = Keeper {
            dial,
            plan: plan.clone(),
            line: line.clone(),
            gate: closing.watch(),
            system: cx.system(),
            channel: cx.channel().into(),
            owner: cx.id(),
            life: cx.life(),
            count: 0,
        };
        cx.spawn(keeper.run(source, closing));
        let client = Self { orders, line };
        if let Some(address) = &plan.address {
            client.order(plan, address.clone(), None)?;
        }
        Ok(client)
    }

    fn order(
        &self,
        plan: &Plan,
        address: String,
        reply: Option<oneshot::Sender<Result<Connection, ConnectError>>>,
    ) -> Result<(), ConnectError> {
        let mut state = self.line.state();
        if !state.is_free(plan) {
            return Err(ConnectError::Busy);
        }
        let order = Order {
            number: state.order + 1,
            address,
            reply,
        };
        // First: the order may be taken up, on another thread, as soon as it is sent.
        self.line.wanted.send_replace(true);
        self.orders
            .try_send(order)
            .map_err(|_| ConnectError::Closed)?;
        state.order += 1;
        state.is_busy = true;
        state.connection = None;
        Ok(())
    }

    /// Does what [`Connect`] asks.
    pub(super) async fn connect(
        &self,
        event: &Connect,
        plan: &Plan,
    ) -> Result<Connection, ConnectError> {
        let address = event.address.as_ref().or(plan.address.as_ref());
        let address = address.ok_or(ConnectError::NoAddress)?;
        let (reply, answer) = oneshot::channel();
        self.order(plan, address.clone(), Some(reply))?;
        answer.await.unwrap_or(Err(ConnectError::Closed))
    }

    pub(super) async fn write(&self, event: &Write, owner: ComponentId) -> Option<bool> {
        let connection = self.line.state().connection.clone();
        event.answer(owner, connection.as_ref()).await
    }

    pub(super) fn finish(&self, event: &Finish, owner: ComponentId) -> Option<bool> {
        let connection = self.line.state().connection.clone();
        event.answer(owner, connection.as_ref())
    }

    /// Closes the connection, or calls off what is being done to have one.
    pub(super) fn close(&self, event: &Close, owner: ComponentId) -> Option<bool> {
        let (connection, is_busy) = {
            let state = self.line.state();
            (state.connection.clone(), state.is_busy)
        };
        let closed = event.answer(owner, connection.as_ref())?;
        if event.connection.is_none() {
            self.line.wanted.send_replace(false);
            return Some(closed || (is_busy && connection.is_none()));
        }
        Some(closed)
    }
}

/// The task that keeps the connection of one life.
struct Keeper<D> {
    dial: D,
    plan: Plan,
    line: Arc<Line>,
    gate: watch::Receiver<()>,
    system: Handle,
    channel: Arc<str>,
    owner: ComponentId,
    life: u64,
    count: u64,
}

impl<D: Dial> Keeper<D> {
    /// Carries out one order after the other until the gate closes.
    async fn run(mut self, mut orders: mpsc::Receiver<Order>, closing: Closing) {
        loop {
            let order = tokio::select! {
                biased;
                () = closed(&mut self.gate) => break,
                order = orders.recv() => order,
            };
            let Some(order) = order else { break };
            let number = order.number;
            self.keep(order).await;
            self.line.free(number);
        }
        drop(closing);
    }

    /// Keeps a connection until nobody wants it, it has failed for good, or the gate
    /// closes.
    async fn keep(&mut self, order: Order) {
        let Order {
            number,
            address,
            mut reply,
        } = order;
        let mut failures = 0;
        loop {
            let delay = self.plan.reconnect.map(|backoff| backoff.delay(failures));
            let Some(outcome) = self.unless_called_off(self.attempt(&address)).await else {
                return;
            };
            match outcome {
                Ok((socket, peer)) => {
                    let begun = Instant::now();
                    let reason = self.serve(socket, peer, reply.take()).await;
                    if is_ours(reason) {
                        return;
                    }
                    let reset = self.plan.reconnect.map(|backoff| backoff.reset());
                    if reset.is_some_and(|reset| begun.elapsed() >= reset) {
                        failures = 0;
                    }
                }
                Err(reason) => {
                    if delay.is_none() {
                        self.line.free(number);
                    }
                    self.fail(&address, reason, delay, reply.take()).await;
                }
            }
            let Some(delay) = delay else {
                return;
            };
            if self.unless_called_off(sleep(delay)).await.is_none() {
                return;
            }
            failures = failures.saturating_add(1);
        }
    }

    async fn attempt(&self, address: &str) -> Result<(D::Socket, Peer), UnreachableReason> {
        let limit = self.plan.connect_timeout;
        let dialed = timeout(limit, self.dial.dial(address)).await;
        dialed.unwrap_or(Err(UnreachableReason::TimedOut(limit)))
    }

    async fn serve(
        &mut self,
        socket: D::Socket,
        peer: Peer,
        reply: Option<oneshot::Sender<Result<Connection, ConnectError>>>,
    ) -> DisconnectReason {
        self.count += 1;
        let id = ConnectionId::new(self.owner, self.life, self.count);
        let connection = Connection::new(id, peer, self.plan.limits.write_queue);
        socket.mark(&connection);
        self.line.state().connection = Some(connection.clone());
        if !*self.line.wanted.borrow() {
            connection.close();
        }
        let (system, channel) = (self.system.clone(), self.channel.clone());
        if let Some(reply) = reply {
            // Who asked may have gone.
            let _ = reply.send(Ok(connection.clone()));
        }
        let ended = connection.clone();
        let pump = Pump::open(connection, self.plan.limits, system, channel).await;
        let reason = socket.serve(pump, self.gate.clone()).await;
        self.line
            .state()
            .connection
            .take_if(|current| *current == ended);
        reason
    }

    async fn fail(
        &self,
        address: &str,
        reason: UnreachableReason,
        retry: Option<Duration>,
        reply: Option<oneshot::Sender<Result<Connection, ConnectError>>>,
    ) {
        tracing::debug!(target: "circuits", address, %reason, "unreachable");
        let event = Unreachable::new(address, reason.clone(), retry);
        self.system.on(&self.channel).fire(event).await;
        if let Some(reply) = reply {
            let address = address.to_owned();
            // Who asked may have gone.
            let _ = reply.send(Err(ConnectError::Unreachable { address, reason }));
        }
    }

    /// Waits for something; `None` if the client is closed or stops first.
    async fn unless_called_off<F: Future>(&self, future: F) -> Option<F::Output> {
        let (mut gate, mut wanted) = (self.gate.clone(), self.line.wanted.subscribe());
        tokio::select! {
            biased;
            () = closed(&mut gate) => None,
            _ = wanted.wait_for(|wanted| !wanted) => None,
            output = future => Some(output),
        }
    }
}

//! What servers do once they are bound: on a channel, or with a component for each
//! connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::component::{Component, Handles};
use crate::event::Event;
use crate::net::sessions::ToSession;
use crate::net::{Accepts, Listener, Serves};
use crate::stream::{
    Closing, Connection, ConnectionId, Gate, Limits, OnChannel, Peer, Pump, Read, closed,
};
use crate::supervisor::{Dynamic, Start};
use crate::{Address, Context, Handle, Restart};

/// What a server allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) max_connections: usize,
    pub(super) per_address: Option<usize>,
    pub(super) drain_timeout: Duration,
    pub(super) limits: Limits,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_connections: 1024,
            per_address: None,
            drain_timeout: Duration::from_secs(5),
            limits: Limits::default(),
        }
    }
}

/// Writes the setters of servers, for a component that has a field `rules`.
macro_rules! server_setters {
    () => {
        /// Sets how many connections may be open at a time; 1,024 unless said.
        /// Further ones are refused.
        #[must_use]
        pub fn max_connections(mut self, connections: usize) -> Self {
            self.rules.max_connections = connections;
            self
        }

        /// Sets how long the connections may take to end when the server stops
        /// before they are cut; 5 s unless said.
        #[must_use]
        pub fn drain_timeout(mut self, limit: std::time::Duration) -> Self {
            self.rules.drain_timeout = limit;
            self
        }
    };
}

pub(super) use server_setters;

/// Serves on the channel of the server.
pub(super) async fn on_channel<C: Component>(
    cx: &Context<C>,
    socket: impl Accepts,
    rules: Rules,
    listening: impl Event,
) -> crate::Result<()> {
    let closing = close_with(cx, rules.drain_timeout).await?;
    cx.fire(listening).await;
    let mut names = Names::new(cx, rules.limits);
    let (system, channel) = (cx.system(), Arc::<str>::from(cx.channel()));
    let watch = closing.watch();
    let serve = move |mut socket: _, peer: _| {
        let connection = names.next(peer);
        let (system, channel) = (system.clone(), channel.clone());
        let watch = watch.clone();
        async move {
            if !prepared(&mut socket, &connection, &system, &channel, &watch).await {
                return;
            }
            let hears = OnChannel { system, channel };
            let pump = Pump::open_for(hears, connection, rules.limits).await;
            Serves::serve(socket, pump, watch).await;
        }
    };
    cx.spawn(listener(cx, socket, rules).run(closing, serve));
    Ok(())
}

/// Serves with a component for each connection.
pub(super) async fn with_sessions<C: Component, S: Handles<Read>>(
    cx: &Context<C>,
    socket: impl Accepts,
    rules: Rules,
    listening: impl Event,
    make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
) -> crate::Result<()> {
    let sessions = Dynamic::new(move |connection: &Connection| make(connection))
        .restart(Restart::Temporary)
        .channel(format!("{}.session", cx.channel()));
    let sessions = cx
        .register(sessions)
        .named("sessions")
        .channel(cx.channel());
    let sessions = sessions.await?;
    // Begun last, ended first: the connections end before their components.
    let closing = close_with(cx, rules.drain_timeout).await?;
    cx.fire(listening).await;
    let mut names = Names::new(cx, rules.limits);
    let (system, channel) = (cx.system(), Arc::<str>::from(cx.channel()));
    let watch = closing.watch();
    let serve = move |mut socket: _, peer: _| {
        let connection = names.next(peer);
        let (system, channel) = (system.clone(), channel.clone());
        let (sessions, watch) = (sessions.clone(), watch.clone());
        async move {
            if !prepared(&mut socket, &connection, &system, &channel, &watch).await {
                return;
            }
            let Some(session) = start(&system, &sessions, &connection).await else {
                return;
            };
            let hears = ToSession {
                system,
                address: session.clone(),
            };
            let pump = Pump::open_for(hears, connection.clone(), rules.limits).await;
            let served = async {
                Serves::serve(socket, pump, watch).await;
                // It hears of the end before its own.
                session.drain().await;
            };
            let ended = async {
                session.ended().await;
                connection.close();
            };
            tokio::join!(served, ended);
        }
    };
    cx.spawn(listener(cx, socket, rules).run(closing, serve));
    Ok(())
}

/// Prepares a socket, unless the owner closes first.
async fn prepared(
    socket: &mut impl Serves,
    connection: &Connection,
    system: &Handle,
    channel: &str,
    watch: &watch::Receiver<()>,
) -> bool {
    let mut watch = watch.clone();
    let is_ready = tokio::select! {
        biased;
        () = closed(&mut watch) => false,
        is_ready = socket.prepare(connection, system, channel) => is_ready,
    };
    if is_ready {
        socket.mark(connection);
    }
    is_ready
}

async fn start<S: Component>(
    system: &Handle,
    sessions: &Address<Dynamic<Connection, S>>,
    connection: &Connection,
) -> Option<Address<S>> {
    let started = system
        .to(sessions)
        .call(Start::new(connection.clone()))
        .await;
    started
        .inspect_err(|error| tracing::error!(target: "circuits", %error, "no session"))
        .ok()
}

/// Adds the child that ends before the server does.
pub(super) async fn close_with<C: Component>(
    cx: &Context<C>,
    limit: Duration,
) -> crate::Result<Closing> {
    let (gate, closing) = Gate::new();
    let gate = cx.register(gate).named("gate").channel(cx.channel());
    gate.shutdown(limit).await?;
    Ok(closing)
}

fn listener<C: Component, A: Accepts>(cx: &Context<C>, socket: A, rules: Rules) -> Listener<A> {
    Listener {
        socket,
        limit: rules.max_connections,
        per_address: rules.per_address,
        system: cx.system(),
        channel: cx.channel().to_owned(),
        excuse: b"",
    }
}

/// Names the connections of one life of a server.
struct Names {
    server: crate::ComponentId,
    life: u64,
    count: u64,
    limits: Limits,
}

impl Names {
    fn new<C: Component>(cx: &Context<C>, limits: Limits) -> Self {
        Self {
            server: cx.id(),
            life: cx.life(),
            count: 0,
            limits,
        }
    }

    fn next(&mut self, peer: impl Into<Peer>) -> Connection {
        self.count += 1;
        let id = ConnectionId::new(self.server, self.life, self.count);
        Connection::new(id, peer, self.limits.write_queue)
    }
}

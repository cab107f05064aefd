//! The TCP client.

use std::fmt;
use std::io;
use std::net::SocketAddr;

use socket2::{Domain, SockAddr, Type};
use tokio::net::{TcpSocket, TcpStream, lookup_host};

use crate::net::bind::no_address;
use crate::net::dial::{Client, Dial, Plan, client_setters};
use crate::net::{
    Connect, ConnectError, SocketOptions, UnreachableReason, inet_setters, socket_setters,
    tcp_setters,
};
use crate::stream::{Close, Connection, Finish, Peer, Write, limit_setters};
use crate::{Context, component, handler};

/// A TCP client: connects, fires [`Connected`](crate::stream::Connected),
/// [`Read`](crate::stream::Read) and [`Disconnected`](crate::stream::Disconnected) on
/// its channel, writes back what a handler of `Read` replies, and takes [`Write`],
/// [`Finish`], [`Close`] and [`Connect`].
///
/// Its channel is `"client"`; `system.supervise(..).channel("..")` puts it on another.
/// Each client of a system needs one of its own, or events for one reach all.
///
/// # When it connects
/// As soon as it has started, if it is made by [`connect`](Self::connect): the start
/// does not wait for that. Later on [`Connect`], also after its connection has ended. It
/// has one connection at a time, and is free for the next as soon as its end is told.
///
/// What hinders it is told at once, with the reason, as
/// [`Unreachable`](crate::net::Unreachable): a name that is not known, a peer that
/// refuses, or no answer within the connect timeout. It tries the addresses of a name one
/// after the other. It goes on trying, and connects again after an end, if
/// [`reconnect`](Self::reconnect) says so. `Close::new()` closes the connection, and
/// calls off what is being done to have one.
///
/// # Order and bounds
/// Those of all streams, see [`stream`](crate::stream). `Write::new` without a
/// connection is answered with `false`: nothing is kept for later.
///
/// # When it stops
/// Handlers that run are answered, what is queued is written, then the connection is
/// closed. What is not done within the drain timeout is cut. Killed, it loses its
/// connection; the next life begins as the first.
///
/// # Examples
///
/// ```no_run
/// use circuits::Backoff;
/// use circuits::net::{Connected, Read, TcpClient, Unreachable};
/// use circuits::prelude::*;
///
/// #[component(channel = "client")]
/// struct Weather;
///
/// #[component]
/// impl Weather {
///     #[handler("connected")]
///     async fn connected(&mut self, event: &Connected) -> circuits::Result<()> {
///         Ok(event.connection.write("London\n").await?)
///     }
///
///     #[handler("read")]
///     fn read(&mut self, line: &Read) {
///         println!("{}", String::from_utf8_lossy(&line.data));
///     }
///
///     #[handler("unreachable")]
///     fn unreachable(&mut self, event: &Unreachable) {
///         println!("{}: {}", event.address, event.reason);
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Weather).await?;
/// let backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(60));
/// let client = TcpClient::connect("weather.example:7007").lines(4096).reconnect(backoff);
/// system.supervise(move || client.clone()).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "client", crate = crate)]
pub struct TcpClient {
    dial: TcpDial,
    options: SocketOptions,
    pub(super) plan: Plan,
    client: Option<Client>,
}

impl TcpClient {
    /// Makes a client for an address such as `"example.org:80"`, to which it connects
    /// when it starts.
    pub fn connect(address: impl ToString) -> Self {
        Self::with(Some(address.to_string()))
    }

    /// Makes a client that connects when it is told to, by [`Connect`].
    #[expect(clippy::new_without_default, reason = "an unusual client")]
    pub fn new() -> Self {
        Self::with(None)
    }

    fn with(address: Option<String>) -> Self {
        Self {
            dial: TcpDial::default(),
            options: SocketOptions::default(),
            plan: Plan::new(address),
            client: None,
        }
    }

    /// Returns how it connects.
    pub(super) fn to_dial(&self) -> TcpDial {
        let mut dial = self.dial.clone();
        dial.options = self.options.clone();
        dial
    }

    /// Connects from this address; port 0 is any. From what the system chooses, unless
    /// said.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.dial.from = Some(address);
        self
    }

    client_setters!();
    tcp_setters!();
    inet_setters!();
    socket_setters!();
    limit_setters!(plan);
}

#[component(crate = crate)]
impl TcpClient {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        self.client = Some(Client::begin(cx, &self.plan, self.to_dial()).await?);
        Ok(())
    }

    /// `&self`: so that it can be called off.
    #[handler("connect")]
    async fn connect_to(&self, event: &Connect) -> Result<Connection, ConnectError> {
        let client = self.client.as_ref().ok_or(ConnectError::Closed)?;
        client.connect(event, &self.plan).await
    }

    /// `&self`: a queue that is full keeps no `Close` waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.write(event, cx.id()).await
    }

    #[handler("finish")]
    fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.finish(event, cx.id())
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.close(event, cx.id())
    }
}

impl Clone for TcpClient {
    /// Clones what it was made with, not its connection.
    fn clone(&self) -> Self {
        Self {
            dial: self.dial.clone(),
            options: self.options.clone(),
            plan: self.plan.clone(),
            client: None,
        }
    }
}

impl fmt::Debug for TcpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TcpClient({})",
            self.plan.address.as_deref().unwrap_or("-")
        )
    }
}

/// Connects by TCP.
#[derive(Clone, Default)]
pub(super) struct TcpDial {
    from: Option<SocketAddr>,
    options: SocketOptions,
}

impl TcpDial {
    async fn dial_one(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = self
            .options
            .make(Domain::for_address(address), Type::STREAM)?;
        if let Some(from) = self.from {
            socket.bind(&SockAddr::from(from))?;
        }
        TcpSocket::from_std_stream(socket.into())
            .connect(address)
            .await
    }
}

impl Dial for TcpDial {
    type Socket = TcpStream;

    async fn dial(&self, address: &str) -> Result<(TcpStream, Peer), UnreachableReason> {
        let found = lookup_host(address).await;
        let found = found.map_err(|error| UnreachableReason::Unresolved(error.into()))?;
        let mut failure = None;
        for address in found {
            match self.dial_one(address).await {
                Ok(stream) => return Ok((stream, address.into())),
                Err(error) => failure = Some(error),
            }
        }
        let error = failure.unwrap_or_else(no_address);
        Err(UnreachableReason::Failed(error.into()))
    }
}

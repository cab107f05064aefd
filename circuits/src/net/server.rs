//! The TCP server: its options, and the component that owns the connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::net::connection::Accepted;
use crate::net::{Listener, Listening, bind};
use crate::stream::{Close, Connection, ConnectionId, Gate, Limits, Write, limit_setters};
use crate::{Context, component, handler};

/// A TCP server: fires [`Connected`](crate::net::Connected),
/// [`Read`](crate::net::Read) and [`Disconnected`](crate::net::Disconnected) on
/// its channel, writes back what a handler of `Read` replies, and takes
/// [`Write`] and [`Close`]; the [`Connection`] of each event does the same without one.
///
/// Its channel is `"tcp"`; `system.supervise(..).channel("..")` puts it on
/// another.
///
/// # Order and bounds
/// The pieces that one peer sends are handled in order, one at a time: the
/// socket is not read while a handler is behind, so a peer can push no more
/// than one piece and what the sockets of both systems hold. Connections do not
/// wait for each other. A connection beyond the limit is closed at once and
/// told as [`Refused`](crate::net::Refused). The write queue of a connection is
/// bounded in bytes: whoever writes faster than the peer reads has to wait, and
/// a peer that takes nothing for the write timeout is disconnected.
///
/// # When things fail
/// If nobody handles `Read`, or a handler fails, nothing is written and the
/// connection goes on. A server that cannot bind fails to start, with the
/// address in the [`BindError`](crate::net::BindError). A server that is killed
/// loses its connections; it is started again by its supervisor and binds
/// again, to a new port where 0 was asked for.
///
/// # When it stops
/// It takes no new connections and reads no more; handlers that run are
/// answered, what is queued is written, then the connections are closed. What
/// is not done within the drain timeout is cut. While it drains it still takes
/// `Write`; while it stops it does not.
///
/// # Examples
///
/// ```no_run
/// use circuits::net::{Bytes, Read, TcpServer};
/// use circuits::prelude::*;
///
/// #[component(channel = "tcp")]
/// struct Shout;
///
/// #[component]
/// impl Shout {
///     #[handler("read")]
///     fn read(&mut self, line: &Read) -> Bytes {
///         let mut reply = line.data.to_ascii_uppercase();
///         reply.push(b'\n');
///         reply.into()
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Shout).await?;
/// let server = TcpServer::bind("127.0.0.1:7007").lines(4096);
/// system.supervise(move || server.clone()).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "tcp", crate = crate)]
#[derive(Clone)]
pub struct TcpServer {
    address: String,
    max_connections: usize,
    drain_timeout: Duration,
    limits: Limits,
}

impl TcpServer {
    /// Makes a server for an address such as `"127.0.0.1:7007"` or
    /// `"localhost:0"`; port 0 lets the system choose, and
    /// [`Listening`] tells.
    pub fn bind(address: impl ToString) -> Self {
        Self {
            address: address.to_string(),
            max_connections: 1024,
            drain_timeout: Duration::from_secs(5),
            limits: Limits::default(),
        }
    }

    limit_setters!();

    /// Sets how many connections may be open at a time; 1,024 unless said.
    /// Further ones are refused.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how long the connections may take to end when the server stops
    /// before they are cut; 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }
}

#[component(crate = crate)]
impl TcpServer {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let (socket, address) = bind(&self.address).await?;
        let (gate, closing) = Gate::new();
        let gate = cx.register(gate).named("gate").channel(cx.channel());
        gate.shutdown(self.drain_timeout).await?;
        cx.fire(Listening::new(address)).await;
        let listener = Listener {
            socket,
            limit: self.max_connections,
            system: cx.system(),
            channel: cx.channel().to_owned(),
            excuse: b"",
        };
        let (server, life, mut count) = (cx.id(), cx.life(), 0);
        let (limits, system) = (self.limits, cx.system());
        let channel: Arc<str> = cx.channel().into();
        let watch = closing.watch();
        cx.spawn(listener.run(closing, move |stream, peer| {
            count += 1;
            let id = ConnectionId::new(server, life, count);
            let accepted = Accepted {
                connection: Connection::new(id, peer, limits.write_queue),
                limits,
                system: system.clone(),
                channel: channel.clone(),
                closing: watch.clone(),
            };
            accepted.serve(stream)
        }));
        Ok(())
    }

    /// `&self`: a connection whose queue is full keeps no other waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None).await
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }
}

impl fmt::Debug for TcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpServer({})", self.address)
    }
}

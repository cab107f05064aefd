//! The TCP server.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::component::{Component, Handles};
use crate::net::serve::{Rules, on_channel, server_setters, with_sessions};
use crate::net::sessions::{Begins, sessions};
use crate::net::{
    BindError, Listening, Place, SocketOptions, inet_setters, listen, socket_setters, tcp_setters,
};
use crate::stream::{Close, Connection, Finish, Read, Write, limit_setters};
use crate::{Context, component, handler};

/// So many peers may wait to be accepted.
const BACKLOG: u32 = 5000;

/// A TCP server: fires [`Connected`](crate::net::Connected),
/// [`Read`](crate::net::Read) and [`Disconnected`](crate::net::Disconnected) on
/// its channel, writes back what a handler of `Read` replies, and takes
/// [`Write`], [`Finish`] and [`Close`]; the [`Connection`] of each event does the same without one.
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
    place: Place,
    backlog: u32,
    options: SocketOptions,
    pub(super) rules: Rules,
}

impl TcpServer {
    /// Makes a server for an address such as `"127.0.0.1:7007"`, `"[::1]:7007"` or
    /// `"localhost:0"`; port 0 lets the system choose, and [`Listening`] tells. Of a
    /// name with several addresses, the first is taken that can be bound.
    pub fn bind(address: impl ToString) -> Self {
        Self::at(Place::Address(address.to_string()))
    }

    /// Listens, and says where.
    pub(super) async fn listen(&self) -> Result<(TcpListener, SocketAddr), BindError> {
        listen(&self.place, &self.options, self.backlog).await
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            backlog: BACKLOG,
            options: SocketOptions::default(),
            rules: Rules::default(),
        }
    }

    /// Makes a server with a component of its own for each connection: a session, which
    /// is made by this function from the [`Connection`].
    ///
    /// A session hears [`Read`] of its connection alone, and what it replies is written
    /// back. It also hears [`Connected`](crate::stream::Connected),
    /// [`Eof`](crate::stream::Eof) and [`Disconnected`](crate::stream::Disconnected),
    /// if it has handlers for them. Nothing of that is fired on channels. It may keep
    /// the connection.
    ///
    /// - It ends with its connection, after it has handled `Disconnected`.
    /// - When it ends by itself, or crashes, what it has written is written and its
    ///   connection is closed. It is not started again; others notice nothing.
    /// - It stands in the tree below the supervisor `sessions`, a child of the server,
    ///   and listens on the channel of the server with `.session` behind. A handler that
    ///   shall hear others names their channel: `#[handler("say", channel = "chat")]`.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::net::{Bytes, Connection, Read, TcpServer};
    /// use circuits::prelude::*;
    ///
    /// #[component]
    /// struct Counter {
    ///     lines: u64,
    /// }
    ///
    /// #[component]
    /// impl Counter {
    ///     #[handler("read")]
    ///     fn read(&mut self, _line: &Read) -> Bytes {
    ///         self.lines += 1;
    ///         format!("{}\n", self.lines).into()
    ///     }
    /// }
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// let server = TcpServer::bind("127.0.0.1:7007").lines(4096);
    /// let server = server.per_connection(|_: &Connection| Counter { lines: 0 });
    /// system.supervise(move || server.clone()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn per_connection<C, F>(self, make: F) -> TcpSessions<C>
    where
        C: Handles<Read>,
        F: Fn(&Connection) -> C + Send + Sync + 'static,
    {
        TcpSessions::new(self, make)
    }

    /// Sets how many peers may wait to be accepted; 5,000 unless said. The system may
    /// allow fewer.
    #[must_use]
    pub fn backlog(mut self, peers: u32) -> Self {
        self.backlog = peers;
        self
    }

    /// Sets how many connections one address may have open at a time; as many as may be
    /// open in all, unless said. Further ones are refused.
    #[must_use]
    pub fn max_per_address(mut self, connections: usize) -> Self {
        self.rules.per_address = Some(connections);
        self
    }

    /// Disconnects a peer that speaks TLS, with the reason
    /// [`TlsRefused`](crate::net::DisconnectReason::TlsRefused), before anything of it is
    /// told as `Read`; it is read as any other bytes, unless said.
    ///
    /// The first two bytes tell it, so one that could be the first of TLS (0x16) is kept
    /// until the next has come.
    #[must_use]
    pub fn refuse_tls(mut self) -> Self {
        self.rules.limits.refuse_tls = true;
        self
    }

    server_setters!();
    tcp_setters!();
    inet_setters!();
    socket_setters!();
    limit_setters!(rules);
}

/// Serves with a socket that listens already, such as one that is handed over by what
/// started the program.
///
/// The options of the socket are left as they are. It goes on listening as long as
/// the server's value is there, from which later lives are made: peers wait meanwhile.
impl From<std::net::TcpListener> for TcpServer {
    fn from(socket: std::net::TcpListener) -> Self {
        Self::at(Place::Given(Arc::new(socket)))
    }
}

sessions! {
    /// A TCP server that has a component for each connection: its session. See
    /// [`TcpServer::per_connection`].
    TcpSessions, TcpServer, "tcp"
}

impl Begins for TcpServer {
    async fn begin<C: Component, S: Handles<Read>>(
        &self,
        cx: &Context<C>,
        make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
    ) -> crate::Result<()> {
        let (socket, address) = self.listen().await?;
        with_sessions(cx, socket, self.rules, Listening::new(address), make).await
    }
}

#[component(crate = crate)]
impl TcpServer {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let (socket, address) = self.listen().await?;
        on_channel(cx, socket, self.rules, Listening::new(address)).await
    }

    /// `&self`: a connection whose queue is full keeps no other waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None).await
    }

    #[handler("finish")]
    fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }
}

impl fmt::Debug for TcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TcpServer({})", self.place.name())
    }
}

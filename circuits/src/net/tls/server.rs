//! The TLS server.

use std::fmt;
use std::sync::Arc;

use crate::component::{Component, Handles};
use crate::net::serve::{on_channel, with_sessions};
use crate::net::sessions::{Begins, sessions};
use crate::net::tls::accept::TlsListener;
use crate::net::tls::start::Starts;
use crate::net::{BindError, Listening, ServerTls, TcpServer};
use crate::stream::{Close, Connection, Finish, Read, Write};
use crate::{Context, component, handler};

/// A TCP server whose connections are encrypted, made by [`TcpServer::tls`], or can be,
/// made by [`TcpServer::start_tls`]; in all else as [`TcpServer`].
///
/// The handshake with a peer is done in the task of its connection, so that none waits
/// for another, and within a time limit. Only then the connection is told as
/// [`Connected`](crate::net::Connected), with what was settled in
/// [`Connection::secured`]. One that fails is told as
/// [`HandshakeFailed`](crate::net::HandshakeFailed), and of it nothing else. A peer in
/// its handshake counts as a connection, and is cut when the server stops.
///
/// Made by `start_tls`, it tells connections in plain text first, and the handshake comes
/// when a handler asks for it: see [`Connection::start_tls`].
///
/// A peer that ends without saying so (`close_notify`) may have been cut off by somebody
/// else: the reason is [`Failed`](crate::net::DisconnectReason::Failed), not `PeerClosed`.
#[component(channel = "tcp", crate = crate)]
#[derive(Clone)]
pub struct TlsServer {
    server: TcpServer,
    tls: ServerTls,
    starts: Starts,
}

impl TcpServer {
    /// Makes a server whose connections are encrypted, with the settings made so far.
    pub fn tls(self, tls: ServerTls) -> TlsServer {
        self.starting(tls, Starts::AtOnce)
    }

    /// Makes a server whose connections begin in plain text and go over to TLS when a
    /// handler says so, by [`Connection::start_tls`]; with the settings made so far.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::net::{ServerTls, TcpServer};
    /// use circuits::prelude::*;
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// let tls = ServerTls::from_files("server.pem", "server.key")?;
    /// let server = TcpServer::bind("127.0.0.1:2525").lines(4096).start_tls(tls);
    /// system.supervise(move || server.clone()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_tls(self, tls: ServerTls) -> TlsServer {
        self.starting(tls, Starts::OnRequest)
    }

    fn starting(self, tls: ServerTls, starts: Starts) -> TlsServer {
        TlsServer {
            server: self,
            tls,
            starts,
        }
    }
}

impl TlsServer {
    /// Makes a server with a component of its own for each connection; see
    /// [`TcpServer::per_connection`].
    pub fn per_connection<C, F>(self, make: F) -> TlsSessions<C>
    where
        C: Handles<Read>,
        F: Fn(&Connection) -> C + Send + Sync + 'static,
    {
        TlsSessions::new(self, make)
    }

    async fn listen(&self) -> Result<(TlsListener, Listening), BindError> {
        let (socket, address) = self.server.listen().await?;
        let listener = TlsListener {
            socket,
            tls: self.tls.clone(),
            starts: self.starts,
        };
        Ok((listener, Listening::new(address)))
    }
}

sessions! {
    /// A TLS server that has a component for each connection: its session. See
    /// [`TcpServer::per_connection`].
    TlsSessions, TlsServer, "tcp"
}

impl Begins for TlsServer {
    async fn begin<C: Component, S: Handles<Read>>(
        &self,
        cx: &Context<C>,
        make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
    ) -> crate::Result<()> {
        let (socket, listening) = self.listen().await?;
        with_sessions(cx, socket, self.server.rules, listening, make).await
    }
}

#[component(crate = crate)]
impl TlsServer {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let (socket, listening) = self.listen().await?;
        on_channel(cx, socket, self.server.rules, listening).await
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

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsServer({:?})", self.server)
    }
}

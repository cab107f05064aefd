//! The handshake of a server, in the task of each connection.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsStream};

use crate::Handle;
use crate::net::tls::HandshakeReason;
use crate::net::tls::event::HandshakeFailed;
use crate::net::tls::socket::TlsSocket;
use crate::net::tls::start::{Agrees, Startable, Starts};
use crate::net::{Accepts, ServerTls, Serves};
use crate::stream::{Connection, DisconnectReason, Hears, Pump};

/// Accepts peers that have to speak TLS.
pub(super) struct TlsListener {
    pub(super) socket: TcpListener,
    pub(super) tls: ServerTls,
    pub(super) starts: Starts,
}

impl Accepts for TlsListener {
    type Socket = Accepted;
    type Peer = SocketAddr;

    async fn accept(&self) -> io::Result<(Accepted, SocketAddr)> {
        let (stream, peer) = self.socket.accept().await?;
        let tls = self.tls.clone();
        let accepted = match self.starts {
            Starts::AtOnce => Accepted::New(stream, tls),
            Starts::OnRequest => Accepted::Plain(Startable { stream, tls }),
        };
        Ok((accepted, peer))
    }
}

/// A peer, before its handshake and after.
pub(super) enum Accepted {
    New(TcpStream, ServerTls),
    /// Its handshake comes when it is asked for.
    Plain(Startable<ServerTls>),
    Secure(Box<TlsSocket>),
    Failed,
}

impl Accepted {
    async fn handshake(&mut self) -> Result<(), HandshakeReason> {
        match std::mem::replace(self, Self::Failed) {
            Self::New(stream, tls) => {
                *self = Self::Secure(Box::new(tls.agree(stream).await?));
            }
            ready => *self = ready,
        }
        Ok(())
    }
}

impl Agrees for ServerTls {
    async fn agree(self, stream: TcpStream) -> Result<TlsSocket, HandshakeReason> {
        let limit = self.limit();
        let accepted = TlsAcceptor::from(self.current()).accept(stream);
        let accepted = timeout(limit, accepted).await;
        let stream = accepted
            .map_err(|_| HandshakeReason::TimedOut(limit))?
            .map_err(|error| HandshakeReason::Failed(error.into()))?;
        let server_name = stream.get_ref().1.server_name().map(str::to_owned);
        Ok(TlsSocket {
            stream: TlsStream::from(stream),
            server_name,
        })
    }
}

impl Serves for Accepted {
    /// Nothing: what is not encrypted would not be understood.
    fn excuse(&self, words: &[u8]) {
        if let Self::Plain(socket) = self {
            socket.excuse(words);
        }
    }

    async fn prepare(&mut self, connection: &Connection, system: &Handle, channel: &str) -> bool {
        let Err(reason) = self.handshake().await else {
            return true;
        };
        let peer = connection.peer().clone();
        tracing::debug!(target: "circuits", %peer, %reason, "handshake");
        let failed = HandshakeFailed::new(peer, reason);
        system.on(channel).fire(failed).await;
        false
    }

    fn mark(&self, connection: &Connection) {
        match self {
            Self::Secure(socket) => socket.mark(connection),
            Self::Plain(socket) => socket.mark(connection),
            Self::New(..) | Self::Failed => {}
        }
    }

    async fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        match self {
            Self::Secure(socket) => socket.serve(pump, closing).await,
            Self::Plain(socket) => socket.serve(pump, closing).await,
            // Never in plain text, whatever comes.
            Self::New(..) | Self::Failed => {
                let reason = DisconnectReason::OwnerFailed;
                pump.leave(reason.clone()).await;
                reason
            }
        }
    }
}

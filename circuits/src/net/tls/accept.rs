//! The handshake of a server, in the task of each connection.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::{TlsAcceptor, TlsStream};

use crate::Handle;
use crate::net::tls::socket::TlsSocket;
use crate::net::tls::{HandshakeFailed, HandshakeReason};
use crate::net::{Accepts, ServerTls, Serves};
use crate::stream::{Connection, DisconnectReason, Hears, Pump, Secured};

/// Accepts peers that have to speak TLS.
pub(super) struct TlsListener {
    pub(super) socket: TcpListener,
    pub(super) tls: ServerTls,
}

impl Accepts for TlsListener {
    type Socket = Accepted;
    type Peer = SocketAddr;

    async fn accept(&self) -> io::Result<(Accepted, SocketAddr)> {
        let (stream, peer) = self.socket.accept().await?;
        let tls = self.tls.clone();
        Ok((Accepted::Plain(stream, tls), peer))
    }
}

/// A peer, before its handshake and after.
pub(super) enum Accepted {
    Plain(TcpStream, ServerTls),
    Secure(Box<TlsSocket>),
    Failed,
}

impl Accepted {
    async fn handshake(&mut self) -> Result<(), HandshakeReason> {
        let Self::Plain(stream, tls) = std::mem::replace(self, Self::Failed) else {
            return Ok(());
        };
        let limit = tls.limit();
        let accepted = TlsAcceptor::from(tls.current()).accept(stream);
        let accepted = timeout(limit, accepted).await;
        let stream = accepted
            .map_err(|_| HandshakeReason::TimedOut(limit))?
            .map_err(|error| HandshakeReason::Failed(error.into()))?;
        let server_name = stream.get_ref().1.server_name().map(str::to_owned);
        *self = Self::Secure(Box::new(TlsSocket {
            stream: TlsStream::from(stream),
            server_name,
        }));
        Ok(())
    }
}

impl Serves for Accepted {
    /// Nothing: what is not encrypted would not be understood.
    fn excuse(&self, _words: &[u8]) {}

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

    fn secured(&self) -> Option<Secured> {
        match self {
            Self::Secure(socket) => socket.secured(),
            _ => None,
        }
    }

    async fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        match self {
            Self::Secure(socket) => socket.serve(pump, closing).await,
            // Never in plain text, whatever comes.
            _ => {
                let reason = DisconnectReason::OwnerFailed;
                pump.leave(reason.clone()).await;
                reason
            }
        }
    }
}

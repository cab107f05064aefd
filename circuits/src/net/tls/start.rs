//! Connections that begin in plain text, and go over to TLS when a handler says so.

use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::net::Serves;
use crate::net::socket::leave;
use crate::net::tls::HandshakeReason;
use crate::net::tls::event::{HandshakeFailed, TlsStarted};
use crate::net::tls::socket::TlsSocket;
use crate::stream::{Connection, DisconnectReason, Hears, Pump, closed};

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Starts {
    /// With the connection.
    AtOnce,
    /// When a handler says so.
    OnRequest,
}

/// One side of a handshake, which has a time limit.
pub(super) trait Agrees: Send + 'static {
    fn agree(
        self,
        stream: TcpStream,
    ) -> impl Future<Output = Result<TlsSocket, HandshakeReason>> + Send;
}

/// A socket in plain text that may go over to TLS.
pub(super) struct Startable<T> {
    pub(super) stream: TcpStream,
    pub(super) tls: T,
}

impl<T: Agrees> Serves for Startable<T> {
    fn excuse(&self, words: &[u8]) {
        self.stream.excuse(words);
    }

    fn mark(&self, connection: &Connection) {
        connection.allow_tls();
    }

    async fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        mut closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        let Self { mut stream, tls } = self;
        let (mut source, mut sink) = stream.split();
        let ran = pump.run_to_turn(&mut source, &mut sink, &mut closing);
        if let Some(reason) = ran.await {
            return leave(stream, pump, reason).await;
        }
        let agreed = tokio::select! {
            biased;
            reason = pump.ended() => Err(reason),
            () = closed(&mut closing) => Err(DisconnectReason::OwnerStopped),
            agreed = tls.agree(stream) => match agreed {
                Ok(socket) => Ok(socket),
                Err(reason) => Err(fail(&pump, reason).await),
            },
        };
        let socket = match agreed {
            Ok(socket) => socket,
            Err(reason) => {
                pump.leave(reason.clone()).await;
                return reason;
            }
        };
        socket.mark(pump.connection());
        pump.tell(TlsStarted::new(pump.connection().clone())).await;
        pump.turned();
        socket.serve(pump, closing).await
    }
}

/// Tells that there is no TLS, and returns why the connection ends.
async fn fail<H: Hears>(pump: &Pump<H>, reason: HandshakeReason) -> DisconnectReason {
    let connection = pump.connection();
    let peer = connection.peer();
    tracing::debug!(target: "circuits", %peer, %reason, "handshake");
    pump.tell(HandshakeFailed::of(connection, reason.clone()))
        .await;
    DisconnectReason::Insecure(reason.into())
}

//! What the sockets have in common: they accept, and they serve a stream.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

use crate::Handle;
use crate::net::linger;
use crate::stream::{Connection, DisconnectReason, Hears, Peer, Pump};

/// A socket that peers connect to.
pub(crate) trait Accepts: Send + Sync + 'static {
    type Socket: Serves;
    type Peer: Into<Peer> + Clone + Send;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Socket, Self::Peer)>> + Send;
}

/// A socket that is connected.
pub(crate) trait Serves: Send + 'static {
    /// Sends what does not need waiting for.
    fn excuse(&self, words: &[u8]);

    /// Does what comes before a connection is told, in its own task; `false` if there is
    /// none then, which it has told on the channel itself. Dropped where the owner closes.
    fn prepare(
        &mut self,
        _connection: &Connection,
        _system: &Handle,
        _channel: &str,
    ) -> impl Future<Output = bool> + Send {
        std::future::ready(true)
    }

    /// Says on a connection, before it is told, what is known of it.
    fn mark(&self, _connection: &Connection) {}

    /// Moves the bytes until the end, then closes the socket and tells it.
    fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        closing: watch::Receiver<()>,
    ) -> impl Future<Output = DisconnectReason> + Send;
}

impl Accepts for TcpListener {
    type Socket = TcpStream;
    type Peer = SocketAddr;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        TcpListener::accept(self).await
    }
}

impl Serves for TcpStream {
    fn excuse(&self, words: &[u8]) {
        let _ = self.try_write(words);
    }

    async fn serve<H: Hears>(
        mut self,
        pump: Pump<H>,
        mut closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        let (mut source, mut sink) = self.split();
        let reason = pump.run(&mut source, &mut sink, &mut closing).await;
        leave(self, pump, reason).await
    }
}

/// Closes a socket, then tells it.
pub(super) async fn leave<H: Hears>(
    socket: TcpStream,
    pump: Pump<H>,
    reason: DisconnectReason,
) -> DisconnectReason {
    let may_answer = !matches!(
        reason,
        DisconnectReason::WriteTimeout(_) | DisconnectReason::Failed(_)
    );
    if may_answer {
        linger(socket).await;
    } else {
        drop(socket);
    }
    pump.leave(reason.clone()).await;
    reason
}

impl Serves for UnixStream {
    fn excuse(&self, words: &[u8]) {
        let _ = self.try_write(words);
    }

    async fn serve<H: Hears>(
        mut self,
        pump: Pump<H>,
        mut closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        let (mut source, mut sink) = self.split();
        let reason = pump.run(&mut source, &mut sink, &mut closing).await;
        // Bytes that were sent stay readable for the peer, whatever is unread here.
        drop(self);
        pump.leave(reason.clone()).await;
        reason
    }
}

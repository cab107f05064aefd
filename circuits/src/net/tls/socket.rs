//! A TCP socket that speaks TLS once the handshake is done.

use bytes::Bytes;
use tokio::io::split;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsStream;

use crate::net::Serves;
use crate::net::socket::leave;
use crate::stream::{Connection, DisconnectReason, Hears, Pump, Secured};

/// A socket whose handshake is done.
pub(super) struct TlsSocket {
    pub(super) stream: TlsStream<TcpStream>,
    pub(super) server_name: Option<String>,
}

impl Serves for TlsSocket {
    /// Nothing: what is not yet encrypted would not be understood.
    fn excuse(&self, _words: &[u8]) {}

    fn mark(&self, connection: &Connection) {
        let (_, state) = self.stream.get_ref();
        let shown = state.peer_certificates().unwrap_or_default();
        connection.secure(Secured {
            peer_certificates: shown
                .iter()
                .map(|der| Bytes::copy_from_slice(der))
                .collect(),
            protocol: state.alpn_protocol().map(Bytes::copy_from_slice),
            server_name: self.server_name.clone(),
        });
    }

    async fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        mut closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        let (mut source, mut sink) = split(self.stream);
        let reason = pump.run(&mut source, &mut sink, &mut closing).await;
        let socket = match source.unsplit(sink) {
            TlsStream::Client(stream) => stream.into_inner().0,
            TlsStream::Server(stream) => stream.into_inner().0,
        };
        leave(socket, pump, reason).await
    }
}

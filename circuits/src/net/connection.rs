//! One connection of a server, from its first event to its last.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::Handle;
use crate::net::linger;
use crate::stream::{Connection, DisconnectReason, Limits, Pump};

/// A connection that was accepted.
pub(super) struct Accepted {
    pub(super) connection: Connection,
    pub(super) limits: Limits,
    pub(super) system: Handle,
    pub(super) channel: Arc<str>,
    /// Tells when the server closes.
    pub(super) closing: watch::Receiver<()>,
}

impl Accepted {
    /// Serves the peer until one of the two, or the server, ends it.
    pub(super) async fn serve(mut self, mut stream: TcpStream) {
        let pump = Pump::open(self.connection, self.limits, self.system, self.channel).await;
        let (mut source, mut sink) = stream.split();
        let reason = pump.run(&mut source, &mut sink, &mut self.closing).await;
        let may_answer = !matches!(
            reason,
            DisconnectReason::WriteTimeout(_) | DisconnectReason::Failed(_)
        );
        if may_answer {
            linger(stream).await;
        }
        pump.leave(reason).await;
    }
}

//! Binding, and the task that accepts connections.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};

use crate::Handle;
use crate::net::{BindError, Refused};
use crate::stream::{Closing, closed};

/// When the system has no file for another socket, accepting pauses so long.
const PAUSE: Duration = Duration::from_millis(50);

/// Listens on an address; says which one it became.
pub(crate) async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), BindError> {
    let failed = |error| BindError::new(address, error);
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    Ok((socket, bound))
}

/// Accepts connections and owns their tasks, which end with it.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    /// So many connections at a time; further ones are refused.
    pub(crate) limit: usize,
    pub(crate) system: Handle,
    pub(crate) channel: String,
    /// Written to a peer that is refused.
    pub(crate) excuse: &'static [u8],
}

impl Listener {
    /// Accepts until the gate closes, then waits for the connections to end.
    ///
    /// A connection that panics ends alone.
    pub(crate) async fn run<F>(
        self,
        closing: Closing,
        mut serve: impl FnMut(TcpStream, SocketAddr) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut gate = closing.watch();
        let mut connections = JoinSet::new();
        let mut refused = 0;
        loop {
            let accepted = tokio::select! {
                biased;
                () = closed(&mut gate) => break,
                Some(ended) = connections.join_next() => {
                    report(ended);
                    continue;
                }
                accepted = self.socket.accept() => accepted,
            };
            let step = async {
                match accepted {
                    Ok((stream, peer)) if connections.len() < self.limit => {
                        connections.spawn(serve(stream, peer));
                    }
                    Ok((stream, peer)) => {
                        refused += 1;
                        self.refuse(stream, Refused::new(peer, refused)).await;
                    }
                    Err(error) => pause(error).await,
                }
            };
            tokio::select! {
                biased;
                () = step => {}
                () = closed(&mut gate) => break,
            }
        }
        drop(self);
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    }

    async fn refuse(&self, stream: TcpStream, refused: Refused) {
        // What does not fit into an empty socket buffer is not worth waiting for.
        let _ = stream.try_write(self.excuse);
        drop(stream);
        tracing::warn!(target: "circuits", peer = %refused.peer, count = refused.count, "refused");
        self.system.on(&self.channel).fire(refused).await;
    }
}

/// Accepting fails for one peer, or for lack of files: neither ends a server.
async fn pause(error: io::Error) {
    tracing::warn!(target: "circuits", %error, "accept");
    tokio::time::sleep(PAUSE).await;
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(target: "circuits", %error, "a connection panicked");
    }
}

//! The task that accepts connections.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};

use crate::net::{AcceptFailed, Accepts, ConnectionLimit, Refused, Serves};
use crate::stream::{Closing, Peer, closed};
use crate::{Backoff, Handle};

/// When the system has no file or memory for another socket, accepting pauses so
/// long, longer each time.
const PAUSE: Backoff = Backoff::exponential(Duration::from_millis(10), Duration::from_secs(1));

/// Accepts connections and owns their tasks, which end with it.
pub(crate) struct Listener<A: Accepts> {
    pub(crate) socket: A,
    /// So many connections at a time; further ones are refused.
    pub(crate) limit: usize,
    /// So many from one address.
    pub(crate) per_address: Option<usize>,
    pub(crate) system: Handle,
    pub(crate) channel: String,
    /// Written to a peer that is refused.
    pub(crate) excuse: &'static [u8],
}

impl<A: Accepts> Listener<A> {
    /// Accepts until the gate closes, then waits for the connections to end.
    ///
    /// A connection that panics ends alone.
    pub(crate) async fn run<F>(
        self,
        closing: Closing,
        mut serve: impl FnMut(A::Socket, A::Peer) -> F,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut gate = closing.watch();
        let mut connections = JoinSet::new();
        let seats = Seats::new(self.per_address);
        let (mut refused, mut failures) = (0, 0);
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
                let (socket, peer) = match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => return self.pause(error, &mut failures).await,
                };
                failures = 0;
                match seats.take(&peer, connections.len(), self.limit) {
                    Ok(seat) => {
                        let serving = serve(socket, peer);
                        connections.spawn(async move {
                            serving.await;
                            drop(seat);
                        });
                    }
                    Err(limit) => {
                        refused += 1;
                        let refused = Refused::new(peer.into(), limit, refused);
                        self.refuse(socket, refused).await;
                    }
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

    /// Accepting fails for one peer, or for lack of files or memory: neither ends a
    /// server.
    async fn pause(&self, error: io::Error, failures: &mut u32) {
        tracing::warn!(target: "circuits", %error, "accept");
        let is_the_peers = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::Interrupted
                | io::ErrorKind::PermissionDenied
        );
        if !is_the_peers {
            let pause = PAUSE.delay(*failures);
            *failures = failures.saturating_add(1);
            let failed = AcceptFailed::new(error, pause, *failures);
            self.system.on(&self.channel).fire(failed).await;
            tokio::time::sleep(pause).await;
        }
    }

    async fn refuse(&self, socket: A::Socket, refused: Refused) {
        // What does not fit into an empty socket buffer is not worth waiting for.
        socket.excuse(self.excuse);
        drop(socket);
        tracing::warn!(target: "circuits", peer = %refused.peer, count = refused.count, "refused");
        self.system.on(&self.channel).fire(refused).await;
    }
}

/// How many connections each address has, where that is limited.
struct Seats {
    per_address: Option<usize>,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// The place of one connection; dropped, it is free.
struct Seat {
    address: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Seats {
    fn new(per_address: Option<usize>) -> Self {
        let taken = Arc::default();
        Self { per_address, taken }
    }

    fn take(
        &self,
        peer: &(impl Into<Peer> + Clone),
        open: usize,
        limit: usize,
    ) -> Result<Option<Seat>, ConnectionLimit> {
        if open >= limit {
            return Err(ConnectionLimit::InAll(limit));
        }
        let Some(most) = self.per_address else {
            return Ok(None);
        };
        let peer: Peer = peer.clone().into();
        let Some(address) = peer.ip().map(|address| address.to_canonical()) else {
            return Ok(None);
        };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(&address).copied().unwrap_or_default();
        if count >= most {
            return Err(ConnectionLimit::PerAddress(most));
        }
        taken.insert(address, count + 1);
        let taken = self.taken.clone();
        Ok(Some(Seat { address, taken }))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(target: "circuits", %error, "a connection panicked");
    }
}

//! The handle to one stream, and the id that names it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::ComponentId;
use crate::stream::outbox::Outbox;
use crate::stream::{DisconnectReason, Peer, Secured, WriteError};

/// So many bits of a connection's number count within one life of its owner.
const COUNT_BITS: u32 = 40;

/// Names one stream of one component; never used again within a system, also
/// not after the component was restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    owner: ComponentId,
    /// The owner's life, then the count within it.
    number: u64,
}

impl ConnectionId {
    pub(crate) fn new(owner: ComponentId, life: u64, count: u64) -> Self {
        let number = (life << COUNT_BITS) | count;
        Self { owner, number }
    }

    /// Returns the id of the component that the stream belongs to.
    pub fn owner(&self) -> ComponentId {
        self.owner
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (life, count) = (
            self.number >> COUNT_BITS,
            self.number & ((1 << COUNT_BITS) - 1),
        );
        write!(f, "{}.{life}.{count}", self.owner)
    }
}

/// A handle to one stream: cheap to clone, usable from any thread, equal to
/// another one of the same stream.
///
/// It may be kept for longer than the stream lasts, and does not keep it open.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::stream::{Connected, WriteError};
///
/// #[component(channel = "tcp")]
/// struct Greeter;
///
/// #[component]
/// impl Greeter {
///     #[handler("connected")]
///     async fn connected(&self, event: &Connected) -> Result<(), WriteError> {
///         event.connection.write("Ready\n").await
///     }
/// }
/// # drop(Greeter);
/// ```
#[derive(Clone)]
pub struct Connection {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    id: ConnectionId,
    peer: Peer,
    outbox: Outbox,
    /// Set once, before the first byte that is secured.
    pub(super) secured: OnceLock<Secured>,
}

impl Connection {
    /// Makes the handle of a stream of which so many bytes may wait to be written.
    pub(crate) fn new(id: ConnectionId, peer: impl Into<Peer>, queue: usize) -> Self {
        let shared = Arc::new(Shared {
            id,
            peer: peer.into(),
            outbox: Outbox::new(queue),
            secured: OnceLock::new(),
        });
        Self { shared }
    }

    /// Returns the id of the stream.
    pub fn id(&self) -> ConnectionId {
        self.shared.id
    }

    /// Returns who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.shared.peer
    }

    /// Returns what the TLS handshake has settled; `None` where the bytes are plain.
    pub fn secured(&self) -> Option<&Secured> {
        self.shared.secured.get()
    }

    /// Queues data and waits until the queue has room: so awaiting it keeps pace
    /// with the peer.
    ///
    /// Data is written in the order in which it is queued, which is that of the first
    /// polls. A queue that is full takes one chunk more of each writer that waits.
    ///
    /// # Errors
    /// The stream has ended, ends while the data waits, or its sending side is
    /// finished. Data for which there was room may still be lost if it ends.
    ///
    /// # Cancel safety
    /// What is dropped before its first poll has queued nothing; afterwards all is
    /// queued, and only the wait ends.
    pub async fn write(&self, data: impl Into<Bytes>) -> Result<(), WriteError> {
        match self.outbox().push(data.into()).await {
            true => Ok(()),
            false => Err(WriteError::Ended),
        }
    }

    /// Queues data if there is room for it, without waiting. An empty queue takes a
    /// chunk of any size.
    ///
    /// # Errors
    /// There is no room, or the stream has ended.
    pub fn try_write(&self, data: impl Into<Bytes>) -> Result<(), WriteError> {
        self.outbox().try_push(data.into())
    }

    /// Waits until all that is queued has been handed to the system, or is lost since
    /// the stream has ended.
    pub async fn flushed(&self) {
        self.outbox().emptied().await;
    }

    /// Closes the sending side once what is queued has been written; reading goes on.
    /// `false` if that was done before.
    pub fn finish(&self) -> bool {
        self.outbox().close()
    }

    /// Closes the stream once the running handler has answered and what is queued has
    /// been written; `false` if it has ended, or was closed before.
    ///
    /// It does not wait for the end: [`Disconnected`](crate::stream::Disconnected)
    /// tells that, and so does [`ended`](Self::ended).
    pub fn close(&self) -> bool {
        self.outbox().end(DisconnectReason::Closed)
    }

    /// Says whether the stream has not ended.
    pub fn is_open(&self) -> bool {
        !self.outbox().is_left()
    }

    /// Says whether the stream has ended, or is about to: nothing more is read from it.
    pub fn is_closing(&self) -> bool {
        !self.is_open() || self.outbox().ending().is_some()
    }

    /// Waits until the stream has ended: until `Disconnected` is fired.
    pub async fn ended(&self) {
        self.outbox().left().await;
    }

    pub(super) fn outbox(&self) -> &Outbox {
        &self.shared.outbox
    }
}

impl PartialEq for Connection {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Connection {}

impl Hash for Connection {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({}, {})", self.id(), self.peer())
    }
}

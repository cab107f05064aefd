//! What sockets tell and can be asked, beside what all streams do.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;

use crate::stream::{Connection, Peer};
use crate::{Error, Event};

/// Fired when a socket is bound: at the start of each life of a server, before its
/// first connection, and of a UDP socket, before its first datagram.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Listening {
    /// The address, with the port that the system chose if 0 was asked for.
    pub address: SocketAddr,
}

impl Listening {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address }
    }
}

/// Fired when a server listens at a path: at the start of each of its lives, before
/// its first connection.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct ListeningAt {
    /// The path of the socket.
    pub path: PathBuf,
}

impl ListeningAt {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

/// Fired when a peer was turned away, since the server has as many connections
/// as it may have.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Refused {
    /// The peer.
    pub peer: Peer,
    /// Which limit it would have passed.
    pub limit: ConnectionLimit,
    /// How many were refused in this life of the server, this one included.
    pub count: u64,
}

impl Refused {
    pub(crate) fn new(peer: Peer, limit: ConnectionLimit, count: u64) -> Self {
        Self { peer, limit, count }
    }
}

/// A limit on the number of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionLimit {
    /// So many in all.
    InAll(usize),
    /// So many from one address.
    PerAddress(usize),
}

/// Fired when a server cannot accept for lack of what the system gives, such as
/// descriptors: peers wait meanwhile, and the server tries again after a pause, without
/// end. There is one for each attempt, and so no more than pauses: from 10 ms on, twice as
/// long each time, up to 1 s.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct AcceptFailed {
    /// What the system says.
    pub error: Error,
    /// After which time the server tries again.
    pub pause: Duration,
    /// So many attempts have failed since the last that did not, this one included.
    pub count: u32,
}

impl AcceptFailed {
    pub(crate) fn new(error: impl Into<Error>, pause: Duration, count: u32) -> Self {
        let error = error.into();
        Self {
            error,
            pause,
            count,
        }
    }
}

/// Asks a client to connect; the reply is the connection.
///
/// A client that is connected, or about to be, fails it. So does one that cannot
/// connect, with the reason, after [`Unreachable`] is fired; where it is to
/// reconnect, it tries again all the same.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = Connection, crate = crate)]
pub struct Connect {
    /// Where to: host and port, or a path; `None` is where it was made for.
    pub address: Option<String>,
}

impl Connect {
    /// Asks for a connection to this address, which becomes the client's own.
    pub fn to(address: impl ToString) -> Self {
        Self {
            address: Some(address.to_string()),
        }
    }

    /// Asks for a connection to the client's own address.
    pub fn again() -> Self {
        Self { address: None }
    }
}

/// Fired when a client cannot connect, at once.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Unreachable {
    /// Where to.
    pub address: String,
    /// Why not.
    pub reason: UnreachableReason,
    /// After which time the client tries again, if it does.
    pub retry: Option<Duration>,
}

impl Unreachable {
    pub(crate) fn new(address: &str, reason: UnreachableReason, retry: Option<Duration>) -> Self {
        Self {
            address: address.to_owned(),
            reason,
            retry,
        }
    }
}

/// Why a client cannot connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum UnreachableReason {
    /// The name is none, or has no address.
    Unresolved(Error),
    /// Whoever is there refuses, or nobody can be reached.
    Failed(Error),
    /// The peer answers, but the TLS handshake fails.
    Insecure(Error),
    /// There was no answer in this time.
    TimedOut(Duration),
}

impl fmt::Display for UnreachableReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unresolved(error) => write!(f, "the name is not known: {error}"),
            Self::Failed(error) => error.fmt(f),
            Self::Insecure(error) => write!(f, "the TLS handshake failed: {error}"),
            Self::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

/// Fired for each datagram that a UDP socket receives.
///
/// What a handler replies is sent back as one datagram; of several replies, that of
/// the handler with the highest priority.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = Bytes, crate = crate)]
#[non_exhaustive]
pub struct Datagram {
    /// Who sent it.
    pub peer: SocketAddr,
    /// All of it; may be empty.
    pub data: Bytes,
}

impl Datagram {
    pub(crate) fn new(peer: SocketAddr, data: Bytes) -> Self {
        Self { peer, data }
    }
}

/// Asks a UDP socket to send one datagram. The reply is its length, and comes when the
/// system has taken it; one that is too large, or has no way, fails.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = usize, crate = crate)]
pub struct SendTo {
    /// Whom to.
    pub peer: SocketAddr,
    /// All of it.
    pub data: Bytes,
}

impl SendTo {
    /// Asks for a datagram to this address.
    pub fn new(peer: SocketAddr, data: impl Into<Bytes>) -> Self {
        let data = data.into();
        Self { peer, data }
    }
}

/// Asks a UDP socket on an IPv4 address to send one datagram to all hosts of the local
/// network; answered as [`SendTo`].
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = usize, crate = crate)]
pub struct Broadcast {
    /// To this port of each.
    pub port: u16,
    /// All of it.
    pub data: Bytes,
}

impl Broadcast {
    /// Asks for a datagram to this port of all.
    pub fn new(port: u16, data: impl Into<Bytes>) -> Self {
        let data = data.into();
        Self { port, data }
    }
}

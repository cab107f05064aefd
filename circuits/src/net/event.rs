//! What servers tell and what they can be asked.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::{ComponentId, Error, Event};

/// So many bits of a connection's number count within one life of its server.
const COUNT_BITS: u32 = 40;

/// Names one connection of one server; never used again within a system, also
/// not after the server was restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    server: ComponentId,
    /// The server's life, then the count within it.
    number: u64,
}

impl ConnectionId {
    pub(crate) fn new(server: ComponentId, life: u64, count: u64) -> Self {
        let number = (life << COUNT_BITS) | count;
        Self { server, number }
    }

    /// Returns the id of the server that the connection belongs to.
    pub fn server(&self) -> ComponentId {
        self.server
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (life, count) = (
            self.number >> COUNT_BITS,
            self.number & ((1 << COUNT_BITS) - 1),
        );
        write!(f, "{}.{life}.{count}", self.server)
    }
}

/// Fired when a server listens: at the start of each of its lives, before its
/// first connection.
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

/// Fired when a peer has connected, before its first [`Read`].
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Connected {
    /// The connection.
    pub connection: ConnectionId,
    /// The peer's address.
    pub peer: SocketAddr,
}

impl Connected {
    pub(crate) fn new(connection: ConnectionId, peer: SocketAddr) -> Self {
        Self { connection, peer }
    }
}

/// Fired for each piece that was read from a peer: as it came, at most
/// [`TcpServer::read_size`](crate::net::TcpServer::read_size) bytes, or one
/// whole line without its terminator.
///
/// What a handler replies is written back as it is; of several replies, that
/// of the handler with the highest priority. The connection is not read on
/// before every handler of the event is done.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = Bytes, crate = crate)]
#[non_exhaustive]
pub struct Read {
    /// The connection.
    pub connection: ConnectionId,
    /// The bytes; never empty, except for an empty line.
    pub data: Bytes,
}

impl Read {
    pub(crate) fn new(connection: ConnectionId, data: Bytes) -> Self {
        Self { connection, data }
    }
}

/// Fired once for each [`Connected`], whatever ended the connection: the last
/// event about it.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Disconnected {
    /// The connection.
    pub connection: ConnectionId,
    /// Why it ended.
    pub reason: DisconnectReason,
}

impl Disconnected {
    pub(crate) fn new(connection: ConnectionId, reason: DisconnectReason) -> Self {
        Self { connection, reason }
    }
}

/// Why a connection ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer has closed it, or its sending side.
    PeerClosed,
    /// A [`Close`] asked for it.
    Closed,
    /// The peer sent a line that is longer than the limit, which is given.
    LineTooLong(usize),
    /// The peer sent nothing for this time.
    Idle(Duration),
    /// The peer took nothing of what was written to it for this time.
    WriteTimeout(Duration),
    /// Reading or writing failed.
    Failed(Error),
    /// The server stopped in order.
    ServerStopped,
    /// The server was killed or crashed; what was queued is lost.
    ServerFailed,
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PeerClosed => f.write_str("the peer has closed the connection"),
            Self::Closed => f.write_str("a component closed the connection"),
            Self::LineTooLong(limit) => write!(f, "a line is longer than {limit} bytes"),
            Self::Idle(limit) => write!(f, "the peer sent nothing for {limit:?}"),
            Self::WriteTimeout(limit) => write!(f, "the peer took nothing for {limit:?}"),
            Self::Failed(error) => write!(f, "the connection failed: {error}"),
            Self::ServerStopped => f.write_str("the server has stopped"),
            Self::ServerFailed => f.write_str("the server was killed or crashed"),
        }
    }
}

/// Fired when a peer was turned away, since the server has as many connections
/// as it may have.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Refused {
    /// The peer's address.
    pub peer: SocketAddr,
    /// How many were refused in this life of the server, this one included.
    pub count: u64,
}

impl Refused {
    pub(crate) fn new(peer: SocketAddr, count: u64) -> Self {
        Self { peer, count }
    }
}

/// Asks a server to write to one of its connections.
///
/// Writes to one connection are written in the order in which they reach the
/// server. The reply is `true` once the data has room in the connection's
/// queue, so awaiting a call keeps pace with the peer; it is `false` if the
/// connection has ended.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
pub struct Write {
    /// The connection.
    pub connection: ConnectionId,
    /// What to write.
    pub data: Bytes,
}

/// Asks a server to close one of its connections once the running handler has
/// answered and what is queued has been written.
///
/// The reply tells whether the connection was still open. It does not wait for
/// the end: [`Disconnected`] tells that.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
pub struct Close {
    /// The connection.
    pub connection: ConnectionId,
}

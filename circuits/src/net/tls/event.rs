//! What is told of handshakes that stand for themselves.

use std::fmt;
use std::time::Duration;

use crate::net::{Connection, Peer};
use crate::{Error, Event};

/// Fired when a connection has gone over to TLS, as
/// [`Connection::start_tls`](crate::net::Connection::start_tls) has asked: all that is
/// read and written from now on is encrypted, and
/// [`secured`](crate::net::Connection::secured) says what was settled.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct TlsStarted {
    /// The connection.
    pub connection: Connection,
}

impl TlsStarted {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }
}

/// Fired when the handshake with a peer has failed: of a server that begins with it,
/// nothing else is told of the peer; of a connection that was to go over to TLS, its end.
/// Others notice nothing.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct HandshakeFailed {
    /// The peer.
    pub peer: Peer,
    /// The connection, where it was open in plain text before.
    pub connection: Option<Connection>,
    /// Why.
    pub reason: HandshakeReason,
}

impl HandshakeFailed {
    pub(super) fn new(peer: Peer, reason: HandshakeReason) -> Self {
        Self {
            peer,
            connection: None,
            reason,
        }
    }

    /// The handshake of a connection that was open before.
    pub(super) fn of(connection: &Connection, reason: HandshakeReason) -> Self {
        let mut failed = Self::new(connection.peer().clone(), reason);
        failed.connection = Some(connection.clone());
        failed
    }
}

/// Why a handshake has failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HandshakeReason {
    /// The peer does not speak TLS, refuses our certificate, shows none or a wrong one
    /// of its own, or there is no protocol that both know.
    Failed(Error),
    /// It was not done within this time.
    TimedOut(Duration),
}

impl std::error::Error for HandshakeReason {}

impl fmt::Display for HandshakeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "the TLS handshake failed: {error}"),
            Self::TimedOut(limit) => write!(f, "no TLS handshake within {limit:?}"),
        }
    }
}

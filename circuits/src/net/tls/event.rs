//! What a server tells of peers with which it cannot agree.

use std::fmt;
use std::time::Duration;

use crate::net::Peer;
use crate::{Error, Event};

/// Fired when the handshake with a peer has failed: nothing else is told of it, and
/// others notice nothing.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct HandshakeFailed {
    /// The peer.
    pub peer: Peer,
    /// Why.
    pub reason: HandshakeReason,
}

impl HandshakeFailed {
    pub(super) fn new(peer: Peer, reason: HandshakeReason) -> Self {
        Self { peer, reason }
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

impl fmt::Display for HandshakeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => write!(f, "the TLS handshake failed: {error}"),
            Self::TimedOut(limit) => write!(f, "no TLS handshake within {limit:?}"),
        }
    }
}

//! What servers tell, beside what all streams do.

use std::net::SocketAddr;

use crate::Event;

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

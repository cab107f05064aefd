//! What can go wrong before a socket serves.

use std::io;

use crate::net::UnreachableReason;

/// A component cannot listen on its address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`")]
pub struct BindError {
    address: String,
    source: io::Error,
}

impl BindError {
    pub(crate) fn new(address: &str, source: io::Error) -> Self {
        Self {
            address: address.to_owned(),
            source,
        }
    }

    /// Returns the address as it was given.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// A client does not connect as it was asked to.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// It is connected, or about to be.
    #[error("the client is connected already, or about to be")]
    Busy,
    /// It was given no address.
    #[error("the client does not know where to connect to")]
    NoAddress,
    /// It was told to close, or stops.
    #[error("the client was closed before it was connected")]
    Closed,
    /// It cannot connect.
    #[error("cannot connect to `{address}`: {reason}")]
    Unreachable {
        /// Where to.
        address: String,
        /// Why not.
        reason: UnreachableReason,
    },
}

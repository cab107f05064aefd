//! What can go wrong before a server listens.

use std::io;

/// A server cannot listen on its address.
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

//! Why something cannot be written.

use bytes::Bytes;

/// A connection does not take what was to be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// It has ended, or ended while the data waited.
    #[error("the connection has ended")]
    Ended,
    /// Its queue has no room; the data is given back.
    #[error("the write queue of the connection is full")]
    Full(Bytes),
}

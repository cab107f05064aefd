//! Why a stream has ended.

use std::fmt;
use std::time::Duration;

use crate::Error;

/// Why a stream has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The peer has closed it, or its sending side: the bytes have come to their end.
    PeerClosed,
    /// A component closed it.
    Closed,
    /// The peer sent a line that is longer than the limit, which is given.
    LineTooLong(usize),
    /// The peer sent nothing for this time.
    Idle(Duration),
    /// The peer took nothing of what was written to it for this time.
    WriteTimeout(Duration),
    /// Reading or writing failed.
    Failed(Error),
    /// The peer speaks TLS to a server in plain text that refuses it.
    TlsRefused,
    /// It was to be encrypted, and the TLS handshake failed or took too long.
    Insecure(Error),
    /// The component that it belongs to stopped in order.
    OwnerStopped,
    /// The component that it belongs to was killed or crashed; what was queued is
    /// lost.
    OwnerFailed,
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
            Self::TlsRefused => f.write_str("the peer speaks TLS where plain text is expected"),
            Self::Insecure(error) => error.fmt(f),
            Self::OwnerStopped => f.write_str("its component has stopped"),
            Self::OwnerFailed => f.write_str("its component was killed or crashed"),
        }
    }
}

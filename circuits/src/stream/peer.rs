//! Who is at the other end of a stream.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The other end of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Peer {
    /// A host and its port.
    Socket(SocketAddr),
    /// Something in the file system: a file, a device, a Unix socket.
    Path(PathBuf),
    /// What was said when the stream was made.
    Name(Arc<str>),
    /// Nothing is known of it, as of the client of a Unix socket.
    Unnamed,
}

impl Peer {
    /// Returns host and port, if it is a socket's.
    pub fn socket(&self) -> Option<SocketAddr> {
        match self {
            Self::Socket(address) => Some(*address),
            _ => None,
        }
    }

    /// Returns the host, if it is a socket's.
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket().map(|address| address.ip())
    }

    /// Returns the path, if it has one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Path(path) => path.display().fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Unnamed => f.write_str("unnamed"),
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        Self::Socket(address)
    }
}

impl From<PathBuf> for Peer {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&str> for Peer {
    fn from(name: &str) -> Self {
        Self::Name(name.into())
    }
}

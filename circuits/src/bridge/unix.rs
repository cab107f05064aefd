//! Bridges over Unix sockets.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::{UnixListener, UnixStream};

use crate::bridge::Bridge;
use crate::bridge::source::{Opened, Opening, Source};

impl Bridge {
    /// Makes one that connects to a Unix socket, where another bridge accepts.
    ///
    /// A start fails where nobody listens there, unless it is to
    /// [`reconnect`](Self::reconnect).
    pub fn connect(path: impl Into<PathBuf>) -> Self {
        Self::from_source(Connect(path.into()))
    }

    /// Makes one that waits for the other side at a Unix socket. It takes one peer
    /// at a time; the next one only if it is to [`reconnect`](Self::reconnect).
    ///
    /// The start does not wait for the peer: [`Ready`](crate::bridge::Ready) tells.
    /// For many peers at a time, accept them yourself, and register a
    /// [`Bridge::over`] for each.
    pub fn accept(listener: impl Into<Arc<UnixListener>>) -> Self {
        Self::from_source(Accept(listener.into()))
    }
}

struct Connect(PathBuf);

impl Source for Connect {
    fn open(&self) -> Opening<'_> {
        Box::pin(async {
            let stream = UnixStream::connect(&self.0).await?;
            Ok(Opened::over(stream))
        })
    }
}

struct Accept(Arc<UnixListener>);

impl Source for Accept {
    fn open(&self) -> Opening<'_> {
        Box::pin(async {
            let (stream, _) = self.0.accept().await?;
            Ok(Opened::over(stream))
        })
    }

    fn is_awaited(&self) -> bool {
        false
    }
}

//! Where links come from.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::process::Child;

use crate::bridge::LinkError;

/// What a link goes over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A stream, and the process at its other end where this side has started it.
pub(super) struct Opened {
    pub(super) stream: Box<dyn Stream>,
    pub(super) process: Option<Child>,
}

impl Opened {
    pub(super) fn over(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            process: None,
        }
    }
}

pub(super) type Opening<'a> = Pin<Box<dyn Future<Output = Result<Opened, LinkError>> + Send + 'a>>;

/// Opens links, one after the other.
pub(super) trait Source: Send + Sync {
    fn open(&self) -> Opening<'_>;

    /// Tells whether a start waits for the first link, and fails with it.
    fn is_awaited(&self) -> bool {
        true
    }

    /// Tells whether there may be a link after this one.
    fn is_lasting(&self) -> bool {
        true
    }

    /// Tells whether it starts a process for each link.
    fn starts_processes(&self) -> bool {
        false
    }

    /// Tells whether the system ends with the last link.
    fn ends_system(&self) -> bool {
        false
    }
}

/// A stream that is there; there is no second one.
pub(super) struct Once(Mutex<Option<Box<dyn Stream>>>);

impl Once {
    pub(super) fn new(stream: impl Stream + 'static) -> Self {
        Self(Mutex::new(Some(Box::new(stream))))
    }
}

impl Source for Once {
    fn open(&self) -> Opening<'_> {
        let stream = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        Box::pin(async move { stream.map(Opened::over).ok_or(LinkError::PeerClosed) })
    }

    fn is_lasting(&self) -> bool {
        false
    }
}

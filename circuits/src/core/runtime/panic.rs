//! Panics, caught at the border of a component.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// Whether panics can be caught; the same for all crates of a program, as
/// cargo builds them.
pub(crate) const PANICS_UNWIND: bool = cfg!(panic = "unwind");

/// What a caught panic said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Panic {
    text: String,
}

impl Panic {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic whose payload is no text".to_owned());
        // The payload is the user's: dropping it may panic once more.
        let _ = catch_unwind(AssertUnwindSafe(move || drop(payload)));
        Self { text }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.text)
    }
}

impl std::error::Error for Panic {}

/// Runs a closure and turns a panic into a value.
pub(crate) fn guard<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(run)).map_err(Panic::new)
}

/// Polls a future and turns a panic into a value.
///
/// Unwind safety holds by construction: what a panicking future borrowed is a
/// component's state, which is dropped with that life and never used again.
///
/// No `async fn`: that would keep the future twice, as argument and as local.
pub(crate) fn catch<F: Future>(future: F) -> Catch<F> {
    Catch { future }
}

pin_project! {
    /// The future of [`catch`].
    pub(crate) struct Catch<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Catch<F> {
    type Output = Result<F::Output, Panic>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        match catch_unwind(AssertUnwindSafe(|| future.poll(task))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(payload) => Poll::Ready(Err(Panic::new(payload))),
        }
    }
}

//! Work that blocks, on threads of the runtime for it.

use std::panic::resume_unwind;

/// Does work on a thread that may block; its panic is a panic here.
///
/// # Cancel safety
/// Dropped, the work goes on to its end.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        // The runtime ends, and this task with it.
        Err(_) => std::future::pending().await,
    }
}

//! How a handler that runs hears that nobody wants what it does any more.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Waits for the sender to go; told once, for good.
///
/// A semaphore without permits: closing it wakes all that wait, and whoever waits
/// later does not.
#[derive(Clone)]
pub(crate) struct Unwanted(Arc<Semaphore>);

impl Unwanted {
    /// Tells all that wait; call it when no lock is held.
    pub(crate) fn tell(this: Option<Self>) {
        if let Some(Self(semaphore)) = this {
            semaphore.close();
        }
    }

    /// Waits until it is told.
    pub(crate) async fn told(&self) {
        // Nothing is ever acquired.
        let _ = self.0.acquire().await;
    }
}

impl Default for Unwanted {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

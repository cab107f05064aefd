//! How the owner of streams ends in order, while it can still be talked to.

use tokio::sync::{oneshot, watch};

use crate::{component, handler};

/// The child of an owner that ends before it does, and takes the streams along.
///
/// A component that drains lets its children end first and handles its own
/// events meanwhile: so a handler that is still busy can send a last `Write`.
#[component(crate = crate)]
pub(crate) struct Gate {
    open: Option<watch::Sender<()>>,
    done: oneshot::Receiver<()>,
}

/// The other side of a gate, for the task that serves the streams. Dropping
/// `done` says that all of them have ended.
#[derive(Debug)]
pub(crate) struct Closing {
    closed: watch::Receiver<()>,
    _done: oneshot::Sender<()>,
}

impl Gate {
    pub(crate) fn new() -> (Self, Closing) {
        let (open, closed) = watch::channel(());
        let (sender, done) = oneshot::channel();
        let gate = Self {
            open: Some(open),
            done,
        };
        let closing = Closing {
            closed,
            _done: sender,
        };
        (gate, closing)
    }
}

impl Closing {
    /// Returns what tells a stream that the gate closes.
    pub(crate) fn watch(&self) -> watch::Receiver<()> {
        self.closed.clone()
    }
}

/// Waits until the gate closes, or is gone.
pub(crate) async fn closed(watch: &mut watch::Receiver<()>) {
    while watch.changed().await.is_ok() {}
}

#[component(crate = crate)]
impl Gate {
    #[handler("stopped")]
    async fn stopped(&mut self) {
        self.open = None;
        let _ = (&mut self.done).await;
    }
}

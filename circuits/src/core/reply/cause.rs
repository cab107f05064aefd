//! Causes: an event and everything that is fired because of it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// Lives as long as anything that it caused is still to be done.
///
/// Every delivery that stems from it holds a share; when the last share is
/// dropped, the cause is complete. A cause within another holds a share of
/// that one in turn, so the outer completes after the inner.
pub(crate) struct Cause {
    outer: Option<Arc<Cause>>,
    done: Mutex<Option<Done>>,
}

/// What is run once a cause is complete, with the cause around it.
type Done = Box<dyn FnOnce(Option<Arc<Cause>>) + Send>;

impl Cause {
    /// Makes a cause that runs `done`, with the cause around it, once complete.
    pub(crate) fn new(
        outer: Option<Arc<Cause>>,
        done: impl FnOnce(Option<Arc<Cause>>) + Send + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            outer,
            done: Mutex::new(Some(Box::new(done))),
        })
    }

    fn complete(&mut self) -> Option<Arc<Cause>> {
        let outer = self.outer.take();
        let done = self
            .done
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(done) = done {
            done(outer.clone());
        }
        outer
    }
}

impl Drop for Cause {
    /// Completes this cause and those around it that end with it, in a loop:
    /// a chain of any length must not take the stack.
    fn drop(&mut self) {
        let mut outer = self.complete();
        while let Some(cause) = outer {
            let Some(mut cause) = Arc::into_inner(cause) else {
                break;
            };
            outer = cause.complete();
        }
    }
}

impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cause")
    }
}

//! Causes: an event and everything that is fired because of it.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::core::id::ComponentId;
use crate::core::reply::{CallError, Deadlock, Party};

/// Lives as long as anything that it caused is still to be done.
///
/// Every delivery that stems from it holds a share; when the last share is
/// dropped, the cause is complete. A cause within another holds a share of
/// that one in turn, so the outer completes after the inner.
pub(crate) struct Cause {
    outer: Option<Arc<Cause>>,
    done: Mutex<Option<Done>>,
    awaiter: Option<Awaiter>,
    /// Whether somebody waits so for this one, or for one around it.
    awaited: bool,
}

/// An exclusive handler that waits for the end of a cause. Its component cannot
/// handle anything meanwhile, so what the cause sends there closes a ring.
#[derive(Clone, Copy)]
pub(crate) struct Awaiter {
    pub(crate) component: ComponentId,
    pub(crate) handler: &'static str,
}

/// What is done once a cause is complete.
enum Done {
    /// Runs with the cause around it.
    Run(Box<dyn FnOnce(Option<Arc<Cause>>) + Send>),
    Tell(oneshot::Sender<Result<(), CallError>>),
}

impl Cause {
    /// Makes a cause that runs `done`, with the cause around it, once complete.
    pub(crate) fn new(
        outer: Option<Arc<Cause>>,
        done: impl FnOnce(Option<Arc<Cause>>) + Send + 'static,
    ) -> Arc<Self> {
        Self::make(outer, Done::Run(Box::new(done)), None)
    }

    /// Makes a cause whose end is told to who waits for it.
    pub(crate) fn awaited(
        outer: Option<Arc<Cause>>,
        tell: oneshot::Sender<Result<(), CallError>>,
        awaiter: Option<Awaiter>,
    ) -> Arc<Self> {
        Self::make(outer, Done::Tell(tell), awaiter)
    }

    fn make(outer: Option<Arc<Cause>>, done: Done, awaiter: Option<Awaiter>) -> Arc<Self> {
        let awaited = awaiter.is_some() || outer.as_ref().is_some_and(|outer| outer.awaited);
        Arc::new(Self {
            outer,
            done: Mutex::new(Some(done)),
            awaiter,
            awaited,
        })
    }

    /// Tells whether a component waits for this cause or one around it.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited
    }

    /// Says that an event of this cause waits for a component. Where that waits
    /// for this cause in turn, it is told so.
    #[cold]
    pub(crate) fn reach(&self, party: &dyn Party) {
        let mut next = Some(self);
        while let Some(cause) = next.filter(|cause| cause.awaited) {
            next = cause.outer.as_deref();
            let Some(awaiter) = cause.awaiter.filter(|it| it.component == party.id()) else {
                continue;
            };
            if let Some(Done::Tell(tell)) = cause.take() {
                let path = vec![format!("{}.{}", party.label(), awaiter.handler)];
                let _ = tell.send(Err(CallError::Deadlock(Deadlock::new(path))));
            }
        }
    }

    fn take(&self) -> Option<Done> {
        self.done.lock().take()
    }

    fn complete(&mut self) -> Option<Arc<Cause>> {
        let outer = self.outer.take();
        match self.take() {
            Some(Done::Run(done)) => done(outer.clone()),
            Some(Done::Tell(tell)) => drop(tell.send(Ok(()))),
            None => {}
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

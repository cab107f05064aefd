//! How a worker ends in order.

use std::sync::Arc;

use crate::event::Stopped;
use crate::worker::crew::Crew;
use crate::{component, handler};

/// The child of a worker that was started last, and so ends first: while those who
/// wait for their jobs still live.
///
/// In a drain it leaves everything to them. In a stop, jobs that wait fail, and
/// those that run are waited for as long as this component may take to end.
#[component(crate = crate)]
pub(crate) struct Gate<T> {
    crew: Arc<Crew<T>>,
    cuts: bool,
}

impl<T> Gate<T> {
    pub(crate) fn new(crew: Arc<Crew<T>>) -> Self {
        Self { crew, cuts: false }
    }
}

#[component(crate = crate)]
impl<T: Send + 'static> Gate<T> {
    #[handler("stopped")]
    async fn stopped(&mut self, event: &Stopped) {
        if !event.drained {
            self.cuts = true;
            self.crew.end();
            self.crew.ended().await;
        }
    }
}

impl<T> Drop for Gate<T> {
    /// Dropped by a kill as well, when the time is over.
    fn drop(&mut self) {
        if self.cuts {
            self.crew.cut();
        }
    }
}

//! Timers and tasks that belong to one life of a component.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::{Body, Cell, Component, Origin, Target};
use crate::core::event::{Error, Event};
use crate::core::reply::Stamp;
use crate::core::runtime::{self, TaskId};

/// The shortest period of a repeating timer.
const SHORTEST: Duration = Duration::from_millis(1);

/// A timer or a task of a component's life; dropping the handle changes nothing.
pub struct TimerHandle {
    owner: Arc<dyn Owner>,
    task: Option<TaskId>,
}

impl TimerHandle {
    /// Ends the timer or the task; `false` if it has ended already.
    ///
    /// An event that a timer has fired before is not called back.
    pub fn cancel(&self) -> bool {
        self.task.is_some_and(|task| self.owner.abort(task))
    }

    pub(crate) fn task(&self) -> Option<TaskId> {
        self.task
    }
}

impl fmt::Debug for TimerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimerHandle({:?})", self.task)
    }
}

trait Owner: Send + Sync {
    fn abort(&self, task: TaskId) -> bool;
}

impl<C: Component> Owner for Cell<C> {
    fn abort(&self, task: TaskId) -> bool {
        self.tasks().abort(task)
    }
}

pub(crate) fn after<C: Component, E: Event>(
    cell: &Arc<Cell<C>>,
    stamp: Arc<Stamp>,
    delay: Duration,
    event: E,
) -> TimerHandle {
    let armed = cell.clone();
    spawn(cell, "after", async move {
        runtime::sleep(delay).await;
        fire(&armed, &stamp, event).await;
    })
}

pub(crate) fn every<C: Component, E: Event + Clone>(
    cell: &Arc<Cell<C>>,
    stamp: Arc<Stamp>,
    period: Duration,
    event: E,
) -> TimerHandle {
    let armed = cell.clone();
    let period = period.max(SHORTEST);
    spawn(cell, "every", async move {
        let mut next = runtime::from_now(period);
        loop {
            runtime::sleep_until(Some(next)).await;
            // Awaited: a receiver that is behind gets no further ticks piled up.
            fire(&armed, &stamp, event.clone()).await;
            // Ticks that were missed are left out; the beat stays.
            let now = runtime::now();
            while next <= now {
                next += period;
            }
        }
    })
}

/// Runs a future until it ends or the component's life does; its panic ends the life.
///
/// `place` says what it was in the report of a panic.
pub(crate) fn spawn<C, F>(cell: &Arc<Cell<C>>, place: &'static str, future: F) -> TimerHandle
where
    C: Component,
    F: Future<Output = ()> + Send + 'static,
{
    let caught = runtime::catch(future);
    let failing = cell.clone();
    let task = cell.tasks().spawn(cell.hub().runtime(), async move {
        if let Err(panic) = caught.await {
            let error = Error::from(panic);
            failing.report_failure(place, &error);
            failing.control().fail(error);
        }
    });
    TimerHandle {
        owner: cell.clone(),
        task,
    }
}

async fn fire<C: Component, E: Event>(cell: &Arc<Cell<C>>, stamp: &Arc<Stamp>, event: E) {
    let channel = cell.channel().as_str();
    let origin = Origin {
        hub: cell.hub(),
        scope: None,
        channel,
        stamp: Some(stamp),
    };
    Target::new(origin, None).fire(event).await;
}

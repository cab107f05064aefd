//! Timers and tasks that belong to one life of a component.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::core::component::{
    Address, Body, Cell, Component, Direct, Errand, Handles, Sender, Target,
};
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

    /// Tells whether the timer or the task has not ended yet.
    pub fn is_running(&self) -> bool {
        self.task.is_some_and(|task| self.owner.runs(task))
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
    fn runs(&self, task: TaskId) -> bool;
}

impl<C: Component> Owner for Cell<C> {
    fn abort(&self, task: TaskId) -> bool {
        self.tasks().abort(task)
    }

    fn runs(&self, task: TaskId) -> bool {
        self.tasks().runs(task)
    }
}

/// What goes along with what a timer fires.
pub(crate) struct Aim {
    pub(crate) stamp: Arc<Stamp>,
    /// Where it is fired; on the event's channel or the component's where this is none.
    pub(crate) channel: Option<Box<str>>,
}

impl From<Arc<Stamp>> for Aim {
    fn from(stamp: Arc<Stamp>) -> Self {
        let channel = None;
        Self { stamp, channel }
    }
}

pub(crate) fn after<C: Component, E: Event>(
    cell: &Arc<Cell<C>>,
    aim: impl Into<Aim>,
    delay: Duration,
    event: E,
) -> TimerHandle {
    let (armed, aim) = (cell.clone(), aim.into());
    spawn(cell, "after", async move {
        runtime::sleep(delay).await;
        fire(&armed, &aim, event).await;
    })
}

pub(crate) fn after_to_self<C: Handles<E>, E: Event>(
    cell: &Arc<Cell<C>>,
    stamp: Arc<Stamp>,
    delay: Duration,
    event: E,
) -> TimerHandle {
    let armed = cell.clone();
    spawn(cell, "after", async move {
        runtime::sleep(delay).await;
        let address = Address::new(armed);
        let errand = errand(address.cell(), &stamp);
        let sender = sender(address.cell(), &errand);
        Direct::new(sender, &address).fire(event).await;
    })
}

pub(crate) fn every<C: Component, E: Event + Clone>(
    cell: &Arc<Cell<C>>,
    aim: impl Into<Aim>,
    period: Duration,
    event: E,
) -> TimerHandle {
    let (armed, aim) = (cell.clone(), aim.into());
    let period = period.max(SHORTEST);
    spawn(cell, "every", async move {
        let mut next = runtime::from_now(period);
        loop {
            runtime::sleep_until(Some(next)).await;
            // Awaited: a receiver that is behind gets no further ticks piled up.
            fire(&armed, &aim, event.clone()).await;
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

async fn fire<C: Component, E: Event>(cell: &Arc<Cell<C>>, aim: &Aim, event: E) {
    let errand = errand(cell, &aim.stamp);
    let sender = sender(cell, &errand);
    Target::new(sender, aim.channel.as_deref())
        .fire(event)
        .await;
}

fn errand<'a, C: Component>(cell: &'a Arc<Cell<C>>, stamp: &'a Arc<Stamp>) -> Errand<'a> {
    Errand {
        owner: &**cell,
        stamp: Some(stamp),
    }
}

fn sender<'a, C: Component>(cell: &'a Arc<Cell<C>>, errand: &'a Errand<'a>) -> Sender<'a> {
    Sender {
        hub: cell.hub(),
        scope: None,
        channel: cell.channel().as_str(),
        errand: Some(errand),
    }
}

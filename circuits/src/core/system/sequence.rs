//! The ordered end of a system: one phase after the other, then the tree.
//!
//! ```text
//! Open ──begin──► Running ──all phases over──► Over: the tree ends
//!   └──────cut───────┴───────────────────────────▲
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, oneshot};

use crate::core::component::{Command, Handle, Phase, PhaseError, Phases, discard};
use crate::core::event::{Error, ShutdownPhase};
use crate::core::reply::CallError;
use crate::core::runtime::{self, Tasks};

/// Tasks that are dropped at the limit of their phase are waited for so long.
const GRACE: Duration = Duration::from_secs(1);

/// The phases of one system, and how far its end has come.
#[derive(Default)]
pub(crate) struct Sequence {
    state: Mutex<State>,
    /// Set before the tree can have ended because of it.
    failed: AtomicBool,
    /// Rung for the one task that runs the phases.
    cut: Notify,
}

enum State {
    Open(Plan),
    Running,
    Over,
}

#[derive(Default)]
struct Plan {
    phases: Vec<Phase>,
    tree: Option<Duration>,
    /// Asked for before a runtime ran.
    wanted: bool,
}

/// A part of a phase that is done, and how it went.
type Done = (Arc<str>, Result<(), Error>);

impl Sequence {
    /// Tells whether a phase, or the tree, was not done as planned.
    pub(crate) fn has_failed(&self) -> bool {
        // A tree that has ended by itself leaves phases behind.
        self.failed.load(Ordering::SeqCst) || matches!(*self.state(), State::Running)
    }

    /// Does now what was asked for before a runtime ran.
    pub(crate) fn resume(self: &Arc<Self>, handle: &Handle) {
        let wanted = matches!(&*self.state(), State::Open(plan) if plan.wanted);
        if wanted {
            self.clone().begin(handle);
        }
    }

    async fn run(self: Arc<Self>, handle: Handle, plan: Plan) {
        let how = tokio::select! {
            biased;
            () = self.cut.notified() => return,
            () = handle.hub.clone().stopped() => return,
            how = self.run_phases(&handle, plan.phases) => how,
        };
        let begun = std::mem::replace(&mut *self.state(), State::Over);
        if !matches!(begun, State::Running) {
            return;
        }
        handle.inbox.shut_down(how);
        let Some(limit) = plan.tree else { return };
        let stopped = handle.hub.clone().stopped();
        if runtime::timeout(limit, stopped).await.is_none() {
            self.failed.store(true, Ordering::SeqCst);
            tracing::error!(target: "circuits", ?limit, "the tree passed its limit, and is killed");
            handle.inbox.shut_down(Command::Kill);
        }
    }

    /// Runs the phases; returns how the tree shall end.
    async fn run_phases(&self, handle: &Handle, phases: Vec<Phase>) -> Command {
        let mut phases = phases.into_iter();
        while let Some(phase) = phases.next() {
            let aborts = phase.aborts;
            if run_phase(handle, phase).await {
                continue;
            }
            self.failed.store(true, Ordering::SeqCst);
            if aborts {
                discard(phases, "a phase");
                return Command::Stop;
            }
        }
        Command::Drain
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Phases for Sequence {
    fn add(&self, phase: Phase) -> Result<(), PhaseError> {
        let mut state = self.state();
        let State::Open(plan) = &mut *state else {
            return Err(PhaseError::Ending);
        };
        if plan.phases.iter().any(|other| other.name == phase.name) {
            return Err(PhaseError::NameTaken(phase.name.to_string()));
        }
        plan.phases.push(phase);
        Ok(())
    }

    fn limit_tree(&self, limit: Duration) -> Result<(), PhaseError> {
        match &mut *self.state() {
            State::Open(plan) => plan.tree = Some(limit),
            _ => return Err(PhaseError::Ending),
        }
        Ok(())
    }

    fn begin(self: Arc<Self>, handle: &Handle) {
        let mut state = self.state();
        let State::Open(plan) = &mut *state else {
            return;
        };
        let is_plain = plan.phases.is_empty() && plan.tree.is_none();
        if is_plain {
            *state = State::Over;
            drop(state);
            return handle.inbox.shut_down(Command::Drain);
        }
        if !handle.hub.runtime().is_there() {
            plan.wanted = true;
            return;
        }
        let plan = std::mem::take(plan);
        *state = State::Running;
        drop(state);
        let running = self.clone().run(handle.clone(), plan);
        handle.hub.runtime().spawn(Box::pin(running));
    }

    fn cut(&self) {
        let before = {
            let mut state = self.state();
            if matches!(*state, State::Running) {
                self.failed.store(true, Ordering::SeqCst);
                self.cut.notify_one();
            }
            std::mem::replace(&mut *state, State::Over)
        };
        // The closures of a user, dropped when the lock is released.
        if let State::Open(plan) = before {
            discard(plan.phases, "a phase");
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::Open(Plan::default())
    }
}

/// Runs one phase; tells whether all of it was done, in time and without an error.
async fn run_phase(handle: &Handle, phase: Phase) -> bool {
    let name = &phase.name;
    tracing::info!(target: "circuits", phase = %name, "shutdown");
    let deadline = runtime::from_now(phase.limit);
    // Ends what still runs when this is dropped.
    let tasks = Tasks::default();
    let mut waiting = vec![Arc::from(HANDLERS)];
    let mut running: FuturesUnordered<BoxFuture<'_, Done>> = FuturesUnordered::new();
    running.push(Box::pin(tell(handle, name.clone())));
    for task in phase.tasks {
        let (done, outcome) = oneshot::channel();
        waiting.push(task.name.clone());
        tasks.spawn(handle.hub.runtime(), async move {
            let outcome = runtime::catch(async move { (task.run)().await }).await;
            let _ = done.send(outcome.unwrap_or_else(|panic| Err(panic.into())));
        });
        running.push(Box::pin(async move {
            let gone = |_| Err(Error::new("the task ended without an outcome"));
            (task.name, outcome.await.unwrap_or_else(gone))
        }));
    }
    let mut went_well = true;
    loop {
        let done = tokio::select! {
            biased;
            done = running.next() => done,
            () = runtime::sleep_until(Some(deadline)) => break,
        };
        let Some((part, outcome)) = done else {
            return went_well;
        };
        if let Some(place) = waiting.iter().position(|other| *other == part) {
            waiting.swap_remove(place);
        }
        if let Err(error) = outcome {
            tracing::error!(target: "circuits", phase = %name, %part, "{error:?}");
            went_well = false;
        }
    }
    let limit = phase.limit;
    tracing::error!(target: "circuits", phase = %name, ?limit, ?waiting, "passed its limit");
    // The next phase finds nothing of this one's tasks, unless one is blocked.
    if runtime::timeout(GRACE, tasks.end()).await.is_none() {
        tracing::error!(target: "circuits", phase = %name, "a task is stuck, and abandoned");
    }
    false
}

/// What a log line calls those who handle the event of a phase.
const HANDLERS: &str = "handlers";

/// Fires the event of a phase, and waits for its handlers.
async fn tell(handle: &Handle, phase: Arc<str>) -> Done {
    let outcomes = handle.call_all(ShutdownPhase::new(phase)).await;
    let mut failures = outcomes.into_iter().filter_map(Result::err);
    // Who has stopped meanwhile has nothing to shut down any more.
    let failure = failures.find(|error| !matches!(error, CallError::Stopped));
    let outcome = failure.map_or(Ok(()), |error| Err(error.into()));
    (Arc::from(HANDLERS), outcome)
}

//! The ends of children: how they are told, and when that takes too long.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::core::component::{
    Body, Command, Fate, Shutdown as Time, StartError, Strategy, discard,
};
use crate::core::event::{End, Error};
use crate::core::runtime::{self, Instant};
use crate::core::supervisor::child::{Ending, Phase, Place, Then};
use crate::core::supervisor::serve::Overseer;

/// A killed child whose thread is blocked is waited for so long, then abandoned.
const GRACE: Duration = Duration::from_secs(1);

/// While a killed child's own children end, it is looked at so often: one that
/// is stuck does not tell when they have.
const LOOK: Duration = Duration::from_millis(10);

/// The end of all children.
pub(crate) struct Shutdown {
    pub(crate) how: Command,
    pub(crate) replies: Vec<oneshot::Sender<()>>,
    pub(crate) then: AfterShutdown,
    /// How those that end together were told so far.
    told: Command,
}

/// What becomes of the component whose children have ended.
#[derive(Clone)]
pub(crate) enum AfterShutdown {
    /// Nothing: it is the one who wanted it.
    Nothing,
    /// It ends in order.
    End,
    /// It fails.
    Fail(Error),
}

impl Overseer {
    /// Ends a child for good.
    pub(crate) fn remove(
        &mut self,
        body: &Arc<dyn Body>,
        how: Command,
        reply: oneshot::Sender<()>,
    ) {
        match self.children.place(&**body) {
            Some(place) => self.terminate(place, how, Then::Leave, Some(reply)),
            None => drop(reply.send(())),
        }
    }

    /// Tells a child to end; what becomes of it then is decided when it has.
    pub(crate) fn terminate(
        &mut self,
        place: Place,
        how: Command,
        then: Then,
        reply: Option<oneshot::Sender<()>>,
    ) {
        self.note_start(place);
        let Some(child) = self.children.get(place) else {
            return;
        };
        let time = child.shutdown();
        let how = if time == Time::Brutal {
            Command::Kill
        } else {
            how
        };
        let mut ending = match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Ending(ending) => ending,
            Phase::Starting(start) => {
                let mut ending = Box::new(Ending::new(then));
                ending.start = start.map(|start| (start, StartError::Stopped));
                ending
            }
            Phase::Running => Box::new(Ending::new(then)),
            // There is nobody to tell.
            Phase::Queued(start) => {
                if let Some(start) = start {
                    start.send(Err(StartError::Stopped));
                }
                return self.settle(place, then, reply);
            }
            Phase::Delayed | Phase::Stopped { .. } => {
                return self.settle(place, then, reply);
            }
        };
        ending.then = ending.then.max(then);
        ending.replies.extend(reply);
        ending.killed |= how == Command::Kill;
        let mut deadline = if ending.killed {
            Some(runtime::from_now(self.hub.grace(GRACE)))
        } else {
            until(time)
        };
        let Some(child) = self.children.get(place) else {
            return;
        };
        if ending.told && child.deadline.is_some() {
            // Told again: the time that it was given at first counts.
            deadline = deadline.min(child.deadline).or(child.deadline);
        }
        ending.told = true;
        child.phase = Phase::Ending(ending);
        child.birth.body().control().tell(how);
        self.children.set_deadline(place, deadline);
    }

    /// Answers a start that has succeeded, though its report is still under way: an end
    /// is read before what waits.
    fn note_start(&mut self, place: Place) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let (body, life) = (child.birth.body(), child.life);
        if matches!(child.phase, Phase::Starting(_)) && body.has_started() {
            self.ready(&body, life);
        }
    }

    /// Does what comes after the end of a child that has no life.
    fn settle(&mut self, place: Place, then: Then, reply: Option<oneshot::Sender<()>>) {
        match then {
            Then::Queue => self.children.set_phase(place, Phase::Queued(None)),
            Then::Stay => self.stand_still(place, true, &End::Shutdown),
            Then::Leave => self.forget(place, &End::Shutdown),
        }
        if let Some(reply) = reply {
            let _ = reply.send(());
        }
    }

    /// A deadline has come.
    ///
    /// A child whose own children are being ended gets more time, again and
    /// again, and yet not for ever: they end one by one, each within its own
    /// time, and none is added meanwhile. So the end of a tree takes at most the
    /// sum of the times of all that are in it, and [`GRACE`] for those that are
    /// stuck.
    pub(crate) fn expire_child(&mut self, place: Place) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let time = child.shutdown();
        match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Delayed => {
                child.phase = Phase::Starting(None);
                self.begin(place);
            }
            Phase::Starting(reply) => {
                let limit = child.spec.start_limit();
                child.phase = match reply {
                    Some(reply) => {
                        let kept = reply.kept && child.birth.is_repeatable();
                        let then = if kept { Then::Stay } else { Then::Leave };
                        let mut ending = Ending::new(then);
                        ending.killed = true;
                        let name = child.birth.body().name().to_string();
                        ending.start = Some((reply, StartError::TimedOut { name, limit }));
                        Phase::Ending(Box::new(ending))
                    }
                    // A restart that takes too long is one more failure, once
                    // what hangs has ended.
                    None => Phase::Starting(None),
                };
                child
                    .birth
                    .body()
                    .control()
                    .fail(Error::new("the component did not start in time"));
                let deadline = runtime::from_now(GRACE);
                self.children.set_deadline(place, Some(deadline));
            }
            Phase::Ending(mut ending) => {
                let body = child.birth.body();
                let children = body.children();
                let mut deadline = Some(runtime::from_now(self.hub.grace(GRACE)));
                match children {
                    // They go first, also where the one above them is stuck: it
                    // is if it has not told them.
                    Some(children) if ending.killed => {
                        if !ending.stuck && !children.is_ending() {
                            ending.stuck = true;
                            self.hub.spend_grace();
                        }
                        ending.waits = true;
                        children.shut_down(Command::Kill);
                        deadline = Some(runtime::from_now(LOOK));
                    }
                    // It may have waited for them until now.
                    None if ending.waits && !ending.stuck => ending.waits = false,
                    None if ending.killed => return self.abandon(place, *ending),
                    Some(children) if children.is_ending() => deadline = until(time),
                    _ => {
                        ending.killed = true;
                        body.control().tell(Command::Kill);
                    }
                }
                child.phase = Phase::Ending(ending);
                self.children.set_deadline(place, deadline);
            }
            phase @ (Phase::Running | Phase::Queued(_) | Phase::Stopped { .. }) => {
                child.phase = phase;
            }
        }
    }

    /// Goes on without a child that was killed and has not ended: its thread is
    /// blocked. Nothing reaches it any more, and whoever called it is told.
    fn abandon(&mut self, place: Place, ending: Ending) {
        let Some(child) = self.children.peek(place) else {
            return;
        };
        let name = child.birth.body().name().clone();
        tracing::error!(target: "circuits", child = %name, "stuck, and abandoned");
        self.hub.count_stuck();
        if !ending.stuck {
            self.hub.spend_grace();
        }
        self.forget(place, &End::Killed);
        let then = ending.then;
        ending.answer();
        if then == Then::Queue && self.shutdown.is_none() {
            // Its next life must not run beside this one, and its group cannot
            // do without it.
            let error = Error::new(format!(
                "`{name}` blocks its thread and cannot be restarted"
            ));
            let then = AfterShutdown::Fail(error);
            self.shut_down(Command::Stop, None, Some(then));
        }
    }

    pub(crate) fn shut_down(
        &mut self,
        how: Command,
        reply: Option<oneshot::Sender<()>>,
        then: Option<AfterShutdown>,
    ) {
        self.inbox.set_ending();
        if self.owner.is_none() {
            self.hub.begin_ending();
        }
        self.group = None;
        let shutdown = self.shutdown.get_or_insert_with(|| Shutdown {
            how,
            replies: Vec::new(),
            then: AfterShutdown::Nothing,
            told: Command::Run,
        });
        shutdown.how = shutdown.how.max(how);
        shutdown.replies.extend(reply);
        if let (AfterShutdown::Nothing, Some(then)) = (&shutdown.then, then) {
            shutdown.then = then;
        }
    }

    /// Ends the child that was started last, unless it is being ended.
    pub(crate) fn continue_shutdown(&mut self) {
        let Some(shutdown) = &mut self.shutdown else {
            return;
        };
        let how = shutdown.how;
        if self.options.strategy == Strategy::Dynamic {
            if std::mem::replace(&mut shutdown.told, how) < how {
                let places: Vec<_> = self.children.all().map(|(place, _)| place).collect();
                for place in places {
                    self.terminate(place, how, Then::Leave, None);
                }
            }
            return;
        }
        while let Some(place) = self.children.last() {
            let Some(child) = self.children.peek(place) else {
                return;
            };
            if let Phase::Ending(ending) = &child.phase
                && ending.then == Then::Leave
                && child.birth.body().control().command() >= how
            {
                return;
            }
            self.terminate(place, how, Then::Leave, None);
        }
    }

    /// A child has ended and is not started again.
    pub(crate) fn rest(&mut self, place: Place, end: &End) {
        let keeps = self.children.peek(place).is_some_and(|it| self.keeps(it));
        if keeps {
            self.stand_still(place, false, end);
        } else {
            self.forget(place, end);
        }
    }

    /// Keeps a child in the table that has ended; it leaves the routes.
    pub(crate) fn stand_still(&mut self, place: Place, asked: bool, end: &End) {
        self.children.set_deadline(place, None);
        if let Some(child) = self.children.get(place) {
            child.phase = Phase::Stopped { asked };
            let body = child.birth.body();
            body.retire();
            body.tell_watchers(child.life, end, Fate::Gone);
        }
    }

    /// Takes a child that has ended for good out of the table and the routes.
    pub(crate) fn forget(&mut self, place: Place, end: &End) {
        if let Some(child) = self.children.remove(place) {
            let body = child.birth.body();
            body.retire();
            body.tell_watchers(child.life, end, Fate::Gone);
            discard(child, "a factory");
        }
    }
}

/// Returns when a child must have ended that is told now; `None` for never.
fn until(time: Time) -> Option<Instant> {
    match time {
        Time::Brutal => Some(runtime::now()),
        Time::After(limit) => Some(runtime::from_now(limit)),
        Time::Infinite => None,
    }
}

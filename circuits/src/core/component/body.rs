//! A component whose type is not known: what its supervisor sees of it.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::Waker;

use parking_lot::{Mutex, MutexGuard};

use crate::core::component::any_address::Seen;
use crate::core::component::watch::Watched;
use crate::core::component::{Inbox, Shutdown};
use crate::core::event::{End, Error};
use crate::core::id::Channel;
use crate::core::reply::Party;
use crate::core::runtime::{self, Here};
use crate::core::tap::{Activity, Member};

/// What a component can be told beside its mailbox; never queued, never full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Command {
    Run = 0,
    /// Handle what is queued, take nothing new, end.
    Drain = 1,
    /// Finish the running handlers and end.
    Stop = 2,
    /// End at the next await.
    Kill = 3,
}

impl Command {
    fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Run,
            1 => Self::Drain,
            2 => Self::Stop,
            _ => Self::Kill,
        }
    }
}

/// The control lane of one component.
#[derive(Debug)]
pub(crate) struct Control {
    command: AtomicU8,
    lane: Mutex<Lane>,
}

/// One lock for both: every idle component has it.
#[derive(Debug, Default)]
struct Lane {
    /// The task of the current life. It stays when it is woken, so that a life
    /// registers once, and not each time that it is polled.
    task: Option<(Waker, Option<Here>)>,
    cause: Option<Box<Cause>>,
}

/// Why a component was told to end.
#[derive(Debug)]
enum Cause {
    Itself,
    /// Its children were significant, and have ended.
    AutoShutdown,
    /// There is nothing to run.
    Declined,
    Failure(Error),
}

impl Control {
    pub(crate) fn new() -> Self {
        Self {
            command: AtomicU8::new(0),
            lane: Mutex::default(),
        }
    }

    pub(crate) fn command(&self) -> Command {
        Command::from_number(self.command.load(Ordering::Acquire))
    }

    /// Tells whether a component that runs has to look at the command; `draining`
    /// says that it has looked at that one.
    #[inline]
    pub(crate) fn has_news(&self, draining: bool) -> bool {
        let command = self.command.load(Ordering::Acquire);
        command != Command::Run as u8 && (command != Command::Drain as u8 || !draining)
    }

    /// Tells the component; a weaker command than the current one changes nothing.
    pub(crate) fn tell(&self, command: Command) {
        self.command.fetch_max(command as u8, Ordering::AcqRel);
        let task = self.lane().task.clone();
        if let Some((waker, _)) = task {
            waker.wake();
        }
    }

    /// Ends the component because it wants to.
    pub(crate) fn tell_by_itself(&self) {
        self.tell_because(Cause::Itself, Command::Stop);
    }

    /// Ends the component in order, because its significant children have ended.
    pub(crate) fn shut_down(&self) {
        self.tell_because(Cause::AutoShutdown, Command::Stop);
    }

    /// Ends the component before it has started: there is nothing to run.
    pub(crate) fn decline(&self) {
        self.tell_because(Cause::Declined, Command::Stop);
    }

    pub(crate) fn has_declined(&self) -> bool {
        let lane = self.lane();
        lane.cause
            .as_deref()
            .is_some_and(|cause| matches!(cause, Cause::Declined))
    }

    /// Ends the life at its next await, as a failure.
    pub(crate) fn fail(&self, error: Error) {
        self.tell_because(Cause::Failure(error), Command::Kill);
    }

    /// The first cause counts.
    fn tell_because(&self, cause: Cause, command: Command) {
        self.lane().cause.get_or_insert_with(|| Box::new(cause));
        self.tell(command);
    }

    /// Ends the life at its next await, if this holds: as a failure where there
    /// is an error, else it is killed.
    ///
    /// The lane is held meanwhile, so that [`Control::reset`] comes before or
    /// after it: what is meant for one life never ends the next.
    pub(crate) fn end_if(&self, error: Option<Error>, holds: impl FnOnce() -> bool) {
        let task = {
            let mut lane = self.lane();
            if !holds() {
                return;
            }
            if let (Some(error), None) = (error, &lane.cause) {
                lane.cause = Some(Box::new(Cause::Failure(error)));
            }
            self.command
                .fetch_max(Command::Kill as u8, Ordering::AcqRel);
            lane.task.clone()
        };
        if let Some((waker, _)) = task {
            waker.wake();
        }
    }

    /// Sets the task that commands wake; read the command after this.
    pub(crate) fn register(&self, waker: &Waker) {
        self.lane().task = Some((waker.clone(), runtime::here()));
    }

    /// Lets go of the task of a life that is over.
    pub(crate) fn unregister(&self) {
        self.lane().task = None;
    }

    /// Makes ready for the next life.
    pub(crate) fn reset(&self) {
        let cause = {
            let mut lane = self.lane();
            self.command.store(Command::Run as u8, Ordering::Release);
            lane.cause.take()
        };
        // An error in there is the user's: it is dropped without the lock.
        drop(cause);
    }

    /// Returns how a life ends that followed the current command.
    pub(crate) fn end(&self) -> End {
        let cause = self.lane().cause.take();
        match cause.map(|cause| *cause) {
            Some(Cause::Failure(error)) => End::Failed(error),
            Some(Cause::Itself | Cause::Declined) => End::Normal,
            Some(Cause::AutoShutdown) => End::Shutdown,
            None if self.command() == Command::Kill => End::Killed,
            None => End::Shutdown,
        }
    }

    /// Tells whether the current life runs on this task.
    pub(crate) fn is_task(&self, here: Here) -> bool {
        self.lane()
            .task
            .as_ref()
            .is_some_and(|(_, task)| *task == Some(here))
    }

    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock()
    }
}

/// What comes after the end of a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The next life, perhaps after a while.
    Restarts,
    /// Nothing: the component has left for good.
    Gone,
}

/// A component of any type.
pub(crate) trait Body: Party + Watched + Seen {
    fn name(&self) -> &Arc<str>;
    fn channel(&self) -> &Channel;
    /// How long it may take to end, unless its supervisor was told otherwise.
    fn shutdown(&self) -> Shutdown;
    fn control(&self) -> &Control;
    fn life(&self) -> u64;
    /// Its names, and its life.
    fn member(&self) -> Member;
    /// What it has done while somebody listened in.
    fn activity(&self) -> Activity;
    /// The one who supervises it.
    fn parent(&self) -> Arc<Inbox>;
    fn set_parent(&self, parent: Arc<Inbox>);
    /// Its place among the children of its parent, who alone sets and reads it.
    fn place(&self) -> u64;
    fn set_place(&self, place: u64);
    /// The one who supervises its children, if it ever had any.
    fn children(&self) -> Option<Arc<Inbox>>;
    /// Fires `Registered`, to itself and to others: it has a new parent.
    fn announce(&self);
    /// Lets it take nothing new.
    fn seal(&self);
    /// Takes it out of the routes; what waits in its mailbox becomes dead letters.
    fn retire(&self);
    /// Tells whether this life handles events.
    fn has_started(&self) -> bool;
    /// Tells whether it is out of the routes.
    fn is_retired(&self) -> bool;
    /// Tells whether a handler or a task of it runs this.
    fn is_inside(&self) -> bool;
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
    /// Tells who monitors it, or is linked with it, that a life has ended.
    ///
    /// The supervisor calls this once for each end of a life, when it has
    /// decided what comes next: before the next life begins, or after the name
    /// is free and the component has been retired. One that leaves between two
    /// lives is told of once more.
    fn tell_watchers(&self, life: u64, end: &End, fate: Fate);
}

//! The task of a supervisor.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::core::component::{
    Body, Command, Inbox, Options, Order, Restart, Shutdown as Time, StartError, discard,
};
use crate::core::event::{End, Error};
use crate::core::route::Hub;
use crate::core::runtime;
use crate::core::supervisor::RestartLimit;
use crate::core::supervisor::child::{Child, Children, Ending, Phase, Place};
use crate::core::supervisor::window::Window;

/// A killed child whose thread is blocked is waited for so long, then abandoned.
const GRACE: Duration = Duration::from_secs(1);

pub(crate) struct Supervisor {
    hub: Arc<Hub>,
    pub(crate) inbox: Arc<Inbox>,
    options: Options,
    owner: Option<Arc<dyn Body>>,
    pub(crate) children: Children,
    window: Window,
    pub(crate) shutdown: Option<Shutdown>,
}

pub(crate) struct Shutdown {
    how: Command,
    replies: Vec<oneshot::Sender<()>>,
    failure: Option<Error>,
}

impl Supervisor {
    pub(crate) fn new(
        hub: Arc<Hub>,
        inbox: Arc<Inbox>,
        options: Options,
        owner: Option<Arc<dyn Body>>,
    ) -> Self {
        let window = Window::new(options.max_restarts, options.within);
        let children = Children::default();
        Self {
            hub,
            inbox,
            options,
            owner,
            children,
            window,
            shutdown: None,
        }
    }

    pub(crate) async fn serve(mut self) {
        while !self.is_over() {
            let deadline = self.children.next_deadline();
            tokio::select! {
                biased;
                order = self.inbox.next() => self.take(order),
                () = runtime::sleep_until(deadline) => {}
            }
            while let Some(place) = self.children.take_due(runtime::now()) {
                self.expire(place);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.shutdown.is_some() && self.children.last().is_none()
    }

    fn close(&mut self) {
        let (replies, failure) = match self.shutdown.take() {
            Some(shutdown) => (shutdown.replies, shutdown.failure),
            None => (Vec::new(), None),
        };
        // Before the inbox closes: an owner that finds it closed may end, and
        // begin the next life, which this failure is not meant for.
        match (failure, &self.owner) {
            (Some(error), Some(owner)) => owner.control().fail(error),
            (Some(error), None) => self.hub.set_failure(error),
            (None, _) => {}
        }
        self.inbox.close();
        if self.owner.is_none() {
            self.hub.set_stopped();
        }
        for reply in replies {
            let _ = reply.send(());
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Start { birth, spec, reply } => {
                let limit = spec.start_limit;
                let body = birth.body();
                let refused = match &self.shutdown {
                    Some(_) => Some(StartError::Stopped),
                    None if spec.named && self.children.has_name(body.name()) => {
                        Some(StartError::NameTaken(body.name().to_string()))
                    }
                    None => None,
                };
                if let Some(error) = refused {
                    discard(birth, "a component");
                    let _ = reply.send(Err(error));
                    return;
                }
                let phase = Phase::Starting(Some(reply));
                let (life, deadline) = (0, None);
                let child = Child {
                    birth,
                    spec,
                    phase,
                    life,
                    deadline,
                };
                let place = self.children.add(child);
                self.begin(place, limit);
            }
            Order::Ready { body, life } => self.ready(&body, life),
            Order::Ended { body, life, end } => self.ended(&body, life, end),
            Order::Terminate { body, how, reply } => match self.children.place(&*body) {
                Some(place) => self.terminate(place, how, Some(reply)),
                None => drop(reply.send(())),
            },
            Order::Move { body, to, reply } => self.hand_over(&body, to, reply),
            Order::Adopt { child, reply } => self.adopt(child, reply),
            Order::Shutdown { how, reply } => self.shut_down(how, reply, None),
        }
    }

    /// Begins the next life of a child.
    fn begin(&mut self, place: Place, limit: Duration) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        child.life += 1;
        let life = child.life;
        let now = runtime::now();
        if let Some(delays) = &mut child.spec.delays {
            delays.begin(now);
        }
        if child.birth.begin(life) {
            let deadline = runtime::from_now(limit);
            self.children.set_deadline(place, Some(deadline));
        } else if let Some(child) = self.children.remove(place) {
            child.birth.body().retire();
            let Child { birth, phase, .. } = *child;
            discard(birth, "a component");
            if let Phase::Starting(Some(reply)) = phase {
                let _ = reply.send(Err(StartError::NoRuntime));
            }
        }
    }

    fn ready(&mut self, body: &Arc<dyn Body>, life: u64) {
        let Some(place) = self.children.place(&**body) else {
            return;
        };
        let Some(child) = self.children.get(place) else {
            return;
        };
        if child.life != life || !matches!(child.phase, Phase::Starting(_)) {
            return;
        }
        if let Phase::Starting(Some(reply)) = std::mem::replace(&mut child.phase, Phase::Running) {
            let _ = reply.send(Ok(()));
        }
        self.children.set_deadline(place, None);
    }

    fn ended(&mut self, body: &Arc<dyn Body>, life: u64, end: End) {
        let Some(place) = self.children.place(&**body) else {
            // It moved while its report was under way: on to its parent. Where
            // that is here, it is about to arrive, and the report comes back.
            if !body.is_retired() {
                drop(body.parent().post(Order::Ended {
                    body: body.clone(),
                    life,
                    end,
                }));
            }
            return;
        };
        let Some(child) = self.children.get(place) else {
            return;
        };
        if child.life != life {
            return;
        }
        match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Starting(Some(reply)) => {
                self.forget(place);
                let _ = reply.send(Err(start_error(&end)));
            }
            Phase::Ending(ending) => {
                self.forget(place);
                ending.answer();
            }
            Phase::Starting(None) | Phase::Running | Phase::Delayed => self.restart(place, &end),
        }
        self.continue_shutdown();
    }

    /// Starts a child again, if its restart kind and the window allow it.
    fn restart(&mut self, place: Place, end: &End) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let failed = matches!(end, End::Failed(_) | End::Killed);
        let wanted = match child.spec.restart {
            Restart::Permanent => true,
            Restart::Transient => failed,
            Restart::Temporary => false,
        };
        let name = child.birth.body().name().clone();
        if !wanted || self.shutdown.is_some() || !child.birth.is_repeatable() {
            self.forget(place);
            return;
        }
        let now = runtime::now();
        let delay = child.spec.delays.as_mut().map(|delays| delays.next(now));
        let life = child.life;
        if !self.window.allows(now) {
            let error = self.limit(&name, end);
            tracing::error!(target: "circuits", child = %name, "{error:?}");
            self.forget(place);
            self.shut_down(Command::Stop, None, Some(error));
            return;
        }
        self.hub.count_restart();
        tracing::warn!(target: "circuits", child = %name, life, ?end, ?delay, "restart");
        let limit = child_limit(self.children.get(place));
        match delay {
            Some(delay) => {
                self.set_phase(place, Phase::Delayed);
                let deadline = runtime::from_now(delay);
                self.children.set_deadline(place, Some(deadline));
            }
            None => {
                self.set_phase(place, Phase::Starting(None));
                self.begin(place, limit);
            }
        }
    }

    fn limit(&self, name: &Arc<str>, end: &End) -> Error {
        let cause = match end {
            End::Failed(error) => Some(error.clone()),
            _ => None,
        };
        let Options {
            max_restarts: restarts,
            within,
            ..
        } = self.options;
        RestartLimit {
            child: name.to_string(),
            restarts,
            within,
            cause,
        }
        .into()
    }

    /// A deadline has come.
    ///
    /// A child whose own children are being ended gets more time, again and
    /// again, and yet not for ever: they end one by one, each within its own
    /// time and [`GRACE`], and none is added meanwhile. So the end of a tree
    /// takes at most the sum of the times of all that are in it.
    fn expire(&mut self, place: Place) {
        let now = runtime::now();
        let Some(child) = self.children.get(place) else {
            return;
        };
        match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Running => {}
            Phase::Delayed => {
                let limit = child.spec.start_limit;
                child.phase = Phase::Starting(None);
                self.begin(place, limit);
            }
            Phase::Starting(reply) => {
                let error = StartError::TimedOut(child.spec.start_limit);
                if let Some(reply) = reply {
                    let start = Some((reply, error));
                    let ending = Ending {
                        killed: true,
                        start,
                        ..Ending::default()
                    };
                    child.phase = Phase::Ending(Box::new(ending));
                } else {
                    child.phase = Phase::Starting(None);
                }
                child
                    .birth
                    .body()
                    .control()
                    .fail(Error::new("the component did not start in time"));
                self.children.set_deadline(place, Some(now + GRACE));
            }
            Phase::Ending(mut ending) => {
                let body = child.birth.body();
                let waits_for_children =
                    !ending.killed && body.children().is_some_and(|children| children.is_ending());
                let children = body.children();
                if let (true, Some(children)) = (ending.killed, children) {
                    // They go first, also where the one above them is stuck.
                    children.shut_down(Command::Kill);
                    child.phase = Phase::Ending(ending);
                    self.children.set_deadline(place, Some(now + GRACE));
                    return;
                }
                if ending.killed {
                    let name = body.name();
                    tracing::error!(target: "circuits", child = %name, "stuck, and abandoned");
                    self.forget(place);
                    ending.answer();
                    self.continue_shutdown();
                    return;
                }
                let more = if waits_for_children {
                    time(body.shutdown())
                } else {
                    GRACE
                };
                if !waits_for_children {
                    ending.killed = true;
                    body.control().tell(Command::Kill);
                }
                child.phase = Phase::Ending(ending);
                let deadline = runtime::from_now(more);
                self.children.set_deadline(place, Some(deadline));
            }
        }
    }

    /// Tells a child to end; it is forgotten when it has.
    fn terminate(&mut self, place: Place, how: Command, reply: Option<oneshot::Sender<()>>) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let body = child.birth.body();
        let mut ending = match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Ending(ending) => *ending,
            Phase::Starting(Some(start)) => Ending {
                start: Some((start, StartError::Stopped)),
                ..Ending::default()
            },
            Phase::Starting(None) | Phase::Running => Ending::default(),
            Phase::Delayed => {
                // Between two lives: there is nobody to tell.
                self.forget(place);
                if let Some(reply) = reply {
                    let _ = reply.send(());
                }
                return self.continue_shutdown();
            }
        };
        ending.replies.extend(reply);
        ending.killed |= how == Command::Kill;
        let allowed = if ending.killed {
            GRACE
        } else {
            time(body.shutdown())
        };
        let mut deadline = runtime::from_now(allowed);
        if let (true, Some(before)) = (ending.told, child.deadline) {
            // Told again: the time that it was given at first counts.
            deadline = deadline.min(before);
        }
        ending.told = true;
        child.phase = Phase::Ending(Box::new(ending));
        body.control().tell(how);
        self.children.set_deadline(place, Some(deadline));
    }

    fn shut_down(
        &mut self,
        how: Command,
        reply: Option<oneshot::Sender<()>>,
        failure: Option<Error>,
    ) {
        self.inbox.set_ending();
        let shutdown = self.shutdown.get_or_insert_with(|| Shutdown {
            how,
            replies: Vec::new(),
            failure: None,
        });
        shutdown.how = shutdown.how.max(how);
        shutdown.replies.extend(reply);
        if shutdown.failure.is_none() {
            shutdown.failure = failure;
        }
        self.continue_shutdown();
    }

    /// Ends the child that was started last, unless it is being ended.
    pub(crate) fn continue_shutdown(&mut self) {
        let Some(how) = self.shutdown.as_ref().map(|shutdown| shutdown.how) else {
            return;
        };
        let Some(place) = self.children.last() else {
            return;
        };
        let told = self.children.get(place).is_some_and(|child| {
            matches!(child.phase, Phase::Ending(_)) && child.birth.body().control().command() >= how
        });
        if !told {
            self.terminate(place, how, None);
        }
    }

    fn set_phase(&mut self, place: Place, phase: Phase) {
        if let Some(child) = self.children.get(place) {
            child.phase = phase;
        }
    }

    /// Takes a child that has ended for good out of the table and the routes.
    fn forget(&mut self, place: Place) {
        if let Some(child) = self.children.remove(place) {
            child.birth.body().retire();
            discard(child, "a factory");
        }
    }
}

impl Drop for Supervisor {
    /// Whoever asks a supervisor whose runtime is gone gets an answer, and so
    /// does whoever called its children: they leave the routes, which hold them.
    fn drop(&mut self) {
        while let Some(place) = self.children.last() {
            if let Some(child) = self.children.get(place) {
                child.birth.body().control().tell(Command::Kill);
            }
            self.forget(place);
        }
        self.close();
    }
}

impl Ending {
    fn answer(self) {
        for reply in self.replies {
            let _ = reply.send(());
        }
        if let Some((reply, error)) = self.start {
            let _ = reply.send(Err(error));
        }
    }
}

fn time(shutdown: Time) -> Duration {
    match shutdown {
        Time::Brutal => Duration::ZERO,
        Time::After(limit) => limit,
        Time::Infinite => Duration::MAX,
    }
}

fn child_limit(child: Option<&mut Child>) -> Duration {
    child.map_or(GRACE, |child| child.spec.start_limit)
}

fn start_error(end: &End) -> StartError {
    match end {
        End::Failed(error) => StartError::Failed(error.clone()),
        End::Normal | End::Shutdown | End::Killed => StartError::Stopped,
    }
}

//! What a supervisor does: one order at a time, and never a wait for a child.

use std::sync::Arc;

use crate::core::component::{
    Attendant, Body, ChildState, Command, Inbox, Options, Order, Serve, Spec, StartError, Strategy,
    discard,
};
use crate::core::event::End;
use crate::core::route::Hub;
use crate::core::runtime::{self, Instant};
use crate::core::supervisor::asking::state;
use crate::core::supervisor::child::{Child, Children, Phase, Place, StartReply};
use crate::core::supervisor::ending::{AfterShutdown, Shutdown};
use crate::core::supervisor::group::Group;
use crate::core::supervisor::window::Window;

/// Who looks after the children of one component, and owns the table of them.
pub(crate) struct Overseer {
    pub(crate) hub: Arc<Hub>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) options: Options,
    pub(crate) owner: Option<Arc<dyn Body>>,
    pub(crate) children: Children,
    pub(crate) window: Window,
    /// The restart of several children, while it goes on.
    pub(crate) group: Option<Group>,
    pub(crate) shutdown: Option<Shutdown>,
}

impl Overseer {
    pub(crate) fn new(
        hub: Arc<Hub>,
        inbox: Arc<Inbox>,
        options: Options,
        owner: Option<Arc<dyn Body>>,
    ) -> Self {
        Self {
            hub,
            inbox,
            options,
            owner,
            children: Children::default(),
            window: Window::new(options.max_restarts, options.within),
            group: None,
            shutdown: None,
        }
    }

    /// Opens its inbox; `false` where no runtime runs, which closes it.
    pub(crate) fn open(self) -> bool {
        let (hub, inbox) = (self.hub.clone(), self.inbox.clone());
        let attendant = Attendant::new(inbox, Box::new(self), hub.runtime());
        hub.runtime().spawn(Box::pin(attendant)).is_some()
    }

    /// Takes the next step of what several children go through one by one.
    pub(crate) fn go_on(&mut self) {
        if self.shutdown.is_some() {
            self.continue_shutdown();
        } else {
            self.continue_group();
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Start { birth, spec, reply } => {
                let body = birth.body();
                if let Err(error) = self.check_start(&body, &spec) {
                    discard(birth, "a component");
                    let _ = reply.send(Err(error));
                    return;
                }
                let child = Child::new(birth, spec);
                let place = self.children.add(child);
                self.start(place, StartReply::new(reply));
            }
            Order::Ready { body, life } => self.ready(&body, life),
            Order::Ended { body, life, end } => self.ended(&body, life, end),
            Order::Terminate { body, how, reply } => self.remove(&body, how, reply),
            Order::Move { body, to, reply } => self.hand_over(&body, to, reply),
            Order::Adopt { child, reply } => self.adopt(child, reply),
            Order::Ask(question) => self.answer(question),
            Order::Shutdown { how, reply } => self.shut_down(how, reply, None),
        }
    }

    /// Says why a child cannot be one.
    pub(crate) fn check_start(&self, body: &Arc<dyn Body>, spec: &Spec) -> Result<(), StartError> {
        if self.shutdown.is_some() {
            return Err(StartError::Stopped);
        }
        let checked = spec.check(|| body.name().to_string(), &self.options);
        checked.map_err(StartError::BadSpec)?;
        if !spec.named {
            return Ok(());
        }
        let name = body.name();
        let Some(child) = self
            .children
            .named(name)
            .and_then(|it| self.children.peek(it))
        else {
            return Ok(());
        };
        let (name, component) = (name.to_string(), child.birth.body().id());
        Err(match state(child) {
            ChildState::Stopped => StartError::AlreadyPresent { name },
            ChildState::Restarting => StartError::Restarting { name, component },
            _ => StartError::AlreadyStarted { name, component },
        })
    }

    /// Starts a child that was asked for: at once, or in its turn where a group
    /// is being restarted.
    pub(crate) fn start(&mut self, place: Place, reply: Box<StartReply>) {
        if self.group.as_ref().is_some_and(|it| it.will_start(place)) {
            return self.children.set_phase(place, Phase::Queued(Some(reply)));
        }
        self.children.set_phase(place, Phase::Starting(Some(reply)));
        self.begin(place);
    }

    /// Tells whether a child that has ended stays listed.
    pub(crate) fn keeps(&self, child: &Child) -> bool {
        self.options.strategy != Strategy::Dynamic
            && child.spec.named
            && child.birth.is_repeatable()
    }

    fn close(&mut self) {
        let (replies, end) = match self.shutdown.take() {
            Some(shutdown) => (shutdown.replies, shutdown.then),
            None => (Vec::new(), AfterShutdown::Nothing),
        };
        // Before the inbox closes: an owner that finds it closed may end, and
        // begin the next life, which this failure is not meant for.
        match (end, &self.owner) {
            (AfterShutdown::Fail(error), Some(owner)) => owner.control().fail(error),
            (AfterShutdown::Fail(error), None) => self.hub.set_failure(error),
            (AfterShutdown::End, Some(owner)) => owner.control().shut_down(),
            (AfterShutdown::End, None) | (AfterShutdown::Nothing, _) => {}
        }
        self.inbox.close();
        if self.owner.is_none() {
            self.hub.set_stopped();
        }
        for reply in replies {
            let _ = reply.send(());
        }
    }
}

impl Serve for Overseer {
    fn serve(&mut self, order: Order) {
        self.take(order);
        self.go_on();
    }

    fn expire(&mut self) {
        let now = runtime::now();
        while let Some(place) = self.children.take_due(now) {
            self.expire_child(place);
        }
        self.go_on();
    }

    fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [self.children.next_deadline(), self.group_deadline()];
        deadlines.into_iter().flatten().min()
    }

    fn is_over(&self) -> bool {
        self.shutdown.is_some() && self.children.last().is_none()
    }
}

impl Drop for Overseer {
    /// Whoever asks a supervisor whose runtime is gone gets an answer, and so
    /// does whoever called its children: they leave the routes, which hold them.
    fn drop(&mut self) {
        while let Some(place) = self.children.last() {
            if let Some(child) = self.children.peek(place) {
                child.birth.body().control().tell(Command::Kill);
            }
            self.forget(place, &End::Killed);
        }
        self.close();
    }
}

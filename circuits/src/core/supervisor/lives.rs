//! The lives of children: how they begin, and what follows their ends.

use std::sync::Arc;
use std::time::Duration;

use crate::core::component::{
    AutoShutdown, Body, Command, Fate, Options, Order, Restart, StartError, Strategy, discard,
};
use crate::core::event::{End, Error};
use crate::core::runtime;
use crate::core::supervisor::RestartLimit;
use crate::core::supervisor::child::{Child, Phase, Place, Then};
use crate::core::supervisor::ending::AfterShutdown;
use crate::core::supervisor::serve::Overseer;
use crate::core::tap::Member;

impl Overseer {
    /// Begins the next life of a child, whose phase is set already.
    pub(crate) fn begin(&mut self, place: Place) {
        self.apply_update(place);
        let Some(child) = self.children.get(place) else {
            return;
        };
        child.life += 1;
        let life = child.life;
        let limit = child.spec.start_limit();
        if child.birth.clone().begin(life) {
            let deadline = runtime::from_now(limit);
            self.children.set_deadline(place, Some(deadline));
        } else if let Some(child) = self.children.remove(place) {
            let body = child.birth.body();
            body.retire();
            body.tell_watchers(life, &End::Killed, Fate::Gone);
            let Child { birth, phase, .. } = *child;
            discard(birth, "a component");
            if let Phase::Starting(Some(reply)) = phase {
                reply.send(Err(StartError::NoRuntime));
            }
        }
    }

    pub(crate) fn ready(&mut self, body: &Arc<dyn Body>, life: u64) {
        let Some(place) = self.children.place(&**body) else {
            return;
        };
        let Some(child) = self.children.get(place) else {
            return;
        };
        if child.life != life || !matches!(child.phase, Phase::Starting(_)) {
            return;
        }
        if let Some(delays) = child.spec.delays() {
            delays.begin(runtime::now());
        }
        if let Phase::Starting(Some(reply)) = std::mem::replace(&mut child.phase, Phase::Running) {
            reply.send(Ok(()));
        }
        self.children.set_deadline(place, None);
    }

    pub(crate) fn ended(&mut self, body: &Arc<dyn Body>, life: u64, end: End) {
        let Some(place) = self.children.place(&**body) else {
            // It moved while its report was under way: on to its parent. Where
            // that is here, it is about to arrive, and the report comes back.
            if !body.is_retired() {
                let report = Order::Ended {
                    body: body.clone(),
                    life,
                    end,
                };
                if let Some(Order::Ended { end, .. }) = body.parent().post(report) {
                    body.tell_watchers(life, &end, Fate::Gone);
                }
            }
            return;
        };
        let Some(child) = self.children.get(place) else {
            return;
        };
        if child.life != life {
            return;
        }
        self.children.set_deadline(place, None);
        let Some(child) = self.children.get(place) else {
            return;
        };
        match std::mem::replace(&mut child.phase, Phase::Running) {
            Phase::Starting(reply) if matches!(end, End::Normal) => {
                // There is nothing to run.
                self.rest(place, &end);
                if let Some(reply) = reply {
                    reply.send(Ok(()));
                }
            }
            Phase::Starting(Some(reply)) => {
                if reply.kept && child.birth.is_repeatable() {
                    self.stand_still(place, true, &end);
                } else {
                    self.forget(place, &end);
                }
                reply.send(Err(start_error(body, &end)));
            }
            Phase::Ending(mut ending) => {
                match ending.then {
                    Then::Queue if child.birth.is_repeatable() => {
                        // Who awaits its start awaits that with the group.
                        let start = ending.start.take();
                        child.phase = Phase::Queued(start.map(|(reply, _)| reply));
                        body.tell_watchers(life, &end, Fate::Restarts);
                    }
                    Then::Stay => self.stand_still(place, true, &end),
                    Then::Queue | Then::Leave => self.forget(place, &end),
                }
                ending.answer();
            }
            Phase::Starting(None) | Phase::Running => self.ended_by_itself(place, &end),
            // These have no life that could end.
            phase @ (Phase::Delayed | Phase::Queued(_) | Phase::Stopped { .. }) => {
                child.phase = phase;
            }
        }
    }

    /// A child has ended that nobody told to: it is started again, or not.
    fn ended_by_itself(&mut self, place: Place, end: &End) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        if self.shutdown.is_some() {
            return self.forget(place, end);
        }
        let repeatable = child.birth.is_repeatable();
        if repeatable && self.group.as_ref().is_some_and(|it| it.stops(place)) {
            // It would have been stopped next: that is one restart, not two.
            child.phase = Phase::Queued(None);
            let (body, life) = (child.birth.body(), child.life);
            body.tell_watchers(life, end, Fate::Restarts);
            return;
        }
        let wanted = match child.spec.restart {
            Restart::Permanent => true,
            Restart::Transient => end.is_failure(),
            Restart::Temporary => false,
        };
        if wanted && repeatable {
            return self.restart(place, end);
        }
        let significant = child.spec.significant;
        self.rest(place, end);
        if significant {
            self.end_of_significant();
        }
    }

    /// Starts a child again, with those that its strategy says, if the window
    /// allows it.
    fn restart(&mut self, place: Place, end: &End) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let now = runtime::now();
        let body = child.birth.body();
        let name = body.name().clone();
        let life = child.life;
        let delay = child.spec.delays().map(|delays| delays.next(now));
        if !self.window.allows(now) {
            let error = self.limit(&name, end);
            tracing::error!(target: "circuits", child = %name, "{error:?}");
            self.forget(place, end);
            let then = AfterShutdown::Fail(error);
            return self.shut_down(Command::Stop, None, Some(then));
        }
        body.tell_watchers(life, end, Fate::Restarts);
        self.hub.count_restart(|| ended(&body, life), end);
        tracing::warn!(target: "circuits", child = %name, life, ?end, ?delay, "restart");
        let delay = delay.unwrap_or(Duration::ZERO);
        match self.options.strategy {
            Strategy::OneForAll => {
                let first = self.children.first().unwrap_or(place);
                self.restart_group(place, first, delay);
            }
            Strategy::RestForOne => self.restart_group(place, place, delay),
            Strategy::OneForOne | Strategy::Dynamic if delay.is_zero() => {
                self.children.set_phase(place, Phase::Starting(None));
                self.begin(place);
            }
            Strategy::OneForOne | Strategy::Dynamic => {
                self.children.set_phase(place, Phase::Delayed);
                let deadline = runtime::from_now(delay);
                self.children.set_deadline(place, Some(deadline));
            }
        }
    }

    /// A significant child ended by itself, and is not started again.
    fn end_of_significant(&mut self) {
        let is_last = || {
            let mut others = self.children.all();
            !others.any(|(_, child)| child.spec.significant && child.is_alive())
        };
        let over = match self.options.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => is_last(),
        };
        if over {
            self.shut_down(Command::Stop, None, Some(AfterShutdown::End));
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
}

/// Names the life of a component that has ended.
fn ended(body: &Arc<dyn Body>, life: u64) -> Member {
    Member {
        life,
        ..body.member()
    }
}

fn start_error(body: &Arc<dyn Body>, end: &End) -> StartError {
    match end {
        End::Failed(error) => StartError::Failed {
            name: body.name().to_string(),
            error: error.clone(),
        },
        End::Normal | End::Shutdown | End::Killed | End::Gone => StartError::Stopped,
    }
}

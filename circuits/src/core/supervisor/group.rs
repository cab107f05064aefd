//! The restart of several children: stop them in reverse, start them in order.
//!
//! ```text
//! Stopping ──all ended──► Waiting ──backoff over──► Starting ──last one ready──► done
//!    ▲                                                 │
//!    └───────────── a member fails: counted ◄──────────┘
//! ```

use std::time::Duration;

use crate::core::component::Command;
use crate::core::runtime::{self, Instant};
use crate::core::supervisor::child::{Phase, Place, Then};
use crate::core::supervisor::serve::Overseer;

/// The children from one place on, while they are being restarted.
pub(crate) struct Group {
    from: Place,
    stage: Stage,
    /// When they may start again.
    until: Option<Instant>,
}

enum Stage {
    /// All from this place on have ended, or came later.
    Stopping(Place),
    Waiting,
    /// All before this place have started.
    Starting(Place),
}

impl Group {
    /// Tells whether a child is among those that are being stopped.
    pub(crate) fn stops(&self, place: Place) -> bool {
        place >= self.from && matches!(self.stage, Stage::Stopping(_))
    }

    /// Tells whether a child that waits for its turn will get one.
    pub(crate) fn will_start(&self, place: Place) -> bool {
        place >= self.next()
    }

    /// Returns the first place that has not been started again.
    fn next(&self) -> Place {
        match self.stage {
            Stage::Stopping(_) | Stage::Waiting => self.from,
            Stage::Starting(next) => next,
        }
    }
}

impl Overseer {
    /// Restarts all children from a place on, because one of them failed.
    pub(crate) fn restart_group(&mut self, failed: Place, from: Place, delay: Duration) {
        self.children.set_phase(failed, Phase::Queued(None));
        let until = (!delay.is_zero()).then(|| runtime::from_now(delay));
        // One that goes on already is not forgotten: it may reach further down,
        // but those that it has started again stay.
        let from = self
            .group
            .as_ref()
            .map_or(from, |group| group.next().min(from));
        let before = self.group.take().and_then(|group| group.until);
        self.group = Some(Group {
            from,
            stage: Stage::Stopping(self.children.end()),
            until: until.max(before),
        });
    }

    pub(crate) fn group_deadline(&self) -> Option<Instant> {
        let group = self.group.as_ref()?;
        match group.stage {
            Stage::Waiting => group.until,
            Stage::Stopping(_) | Stage::Starting(_) => None,
        }
    }

    /// Goes as far as it gets without waiting for anybody.
    pub(crate) fn continue_group(&mut self) {
        while self.shutdown.is_none() {
            let Some(group) = &mut self.group else {
                return;
            };
            let (from, until) = (group.from, group.until);
            match group.stage {
                Stage::Stopping(ended) => match self.children.last_within(from, ended) {
                    Some(place) if !self.stop_member(place) => return,
                    Some(place) => self.set_stage(Stage::Stopping(place)),
                    None => self.set_stage(Stage::Waiting),
                },
                Stage::Waiting => {
                    if until.is_some_and(|until| runtime::now() < until) {
                        return;
                    }
                    self.set_stage(Stage::Starting(from));
                }
                Stage::Starting(next) => match self.children.first_from(next) {
                    Some(place) if !self.start_member(place) => return,
                    Some(place) => self.set_stage(Stage::Starting(place + 1)),
                    None => self.group = None,
                },
            }
        }
    }

    fn set_stage(&mut self, stage: Stage) {
        if let Some(group) = &mut self.group {
            group.stage = stage;
        }
    }

    /// Tells a member to end; returns whether it has.
    fn stop_member(&mut self, place: Place) -> bool {
        let Some(child) = self.children.get(place) else {
            return true;
        };
        match child.phase {
            Phase::Queued(_) | Phase::Stopped { asked: true } => true,
            Phase::Delayed | Phase::Stopped { asked: false } => {
                child.phase = Phase::Queued(None);
                self.children.set_deadline(place, None);
                true
            }
            Phase::Ending(_) => false,
            Phase::Starting(_) | Phase::Running => {
                self.terminate(place, Command::Stop, Then::Queue, None);
                false
            }
        }
    }

    /// Starts a member; returns whether it has started, or will not.
    fn start_member(&mut self, place: Place) -> bool {
        let Some(child) = self.children.get(place) else {
            return true;
        };
        match &mut child.phase {
            Phase::Queued(reply) => {
                child.phase = Phase::Starting(reply.take());
                self.begin(place);
                false
            }
            Phase::Starting(_) => false,
            Phase::Running | Phase::Delayed | Phase::Ending(_) | Phase::Stopped { .. } => true,
        }
    }
}

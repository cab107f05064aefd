//! Questions about children, and specifications that change while they run.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::core::component::{
    AnyAddress, Body, Child as Listed, ChildCount, ChildError, ChildKind, ChildRef, ChildSpec,
    ChildState, Command, Fate, Question, SpecError, StartError, Terminating, Which, discard,
};
use crate::core::event::End;
use crate::core::supervisor::child::{Child, Phase, Place, StartReply, Then};
use crate::core::supervisor::serve::Overseer;

impl Overseer {
    pub(crate) fn answer(&mut self, question: Question) {
        match question {
            Question::List(reply) => {
                let list = self.children.all().map(|(_, child)| list(child)).collect();
                let _ = reply.send(list);
            }
            Question::Look(child, reply) => {
                let found = self
                    .find(&child)
                    .and_then(|place| self.children.peek(place));
                let _ = reply.send(found.map(list).ok_or_else(|| not_found(&child)));
            }
            Question::Count(reply) => {
                let _ = reply.send(self.count());
            }
            Question::Find(child, reply) => {
                let found = self
                    .find(&child)
                    .and_then(|place| self.children.peek(place));
                let body = found.map(|child| child.birth.body());
                let _ = reply.send(body.ok_or_else(|| not_found(&child)));
            }
            Question::Terminate(child, reply) => {
                let _ = reply.send(self.terminate_by_question(&child));
            }
            Question::Restart(child, reply) => {
                let _ = reply.send(self.restart_by_question(&child));
            }
            Question::Delete(child, reply) => {
                let _ = reply.send(self.delete(&child));
            }
            Question::Update(specs, reply) => {
                let _ = reply.send(self.update(specs));
            }
        }
    }

    fn count(&self) -> ChildCount {
        let mut count = ChildCount::default();
        for (_, child) in self.children.all() {
            count.specs += 1;
            match state(child) {
                ChildState::Starting | ChildState::Running | ChildState::Ending => {
                    count.active += 1;
                }
                ChildState::Restarting | ChildState::Stopped => {}
            }
            match kind(child) {
                ChildKind::Worker => count.workers += 1,
                ChildKind::Supervisor => count.supervisors += 1,
            }
        }
        count
    }

    /// Looks for a child: a name that was given is found at once, one that was
    /// made by looking at all.
    fn find(&self, child: &ChildRef) -> Option<Place> {
        match &child.0 {
            Which::Body(body) => self.children.place(&**body),
            Which::Name(name) => self.children.named(name).or_else(|| {
                let mut all = self.children.all();
                all.find(|(_, child)| **child.birth.body().name() == **name)
                    .map(|(place, _)| place)
            }),
        }
    }

    fn terminate_by_question(
        &mut self,
        child: &ChildRef,
    ) -> Result<Option<Terminating>, ChildError> {
        let Some(place) = self.find(child) else {
            // One that was here and has ended is no surprise.
            return match &child.0 {
                Which::Body(body) if body.is_retired() && self.is_parent_of(&**body) => Ok(None),
                _ => Err(not_found(child)),
            };
        };
        let Some(known) = self.children.peek(place) else {
            return Err(not_found(child));
        };
        let body = known.birth.body();
        let then = if self.keeps(known) {
            Then::Stay
        } else {
            Then::Leave
        };
        let (reply, over) = oneshot::channel();
        self.terminate(place, Command::Stop, then, Some(reply));
        Ok(Some(Terminating { body, over }))
    }

    fn is_parent_of(&self, body: &dyn Body) -> bool {
        let parent = body.parent();
        // Not its id alone, which is unique in one system only.
        Arc::ptr_eq(parent.nursery(), self.inbox.nursery()) && parent.owner() == self.inbox.owner()
    }

    fn restart_by_question(
        &mut self,
        child: &ChildRef,
    ) -> Result<oneshot::Receiver<Result<(), StartError>>, ChildError> {
        let place = self.find_stopped(child)?;
        if self.shutdown.is_some() {
            return Err(ChildError::Stopped);
        }
        let (reply, started) = oneshot::channel();
        self.start(place, StartReply::kept(reply));
        Ok(started)
    }

    fn delete(&mut self, child: &ChildRef) -> Result<(), ChildError> {
        let place = self.find_stopped(child)?;
        self.forget(place, &End::Shutdown);
        Ok(())
    }

    /// Finds a child that stands stopped.
    fn find_stopped(&self, child: &ChildRef) -> Result<Place, ChildError> {
        let place = self.find(child).ok_or_else(|| not_found(child))?;
        match self.children.peek(place).map(state) {
            Some(ChildState::Stopped) => Ok(place),
            Some(ChildState::Restarting) => Err(ChildError::Restarting(child.to_string())),
            Some(_) => Err(ChildError::Running(child.to_string())),
            None => Err(not_found(child)),
        }
    }

    /// Takes all of the specifications, or none.
    fn update(&mut self, specs: Vec<ChildSpec>) -> Result<(), StartError> {
        if self.shutdown.is_some() {
            return Err(StartError::Stopped);
        }
        let mut names = HashSet::new();
        for spec in &specs {
            if !names.insert(spec.name()) {
                let error = SpecError::DuplicateName(spec.name().to_owned());
                return Err(StartError::BadSpec(error));
            }
            let checked = spec.check(&self.options);
            checked.map_err(StartError::BadSpec)?;
            spec.check_channel()?;
        }
        for spec in specs {
            match self.children.named(spec.name()) {
                Some(place) => {
                    if let Some(child) = self.children.get(place) {
                        child.spec.set_update(spec);
                    }
                }
                None => {
                    let (birth, spec) = spec.plant(&self.hub, &self.inbox, None)?;
                    let mut child = Child::new(birth, spec);
                    child.phase = Phase::Stopped { asked: true };
                    self.children.add(child);
                }
            }
        }
        Ok(())
    }

    /// Gives a child the specification that was handed in for its next start.
    pub(crate) fn apply_update(&mut self, place: Place) {
        let Some(child) = self.children.get(place) else {
            return;
        };
        let Some(update) = child.spec.take_update() else {
            return;
        };
        let old = child.birth.body();
        let planted = update.plant(&self.hub, &self.inbox, Some(old.clone()));
        let Ok((birth, spec)) = planted else {
            // Its channel was checked when it was handed in.
            return;
        };
        let new = birth.body();
        if new.id() != old.id() {
            // Another component, whose first life this is.
            child.life = 0;
            new.set_place(place);
            old.retire();
            old.tell_watchers(old.life(), &End::Shutdown, Fate::Gone);
        }
        child.spec = spec;
        let before = std::mem::replace(&mut child.birth, birth);
        discard(before, "a factory");
    }
}

fn list(child: &Child) -> Listed {
    let body = child.birth.body();
    Listed {
        name: body.name().clone(),
        component: body.id(),
        address: AnyAddress::new(body.clone()),
        state: state(child),
        life: child.life,
        kind: kind(child),
        restart: child.spec.restart,
        significant: child.spec.significant,
    }
}

pub(crate) fn state(child: &Child) -> ChildState {
    match child.phase {
        Phase::Starting(Some(_)) | Phase::Queued(Some(_)) => ChildState::Starting,
        Phase::Running => ChildState::Running,
        Phase::Starting(None) | Phase::Delayed | Phase::Queued(None) => ChildState::Restarting,
        Phase::Ending(_) => ChildState::Ending,
        Phase::Stopped { .. } => ChildState::Stopped,
    }
}

fn kind(child: &Child) -> ChildKind {
    match child.birth.body().children() {
        Some(_) => ChildKind::Supervisor,
        None => ChildKind::Worker,
    }
}

fn not_found(child: &ChildRef) -> ChildError {
    ChildError::NotFound(child.to_string())
}

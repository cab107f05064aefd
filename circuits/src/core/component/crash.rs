//! What is left when a life ends: the event that was being handled, those that
//! wait, and the value.

use std::time::Duration;

use crate::core::component::life::Life;
use crate::core::component::own::has_own;
use crate::core::component::report::{Crash, Verdict};
use crate::core::component::{Body, Component, HandlerTimeout, Shutdown};
use crate::core::event::{Crashed, End, Error, Event, Reason};
use crate::core::mailbox::Suspect;
use crate::core::reply::{CallError, Party};
use crate::core::runtime;
use crate::core::tap::Outcome;

impl<C: Component> Life<C> {
    /// Reports a panic, and the event that was being handled.
    pub(crate) fn crash(&mut self, error: Error) -> End {
        self.cx.end_turn(|| Outcome::Panicked(error.clone()));
        let cause = self.cx.cause();
        let crashes = self.cx.crashes;
        match self.take_handled() {
            Some(message) => {
                let suspect = Suspect { message, crashes };
                self.cell().conclude_panic(suspect, &error, cause);
            }
            None => self.cell().report_failure(self.cx.handler(), &error),
        }
        self.cx.leave();
        End::Failed(error)
    }

    /// Reports a panic in an event of the component's own life, of which each
    /// life has another.
    pub(crate) fn crash_in_own(&mut self, error: Error) -> End {
        self.cx.end_turn(|| Outcome::Panicked(error.clone()));
        match self.take_handled() {
            Some(message) => {
                let crash = Crash {
                    error: &error,
                    panicked: true,
                    verdict: Verdict::Lost(Reason::Crashed),
                    cause: None,
                };
                self.cell().report_crash(message, crash);
            }
            None => self.cell().report_failure(self.cx.handler(), &error),
        }
        self.cx.leave();
        End::Failed(error)
    }

    /// Runs the component's handlers of its own failure, on the value as it is.
    pub(crate) async fn crashed(&mut self, error: &Error) {
        let cell = self.cell().clone();
        let limit = match cell.shutdown() {
            Shutdown::Brutal => Duration::ZERO,
            Shutdown::After(limit) => limit,
            Shutdown::Infinite => Duration::MAX,
        };
        let hook = async {
            if has_own::<C>(Crashed::NAME) {
                // Readers on other threads go first: the value must be free.
                cell.end_life().await;
            }
            let (name, life) = (cell.name().clone(), self.cx.life());
            let crashed = || Crashed::new(cell.id(), name, life, error.clone());
            // A failure is reported already, and changes nothing more.
            let _ = self.handle_own(crashed).await;
        };
        match runtime::catch(runtime::timeout(limit, hook)).await {
            Ok(Some(())) => {}
            Ok(None) => {
                let error = Error::from(HandlerTimeout(limit));
                self.cx.end_turn(|| Outcome::Failed(error.clone()));
                self.crash_in_own(error);
            }
            Err(panic) => {
                self.crash_in_own(panic.into());
            }
        }
    }

    /// Takes the event that was being handled when its handler was cut off.
    pub(crate) fn take_handled(&mut self) -> Option<C::Message> {
        let handling = std::mem::replace(&mut self.handling, false);
        if handling {
            self.batch.pop_front()
        } else {
            None
        }
    }

    /// Drops the value; a panic in its `Drop` is reported and changes nothing more.
    pub(crate) fn give_up_value(&mut self) {
        let state = self.state.take();
        if let Err(panic) = runtime::guard(move || drop(state)) {
            self.cell().report_failure("drop", &Error::from(panic));
        }
    }
}

impl<C: Component> Drop for Life<C> {
    /// Whatever ended the life: what it did not handle waits for the next,
    /// unless the component wants it dropped.
    fn drop(&mut self) {
        self.cx.end_turn(|| Outcome::Killed);
        if let Some(message) = self.take_handled() {
            self.cell()
                .bury(message, Reason::Crashed, CallError::Crashed);
        }
        let cell = self.cx.cell().clone();
        let crashes = std::mem::take(&mut self.crashes);
        if crashes > 0
            && let Some(message) = self.batch.pop_front()
            && let Err(message) = cell.mailbox().put_aside(Suspect { message, crashes })
        {
            cell.bury(message, Reason::Crashed, CallError::Crashed);
        }
        if cell.drops_mailbox() {
            self.batch.extend(cell.mailbox().empty());
        } else {
            cell.mailbox().put_back(&mut self.batch);
        }
        while let Some(message) = self.batch.pop_front() {
            cell.bury_waiting(message);
        }
        self.give_up_value();
    }
}

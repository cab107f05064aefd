//! `&mut self` handlers: those that take a future, and what follows each event.

use std::future::{Future, ready};
use std::mem::discriminant;
use std::pin::Pin;

use crate::core::component::life::{Life, outcome_of};
use crate::core::component::turn::in_span;
use crate::core::component::{Body, Component, Keep, Ran};
use crate::core::event::{End, Error};
use crate::core::mailbox::{Message, Suspect};

impl<C: Component> Life<C> {
    /// Runs the `&mut self` handler of the event in front, which is one of the
    /// component's own life.
    pub(crate) async fn handle_exclusive(&mut self) -> Result<(), Error> {
        let Self {
            cx,
            state,
            batch,
            handling,
            ..
        } = self;
        *handling = true;
        let component = state.as_mut().and_then(C::State::get_mut);
        let (Some(component), Some(message)) = (component, batch.front()) else {
            return Ok(());
        };
        let ran = match cx.run_now(component, message) {
            Ran::Later => match self.run_exclusive().await {
                Ran::Traced => self.handle_watched().await,
                ran => ran,
            },
            ran => ran,
        };
        match ran {
            Ran::Done(outcome) => return outcome,
            Ran::Refused => self.skip_front(),
            Ran::Spent | Ran::Later | Ran::Traced => {}
        }
        Ok(())
    }

    /// Runs the `&mut self` handler of the event in front, which takes a future.
    #[inline]
    pub(crate) async fn run_exclusive(&mut self) -> Ran {
        let component = self.state.as_mut().and_then(C::State::get_mut);
        match (component, self.batch.front()) {
            (Some(component), Some(message)) => component.exclusive(message, &mut self.cx).await,
            _ => Ran::Later,
        }
    }

    /// The same in the span of an event that somebody listens to.
    #[cold]
    pub(crate) fn handle_watched(&mut self) -> Pin<Box<dyn Future<Output = Ran> + Send + '_>> {
        let component = self.state.as_mut().and_then(C::State::get_mut);
        match (component, self.batch.front(), self.cx.track().cloned()) {
            (Some(component), Some(message), Some(track)) => {
                in_span(track, component.exclusive(message, &mut self.cx))
            }
            _ => Box::pin(ready(Ran::Later)),
        }
    }

    /// Tells whether the event behind the one in front is for the same handler.
    pub(crate) fn is_next_alike(&self) -> bool {
        let front = self.batch.front().map(discriminant);
        front.is_some() && front == self.batch.get(1).map(discriminant)
    }

    /// Begins with the event in front, unless the component has to look up first.
    pub(crate) fn goes_on(&mut self, turn: &mut usize, draining: bool) -> bool {
        let cell = self.cx.cell();
        if self.batch.is_empty() || cell.control().has_news(draining) || cell.debts().is_some() {
            return false;
        }
        cell.mailbox().set_taken(self.batch.len() - 1);
        *turn += 1;
        self.handling = true;
        true
    }

    /// Takes the event in front off the batch, which shall not be handled any more.
    pub(crate) fn skip_front(&mut self) {
        self.handling = false;
        self.cx.leave();
        if let Some(message) = self.batch.pop_front() {
            self.cell().skip(message);
        }
    }

    /// Takes the event that was handled off the batch, and reports a failure;
    /// returns the end of the life if it has to end.
    #[inline]
    pub(crate) fn conclude(&mut self, ran: Ran) -> Option<End> {
        let outcome = match ran {
            Ran::Spent => {
                self.handling = false;
                self.cx.crashes = 0;
                std::mem::forget(self.batch.pop_front());
                return None;
            }
            Ran::Refused => {
                self.skip_front();
                return None;
            }
            Ran::Done(outcome) => outcome,
            // By hand: no method takes it.
            Ran::Later | Ran::Traced => Ok(()),
        };
        let front = self.batch.front();
        if outcome.is_ok() && front.is_some_and(|message| !self.cx.needs_care(message)) {
            self.handling = false;
            drop(self.batch.pop_front());
            self.cx.track = None;
            return None;
        }
        self.conclude_with_care(outcome)
    }

    #[inline(never)]
    pub(crate) fn conclude_with_care(&mut self, outcome: Result<(), Error>) -> Option<End> {
        let message = self.take_handled();
        if self.cx.is_tracked() {
            self.cx.end_turn(|| outcome_of(&outcome, message.as_ref()));
        }
        let end = match (outcome, message) {
            (Err(error), Some(message)) => {
                let crashes = self.cx.crashes;
                let suspect = Suspect { message, crashes };
                self.cell().conclude_error(suspect, error, self.cx.cause())
            }
            (Ok(()), Some(message)) if self.cx.is_tracked() && message.letter().is_late() => {
                self.cell().report_late(message);
                None
            }
            _ => None,
        };
        self.cx.leave();
        end
    }
}

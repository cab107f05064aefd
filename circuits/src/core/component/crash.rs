//! What is left when a life ends: the event that was being handled, those that
//! wait, and the value.

use crate::core::component::Component;
use crate::core::component::life::Life;
use crate::core::event::{End, Error, Reason};
use crate::core::reply::CallError;
use crate::core::runtime;

impl<C: Component> Life<C> {
    /// Reports a panic, and the event that was being handled.
    pub(crate) fn crash(&mut self, error: Error) -> End {
        let cause = self.cx.cause();
        match self.take_handled() {
            Some(message) => self.cell().report_crash(message, &error, cause),
            None => self.cell().report_failure(self.cx.handler(), &error),
        }
        self.cx.leave();
        End::Failed(error)
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
        if let Some(message) = self.take_handled() {
            self.cell()
                .bury(message, Reason::Crashed, CallError::Crashed);
        }
        let cell = self.cx.cell().clone();
        if cell.drops_mailbox() {
            self.batch.extend(cell.mailbox().empty());
        } else {
            cell.mailbox().put_back(&mut self.batch);
        }
        while let Some(message) = self.batch.pop_front() {
            cell.bury(message, Reason::Stopped, CallError::Stopped);
        }
        self.give_up_value();
    }
}

//! What becomes of events that a component does not handle.

use crate::core::component::{Cell, Component};
use crate::core::event::{Error, Reason};
use crate::core::mailbox::Message;
use crate::core::reply::CallError;
use crate::core::runtime;
use crate::core::tap::Trace;

impl<C: Component> Cell<C> {
    /// Buries what was sent to a life that is over, and waits in vain.
    pub(crate) fn bury_missed(&self) {
        let is_missed = |message: &C::Message| {
            let track = message.letter().track();
            let life = track.and_then(|track| track.addressed_life());
            life.is_some_and(|life| !self.is_current(life))
        };
        for message in self.mailbox().take_out(is_missed) {
            self.bury(message, Reason::Stopped, CallError::Stopped);
        }
    }

    /// Lets go of an event that this life shall not handle.
    pub(crate) fn skip(&self, message: C::Message) {
        let track = message.letter().track();
        if track.is_some_and(|track| track.addressed_life().is_some()) {
            self.bury(message, Reason::Stopped, CallError::Stopped);
        }
    }

    /// Buries what nobody took; what the framework owed to one life just ends.
    pub(crate) fn bury_waiting(&self, message: C::Message) {
        let track = message.letter().track();
        if track.is_none_or(|track| !track.is_owed()) {
            self.bury(message, Reason::Stopped, CallError::Stopped);
        }
    }

    /// Counts an event as a dead letter and tells its caller why.
    ///
    /// Contains a panic in the event's drop: this runs in supervisors, and
    /// while a killed life is dropped, where a second panic ends the process.
    #[inline(never)]
    pub(crate) fn bury(&self, message: C::Message, reason: Reason, error: CallError) {
        let buried = runtime::guard(|| {
            let name = message.letter().name();
            let track = message.letter().track();
            let trace = track.as_ref().and_then(|track| track.trace());
            let _held = trace.map(Trace::hold);
            message.letter().lose(error, None);
            let event = || message.into_event();
            self.hub().dead_letter(trace, name, reason, event);
        });
        if let Err(panic) = buried {
            self.report_failure("drop", &Error::from(panic));
        }
    }
}

//! What a component reports about its failures.

use std::sync::Arc;

use crate::core::component::{Body, Cell, Component, OnError};
use crate::core::event::{AnyEvent, End, Error, Exception, Reason};
use crate::core::mailbox::Message;
use crate::core::reply::{CallError, Cause, Party};

impl<C: Component> Cell<C> {
    /// Reports an error that a handler returned; some end the life.
    pub(crate) fn conclude_error(
        &self,
        message: C::Message,
        error: Error,
        cause: Option<Arc<Cause>>,
    ) -> Option<End> {
        let crashed = error.is_fatal() || C::OPTIONS.on_error == OnError::Restart;
        self.report_error(message, &error, cause, crashed);
        crashed.then_some(End::Failed(error))
    }

    /// Reports an error that a handler returned.
    pub(crate) fn report_error(
        &self,
        message: C::Message,
        error: &Error,
        cause: Option<Arc<Cause>>,
        crashed: bool,
    ) {
        let handler = message.handler();
        self.report(handler, message.into_event(), error, cause, crashed);
    }

    /// Reports a handler that panicked, and the event that is lost by it.
    pub(crate) fn report_crash(
        &self,
        message: C::Message,
        error: &Error,
        cause: Option<Arc<Cause>>,
    ) {
        let (handler, name) = (message.handler(), message.letter().name());
        message
            .letter()
            .lose(CallError::Crashed, Some(error.clone()));
        let event = message.into_event();
        self.report(handler, event.clone(), error, cause, true);
        self.hub().dead_letter(name, Reason::Crashed, || event);
    }

    /// Reports a failure outside of any handler.
    pub(crate) fn report_failure(&self, place: &'static str, error: &Error) {
        self.report(place, AnyEvent::named(place), error, None, true);
    }

    fn report(
        &self,
        handler: &'static str,
        event: AnyEvent,
        error: &Error,
        cause: Option<Arc<Cause>>,
        crashed: bool,
    ) {
        let exception = Exception::new(
            self.id(),
            self.name().clone(),
            handler,
            event,
            error.clone(),
        );
        self.hub().exception(exception.crashed(crashed), cause);
    }
}

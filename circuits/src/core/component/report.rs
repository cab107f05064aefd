//! What a component reports about its failures.

use std::sync::Arc;

use crate::core::component::{Body, Cell, Component, OnError};
use crate::core::event::{AnyEvent, End, Error, Exception, Name, Reason};
use crate::core::mailbox::{Message, Suspect};
use crate::core::reply::{CallError, Cause, Notes, Party, Run};
use crate::core::route::Telling;
use crate::core::tap::Trace;

/// How a handler ended the life that it ran in.
pub(crate) struct Crash<'a> {
    pub(crate) error: &'a Error,
    /// It panicked; else it returned the error.
    pub(crate) panicked: bool,
    pub(crate) verdict: Verdict,
    pub(crate) cause: Option<Arc<Cause>>,
}

/// What becomes of an event that crashed a life.
pub(crate) enum Verdict {
    /// The next life handles it, before all else; it has crashed so many.
    Again(u32),
    Lost(Reason),
}

impl<C: Component> Cell<C> {
    /// Reports an error that a handler returned; some end the life.
    pub(crate) fn conclude_error(
        &self,
        suspect: Suspect<C::Message>,
        error: Error,
        cause: Option<Arc<Cause>>,
    ) -> Option<End> {
        match Self::rule(&suspect.message, &error) {
            OnError::Answer => self.report_error(suspect.message, &error, cause, false),
            OnError::Stop => {
                self.report_error(suspect.message, &error, cause, false);
                self.control().tell_by_itself();
            }
            OnError::Restart => {
                let crash = Crash {
                    error: &error,
                    panicked: false,
                    verdict: self.judge(&suspect),
                    cause,
                };
                self.report_crash(suspect.message, crash);
                return Some(End::Failed(error));
            }
        }
        None
    }

    /// Finds the innermost rule that says what an error does.
    fn rule(message: &C::Message, error: &Error) -> OnError {
        if error.is_fatal() {
            return OnError::Restart;
        }
        C::on_handler_error(message, error)
            .or_else(|| C::on_error(error))
            .unwrap_or(C::OPTIONS.on_error)
    }

    /// Tells the caller of an error that a handler returned, and reports it.
    pub(crate) fn report_error(
        &self,
        message: C::Message,
        error: &Error,
        cause: Option<Arc<Cause>>,
        crashed: bool,
    ) {
        message.letter().fail(error.clone());
        let handler = message.handler();
        let telling = about(&message, cause);
        self.report(handler, message.into_event(), error, telling, crashed);
    }

    /// Reports a panic of a handler, which ends the life.
    pub(crate) fn conclude_panic(
        &self,
        suspect: Suspect<C::Message>,
        error: &Error,
        cause: Option<Arc<Cause>>,
    ) {
        let crash = Crash {
            error,
            panicked: true,
            verdict: self.judge(&suspect),
            cause,
        };
        self.report_crash(suspect.message, crash);
    }

    /// Decides what becomes of an event that has crashed one more life.
    pub(crate) fn judge(&self, suspect: &Suspect<C::Message>) -> Verdict {
        let attempts = C::OPTIONS.attempts;
        let crashes = suspect.crashes.saturating_add(1);
        if attempts <= 1 {
            return Verdict::Lost(Reason::Crashed);
        }
        if crashes >= attempts {
            return Verdict::Lost(Reason::Poison);
        }
        // What a timer fired is void in the next life, which skips it.
        let track = suspect.message.letter().track();
        if track.is_some_and(|track| !track.admits(self.id(), self.life() + 1)) {
            return Verdict::Lost(Reason::Crashed);
        }
        Verdict::Again(crashes)
    }

    /// Reports a handler that ended its life, and the event that did it: the
    /// next life handles it once more, or it is lost.
    pub(crate) fn report_crash(&self, message: C::Message, crash: Crash<'_>) {
        let Crash {
            error,
            panicked,
            verdict,
            cause,
        } = crash;
        let (handler, name) = (message.handler(), message.letter().name());
        let track = message.letter().track();
        let trace = track.as_ref().and_then(|track| track.trace());
        let _held = trace.map(Trace::hold);
        let telling = about(&message, cause);
        let (event, message) = message.share();
        let lost = match verdict {
            Verdict::Lost(reason) => Some((message, reason)),
            Verdict::Again(crashes) => {
                // No reader has it any more: callers wait for the component.
                message.letter().begin(Run::ALONE);
                let refused = self.mailbox().put_aside(Suspect { message, crashes });
                refused.err().map(|message| (message, Reason::Crashed))
            }
        };
        match &lost {
            Some((message, _)) if panicked => message
                .letter()
                .lose(CallError::Crashed, Some(error.clone())),
            Some((message, _)) => message.letter().fail(error.clone()),
            None => {}
        }
        self.report(handler, event.clone(), error, telling, true);
        // An error is an answer: its event is lost only if it was to be
        // handled again.
        if let Some((_, reason)) = lost
            && (panicked || reason == Reason::Poison)
        {
            self.hub().dead_letter(trace, name, reason, || event);
        }
    }

    /// Counts a call whose reply found nobody.
    pub(crate) fn report_late(&self, message: C::Message) {
        let name = message.letter().name();
        let track = message.letter().track();
        let trace = track.as_ref().and_then(|track| track.trace());
        let event = || message.into_event();
        self.hub().dead_letter(trace, name, Reason::Late, event);
    }

    /// Reports a failure outside of any handler.
    pub(crate) fn report_failure(&self, place: &'static str, error: &Error) {
        let event = AnyEvent::named(Name::literal(place));
        self.report(place, event, error, Telling::on(&["*"]), true);
    }

    fn report(
        &self,
        handler: &'static str,
        event: AnyEvent,
        error: &Error,
        telling: Telling<'_>,
        crashed: bool,
    ) {
        let exception = Exception::new(
            self.id(),
            self.name().clone(),
            handler,
            event,
            error.clone(),
        );
        self.hub().exception(exception.crashed(crashed), telling);
    }
}

/// Says that a failure belongs to the cause of the event that was handled.
fn about<M: Message>(message: &M, cause: Option<Arc<Cause>>) -> Telling<'static> {
    let track = message.letter().track();
    let trace = track.as_ref().and_then(|track| track.trace());
    let notes = Notes {
        cause,
        ..Notes::default()
    };
    Telling::on(&["*"])
        .notes(notes)
        .because(trace.map(|it| it.id()))
}

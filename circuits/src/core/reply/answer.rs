//! What a handler answered.

use crate::core::event::Error;

/// What one handler has to say to an event whose reply is `R`.
///
/// The macros make it from what a handler returns; by hand, use the functions
/// below.
#[derive(Debug)]
pub enum Answer<R> {
    /// The handler has no opinion.
    Nothing,
    /// The handler answers.
    Reply(R),
    /// The handler failed.
    Failed(Error),
}

impl<R> Answer<R> {
    /// From a handler that returns nothing.
    pub fn unit((): ()) -> Self {
        Self::Nothing
    }

    /// From a handler that returns the reply.
    pub fn reply<T: IsReply<R>>(value: T) -> Self {
        Self::Reply(value.into_reply())
    }

    /// From a handler that may have no opinion.
    pub fn option<T: IsReply<R>>(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Self::reply)
    }

    /// From a handler that failed.
    pub fn error(error: impl Into<Error>) -> Self {
        Self::Failed(error.into())
    }

    /// From a handler that may fail; `answer` says what its success means.
    pub fn result<T, E: Into<Error>>(value: Result<T, E>, answer: impl FnOnce(T) -> Self) -> Self {
        value.map_or_else(Self::error, answer)
    }
}

/// Says that a handler returns what its event's reply is.
///
/// Implemented for every type and itself, and for nothing else.
#[diagnostic::on_unimplemented(
    message = "this handler returns `{Self}`, but the reply of its event is `{R}`",
    label = "return `{R}`, `Option<{R}>`, or a `Result` of these",
    note = "or write `#[event(reply = {Self})]` above the event's definition"
)]
pub trait IsReply<R> {
    /// Returns the reply.
    fn into_reply(self) -> R;
}

impl<R> IsReply<R> for R {
    fn into_reply(self) -> R {
        self
    }
}

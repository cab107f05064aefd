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

    /// From a handler that returns the reply, or an option of it.
    pub fn reply<T: IsReply<R>>(value: T) -> Self {
        value.into_answer()
    }

    /// From a handler that failed.
    pub fn error(error: impl Into<Error>) -> Self {
        Self::Failed(error.into())
    }

    /// From a handler that may fail; `answer` says what its success means.
    pub fn result<T, E: IsError>(value: Result<T, E>, answer: impl FnOnce(T) -> Self) -> Self {
        value.map_or_else(Self::error, answer)
    }
}

/// Says that a handler returns what its event's reply is.
///
/// Implemented by `R` and by `Option<R>`, whose `None` is no opinion. So where
/// the reply is an option itself, returning one answers, with `None` too.
#[diagnostic::on_unimplemented(
    message = "this handler returns `{Self}`, but the reply of its event is `{R}`",
    label = "return `{R}`, `Option<{R}>`, or a `Result` of these",
    note = "or write `#[event(reply = {Self})]` above the event's definition"
)]
pub trait IsReply<R> {
    /// Turns the value into an answer.
    fn into_answer(self) -> Answer<R>;
}

#[diagnostic::do_not_recommend]
impl<R> IsReply<R> for R {
    fn into_answer(self) -> Answer<R> {
        Answer::Reply(self)
    }
}

#[diagnostic::do_not_recommend]
impl<R> IsReply<R> for Option<R> {
    fn into_answer(self) -> Answer<R> {
        self.map_or(Answer::Nothing, Answer::Reply)
    }
}

/// Says that a handler may fail with this: what turns into an [`Error`].
#[diagnostic::on_unimplemented(
    message = "this handler fails with `{Self}`, which is no error",
    label = "return a `Result` whose error is `circuits::Error` or turns into it",
    note = "every type that implements `std::error::Error` and is `Send + Sync` does; for a text, \
            write `circuits::Error::new(\"..\")`"
)]
pub trait IsError: Into<Error> {}

#[diagnostic::do_not_recommend]
impl<E: Into<Error>> IsError for E {}

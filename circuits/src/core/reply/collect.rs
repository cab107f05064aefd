//! Where the answers of one call come together.

use std::collections::HashSet;
use std::ops::Range;
use std::task::{Context, Poll, Waker};

use crate::core::event::Error;
use crate::core::reply::{Answer, CallError};
use crate::core::runtime::sort_by_rank;

/// What a caller wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Nothing,
    First,
    All,
}

/// What a caller is told.
#[derive(Debug)]
pub(crate) enum Collect<R> {
    /// Nobody asks.
    Nothing,
    /// The reply of the highest handler that gives one.
    First(First<R>),
    /// Every handler's result, by its place in the order of delivery.
    All(Replies<R>),
    /// The caller has gone before it was answered.
    Gone,
}

/// Results by place; none from a handler without an opinion.
pub(crate) type Replies<R> = Vec<(u32, Option<Result<R, CallError>>)>;

#[derive(Debug)]
pub(crate) struct First<R> {
    reply: Option<R>,
    error: Option<Error>,
    lost: Option<Box<CallError>>,
}

impl<R> Collect<R> {
    #[inline]
    pub(crate) fn new(ask: Ask) -> Self {
        match ask {
            Ask::Nothing => Self::Nothing,
            Ask::First => Self::First(First {
                reply: None,
                error: None,
                lost: None,
            }),
            Ask::All => Self::All(Vec::new()),
        }
    }

    /// Takes one handler's answer, or gives it back where nobody wants it: it
    /// is the user's, and must not be dropped under a lock.
    pub(crate) fn take(&mut self, place: u32, answer: Answer<R>) -> Option<Answer<R>> {
        match (self, answer) {
            (Self::First(first), Answer::Reply(reply)) if first.reply.is_none() => {
                first.reply = Some(reply);
            }
            (Self::First(first), Answer::Failed(error)) if first.error.is_none() => {
                first.error = Some(error);
            }
            (Self::All(list), Answer::Reply(reply)) => list.push((place, Some(Ok(reply)))),
            (Self::All(list), Answer::Failed(error)) => {
                list.push((place, Some(Err(CallError::Failed(error)))));
            }
            (Self::All(list), Answer::Nothing) => list.push((place, None)),
            (_, answer) => return Some(answer),
        }
        None
    }

    /// Notes that one handler will never answer.
    pub(crate) fn lose(&mut self, place: u32, error: CallError) {
        match self {
            Self::First(first) if first.lost.is_none() => {
                first.lost = Some(Box::new(error));
            }
            Self::All(list) => list.push((place, Some(Err(error)))),
            _ => {}
        }
    }

    /// Takes what has come when the caller goes; later replies find nobody.
    pub(crate) fn leave(&mut self) -> Self {
        std::mem::replace(self, Self::Gone)
    }

    /// Tells whether there was a caller, who has gone.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Gone)
    }

    /// Tells whether an answer is a reply to a caller that has gone.
    pub(crate) fn is_late(&self, answer: &Answer<R>) -> bool {
        matches!((self, answer), (Self::Gone, Answer::Reply(_)))
    }

    /// Tells whether the caller can be answered before all handlers are done.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self, Self::First(First { reply: Some(_), .. }))
    }

    /// Takes the outcome for a caller that wants one reply.
    pub(crate) fn take_reply(&mut self) -> Result<R, CallError> {
        let Self::First(first) = self else {
            return Err(CallError::NoReply);
        };
        if let Some(reply) = first.reply.take() {
            return Ok(reply);
        }
        if let Some(error) = first.error.take() {
            return Err(CallError::Failed(error));
        }
        Err(first.lost.take().map_or(CallError::NoReply, |lost| *lost))
    }

    /// Takes the outcomes for a caller that wants them all, in order.
    pub(crate) fn take_replies(&mut self) -> Vec<Result<R, CallError>> {
        let Self::All(list) = self else {
            return Vec::new();
        };
        let mut list = std::mem::take(list);
        sort_by_rank(&mut list, |(place, _)| u64::from(*place));
        list.into_iter().filter_map(|(_, result)| result).collect()
    }

    /// Notes one error for all of these places that have no result.
    pub(crate) fn fill(&mut self, places: Range<u32>, error: &CallError) {
        if let Self::All(list) = self {
            let known: HashSet<u32> = list.iter().map(|(place, _)| *place).collect();
            for place in places.filter(|place| !known.contains(place)) {
                list.push((place, Some(Err(error.clone()))));
            }
        }
    }
}

/// The one who waits for an outcome.
#[derive(Debug, Default)]
pub(crate) struct Waiter(Option<Waker>);

impl Waiter {
    pub(crate) fn new(cx: &Context<'_>) -> Self {
        Self(Some(cx.waker().clone()))
    }

    /// Remembers whom to wake.
    pub(crate) fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Some(waker) => waker.clone_from(cx.waker()),
            None => self.0 = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// Takes whom to wake; wake after the lock is released.
    pub(crate) fn take(&mut self) -> Option<Waker> {
        self.0.take()
    }
}

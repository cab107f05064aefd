//! Handlers that are plain functions: run one after the other, without a future.
//!
//! A loop of its own: what the compiler makes of one that can be suspended would
//! cost each event more than its handler does.

use std::task::{Context as Task, Poll};

use crate::core::component::life::{Life, TURN};
use crate::core::component::{Body, Component, Keep, Ran};
use crate::core::event::End;
use crate::core::mailbox::{Message, Mode};

/// After so many pauses with little to do, the buffers of busier times are freed.
const QUIET: u8 = 64;

/// Why a component does not simply handle one event after the other.
#[derive(Clone, Copy)]
pub(crate) enum Now {
    /// It is told something, or has to wait for room that it took.
    Pauses,
    /// Others have not had a turn for long.
    Yields,
    /// It drains, and nothing is left.
    Ends,
    /// The one in hand takes a future.
    Awaits,
    /// The next one is for a reader that takes a future.
    Reads,
}

impl<C: Component> Life<C> {
    /// Takes batches out of the mailbox and handles what is in them, as long as
    /// that takes no future but one for the next event. The turn may be over
    /// before one that was taken is begun.
    ///
    /// # Errors
    /// An event ended the life.
    pub(crate) fn poll_now(
        &mut self,
        task: &Task<'_>,
        turn: &mut usize,
        draining: bool,
    ) -> Poll<Result<Now, End>> {
        loop {
            if self.batch.is_empty() {
                let Poll::Ready(refilled) = self.poll_refill(task, draining) else {
                    // The others get their turn.
                    *turn = 0;
                    return Poll::Pending;
                };
                if let Some(now) = refilled {
                    return Poll::Ready(Ok(now));
                }
                // Not before: nobody gives way who has nothing to do.
                if *turn >= TURN {
                    return Poll::Ready(Ok(Now::Yields));
                }
            }
            let now = self.handle_now(turn, draining);
            if !matches!(now, Ok(Now::Pauses)) || !self.batch.is_empty() {
                return Poll::Ready(now);
            }
            if self.cell().debts().is_some() {
                return Poll::Ready(now);
            }
        }
    }

    /// Waits for the next batch; says why there is none if so.
    #[inline]
    fn poll_refill(&mut self, task: &Task<'_>, draining: bool) -> Poll<Option<Now>> {
        let Self {
            cx,
            batch,
            quiet,
            crashes,
            ..
        } = self;
        let cell = cx.cell();
        if cell.control().has_news(draining) {
            return Poll::Ready(Some(Now::Pauses));
        }
        if let Poll::Ready(number) = cell.mailbox().poll_take(task, batch) {
            *crashes = number;
            if batch.len() > batch.capacity() / 4 {
                *quiet = 0;
            }
            return Poll::Ready(None);
        }
        if draining && cell.mailbox().is_closed() {
            return Poll::Ready(Some(Now::Ends));
        }
        *quiet += 1;
        if *quiet >= QUIET {
            *quiet = 0;
            cell.mailbox().shrink(batch);
        }
        Poll::Pending
    }

    /// Handles the events in front, one after the other, as long as that takes
    /// no future.
    ///
    /// # Errors
    /// One of them ended the life.
    #[inline]
    fn handle_now(&mut self, turn: &mut usize, draining: bool) -> Result<Now, End> {
        let Self {
            cx,
            state,
            batch,
            handling,
            crashes,
            ..
        } = self;
        let Some(component) = state.as_mut().and_then(C::State::get_mut) else {
            // Readers elsewhere have it.
            return Ok(Now::Reads);
        };
        while let Some(message) = batch.front() {
            if cx.cell().control().has_news(draining) || cx.cell().debts().is_some() {
                return Ok(Now::Pauses);
            }
            if *crashes != 0 {
                if message.mode() != Mode::Exclusive {
                    return Ok(Now::Reads);
                }
                cx.crashes = std::mem::take(crashes);
            }
            *turn += 1;
            cx.cell().mailbox().set_taken(batch.len() - 1);
            *handling = true;
            let outcome = match cx.run_now(component, message) {
                Ran::Spent => {
                    *handling = false;
                    cx.crashes = 0;
                    std::mem::forget(batch.pop_front());
                    continue;
                }
                Ran::Done(outcome) => outcome,
                Ran::Later | Ran::Traced if message.mode() == Mode::Exclusive => {
                    return Ok(Now::Awaits);
                }
                Ran::Later | Ran::Traced => {
                    *handling = false;
                    return Ok(Now::Reads);
                }
                Ran::Refused => {
                    self.skip_front();
                    return Ok(Now::Pauses);
                }
            };
            if outcome.is_err() || cx.needs_care(message) {
                return match self.conclude_with_care(outcome) {
                    Some(end) => Err(end),
                    None => Ok(Now::Pauses),
                };
            }
            *handling = false;
            drop(batch.pop_front());
            cx.track = None;
        }
        Ok(Now::Pauses)
    }
}

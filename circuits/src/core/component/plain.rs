//! Handlers that are plain functions: run one after the other, without a future.
//!
//! A loop of its own: what the compiler makes of one that can be suspended would
//! cost each event more than its handler does.

use crate::core::component::life::Life;
use crate::core::component::{Body, Command, Component, Keep};
use crate::core::event::End;
use crate::core::mailbox::{Message, Mode};

/// Why a component does not simply handle one event after the other.
#[derive(Clone, Copy)]
pub(crate) enum Now {
    /// There is none, or the component is told something.
    Pauses,
    /// The one in hand takes a future.
    Awaits,
    /// The next one is for a reader that takes a future.
    Reads,
}

impl<C: Component> Life<C> {
    /// Handles the events in front, one after the other, as long as that takes
    /// no future.
    ///
    /// # Errors
    /// One of them ended the life.
    pub(crate) fn handle_now(&mut self, turn: &mut usize, draining: bool) -> Result<Now, End> {
        let Self {
            cx,
            state,
            batch,
            handling,
            crashes,
            ..
        } = self;
        let mut component = state.as_mut().and_then(C::State::get_mut);
        while let Some(message) = batch.front() {
            let command = cx.cell().control().command();
            let told = command != Command::Run && !(command == Command::Drain && draining);
            if told || cx.cell().debts().is_some() {
                return Ok(Now::Pauses);
            }
            let mode = message.mode();
            if mode != Mode::Exclusive && message.letter().track().is_some() {
                // Who keeps a record of it knows of the phase that readers run in.
                return Ok(Now::Reads);
            }
            *turn += 1;
            let admitted = cx.enter(message);
            cx.cell().mailbox().set_taken(batch.len() - 1);
            let outcome = match (mode, &mut component) {
                (Mode::Exclusive, component) => {
                    if !admitted {
                        cx.leave();
                        if let Some(message) = batch.pop_front() {
                            cx.cell().skip(message);
                        }
                        continue;
                    }
                    *handling = true;
                    if *crashes != 0 {
                        cx.crashes = std::mem::take(crashes);
                    }
                    let component = component.as_deref_mut();
                    match component.and_then(|it| cx.in_turn(|| it.exclusive_now(message, cx))) {
                        Some(outcome) => outcome,
                        None => return Ok(Now::Awaits),
                    }
                }
                (Mode::Shared, Some(component)) if admitted && *crashes == 0 => {
                    *handling = true;
                    match component.shared_now(message, cx) {
                        Some(outcome) => outcome,
                        None => {
                            *handling = false;
                            // A share of its record would keep its cause open.
                            cx.leave();
                            return Ok(Now::Reads);
                        }
                    }
                }
                _ => {
                    cx.leave();
                    return Ok(Now::Reads);
                }
            };
            if outcome.is_err() || cx.is_tracked() || cx.crashes != 0 {
                return match self.conclude_with_care(outcome) {
                    Some(end) => Err(end),
                    None => Ok(Now::Pauses),
                };
            }
            *handling = false;
            drop(batch.pop_front());
        }
        Ok(Now::Pauses)
    }
}

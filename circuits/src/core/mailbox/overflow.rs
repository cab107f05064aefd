//! What a full mailbox does.

use std::collections::VecDeque;

use crate::core::event::{DeadLetter, Event};
use crate::core::mailbox::{MAILBOX_LIMIT, Message, Pushed, State};

/// What happens when an event comes to a full mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The event waits all the same, and its sender is held back: an awaited
    /// fire completes when there is room, and a component that did not await
    /// is not given its next event before. At most [`super::MAILBOX_LIMIT`]
    /// events wait; beyond that new ones become dead letters.
    #[default]
    Wait,
    /// The new event becomes a dead letter; a call gets `CallError::Full`.
    Reject,
    /// The oldest waiting event becomes a dead letter. A dead letter itself takes
    /// the place of another dead letter only.
    DropOldest,
    /// Waiting events of the new one's name become dead letters, so that the
    /// newest of a kind is kept; where none waits, the new event becomes one.
    Latest,
}

impl Overflow {
    /// Tells whether waiting events may be replaced up to the moment they are handled.
    pub(crate) fn takes_single_events(self) -> bool {
        matches!(self, Self::DropOldest | Self::Latest)
    }
}

impl<M: Message> State<M> {
    /// Tells whether a dead letter would take the place of something else.
    fn would_lose_for_a_dead_letter(&self, message: &M) -> bool {
        let is_one = |message: &M| message.letter().name().is_literally(DeadLetter::NAME);
        is_one(message) && !self.queue.front().is_some_and(is_one)
    }

    /// Applies the overflow rule to a full queue; `None` refuses the message.
    pub(super) fn make_room(
        &mut self,
        rule: Overflow,
        message: &M,
        waiting: usize,
    ) -> Option<Pushed<M>> {
        match rule {
            Overflow::Wait if waiting < MAILBOX_LIMIT => Some(Pushed::Crowded),
            Overflow::Wait | Overflow::Reject => None,
            // Else each dead letter would make the next, until only they are left.
            Overflow::DropOldest if self.would_lose_for_a_dead_letter(message) => None,
            Overflow::DropOldest => {
                let oldest = self.queue.iter().position(|message| !is_owed(message))?;
                let oldest = self.queue.remove(oldest);
                Some(Pushed::Displaced(oldest.into_iter().collect()))
            }
            Overflow::Latest => {
                let kind = message.letter().name();
                let (older, others): (VecDeque<M>, VecDeque<M>) = std::mem::take(&mut self.queue)
                    .into_iter()
                    .partition(|waiting| waiting.letter().name() == kind && !is_owed(waiting));
                self.queue = others;
                if older.is_empty() {
                    None
                } else {
                    Some(Pushed::Displaced(older.into()))
                }
            }
        }
    }
}

/// Tells whether a message is promised, so that no other takes its place.
fn is_owed<M: Message>(message: &M) -> bool {
    let track = message.letter().track();
    track.is_some_and(|track| track.is_owed())
}

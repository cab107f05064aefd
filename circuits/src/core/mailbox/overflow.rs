//! What a full mailbox does.

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

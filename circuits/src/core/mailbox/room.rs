//! Waiting for room in a full mailbox.

use std::task::{Context, Poll};

use crate::core::reply::Party;

/// Names one sender that waits, so that it can be forgotten when it goes.
pub(crate) type RoomKey = u64;

/// The mailbox of any component, as a sender that waits sees it.
pub(crate) trait Room: Party {
    /// Completes when the mailbox has room again, or will never take anything more.
    fn poll_room(&self, key: RoomKey, cx: &Context<'_>) -> Poll<()>;
    /// Forgets a sender that no longer waits.
    fn forget(&self, key: RoomKey);
}

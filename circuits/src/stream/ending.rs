//! Why a stream is about to end, for the network, whose clients begin anew.

use crate::stream::{Connection, DisconnectReason};

impl Connection {
    /// Returns why it was asked to end, or could not go on.
    pub(crate) fn ending(&self) -> Option<DisconnectReason> {
        self.outbox().ending()
    }
}

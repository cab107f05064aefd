//! How the network says that a stream is encrypted.

use crate::stream::{Connection, Secured};

impl Connection {
    /// Keeps what the handshake has settled; once.
    pub(crate) fn secure(&self, secured: Option<Secured>) {
        if let Some(secured) = secured {
            self.shared.secured.get_or_init(|| secured);
        }
    }
}

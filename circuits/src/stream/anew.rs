//! Streams that can be read anew, such as files.

use tokio::sync::watch;

use crate::stream::Pump;

impl Pump {
    /// Makes it drop what was read and not yet told whenever this changes, and read on
    /// after an end where it is true then.
    pub(crate) fn begins_anew(&mut self, anew: watch::Receiver<bool>) {
        self.anew = Some(anew);
    }
}

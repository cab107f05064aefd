//! Streams that can be read anew, such as files.

use tokio::sync::watch;

use crate::stream::Pump;

impl Pump {
    /// Makes it drop what was read and read on, also after an end, whenever this says
    /// so.
    pub(crate) fn begins_anew(&mut self, anew: watch::Receiver<()>) {
        self.anew = Some(anew);
    }
}

//! Who is told what a stream tells: all on a channel, or one component.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;

use crate::Handle;
use crate::event::Event;
use crate::stream::Read;

/// Whoever hears the events of a stream.
pub(crate) trait Hears: Send + Sync + 'static {
    /// Tells an event, and waits for room.
    fn hear<E: Event>(&self, event: E) -> impl Future<Output = ()> + Send;

    /// Tells an event without waiting.
    fn hear_now<E: Event>(&self, event: E);

    /// Tells what was read, and waits for the answer.
    fn answer(&self, read: Read) -> impl Future<Output = Option<Bytes>> + Send;
}

/// All that listen on a channel.
pub(crate) struct OnChannel {
    pub(crate) system: Handle,
    pub(crate) channel: Arc<str>,
}

impl Hears for OnChannel {
    async fn hear<E: Event>(&self, event: E) {
        self.system.on(&self.channel).fire(event).await;
    }

    fn hear_now<E: Event>(&self, event: E) {
        self.system.on(&self.channel).fire(event);
    }

    /// Waits until every handler is done, not only the one that answers: a
    /// second one that is slower would otherwise be flooded.
    async fn answer(&self, read: Read) -> Option<Bytes> {
        let replies = self.system.on(&self.channel).call_all(read).await;
        // A handler that failed has been reported; the peer's next words count.
        replies.into_iter().find_map(Result::ok)
    }
}

//! Two ends that are connected, each on a channel of its own.

use std::fmt;

use crate::stream::{ByteStream, Limits, limit_setters};
use crate::{Context, component, handler};

/// So many bytes are on their way in each direction before their writer waits.
const ON_THE_WAY: usize = 64 * 1024;

/// A pipe: what is written on one channel is read on the other, and the other way
/// round.
///
/// Each end is a [`ByteStream`], a child of the pipe: on its channel it fires
/// [`Connected`](crate::stream::Connected), [`Read`](crate::stream::Read) and
/// [`Disconnected`](crate::stream::Disconnected), and takes `Write::new(..)` and `Close::new()`. Closing one end ends
/// the other, once it has read what was written; then the pipe ends, too.
///
/// What holds for all streams holds here, see [`stream`](crate::stream). On the way are
/// at most 64 KiB in each direction, and what the write queue takes.
///
/// # Examples
///
/// ```
/// use circuits::stream::{Pipe, Read, Write};
/// use circuits::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Pipe::new("left", "right")).await?;
/// let read = system.on("right").wait::<Read>();
/// system.on("left").fire(Write::new("hello"));
/// assert_eq!(read.await?.data, "hello");
/// # Ok(())
/// # }
/// ```
#[component(channel = "pipe", crate = crate)]
#[derive(Clone)]
pub struct Pipe {
    channels: [String; 2],
    limits: Limits,
    /// So many ends are there.
    open: u8,
}

impl Pipe {
    /// Makes a pipe between two channels.
    pub fn new(one: impl Into<String>, other: impl Into<String>) -> Self {
        Self {
            channels: [one.into(), other.into()],
            limits: Limits::default(),
            open: 0,
        }
    }

    limit_setters!();
}

#[component(crate = crate)]
impl Pipe {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let (one, other) = tokio::io::duplex(ON_THE_WAY);
        let [first, second] = &self.channels;
        for (end, channel, peer) in [(one, first, second), (other, second, first)] {
            let mut end = ByteStream::new(peer.as_str(), end);
            end.limits = self.limits;
            let end = cx.register(end).channel(channel).await?;
            cx.monitor(&end);
        }
        self.open = 2;
        Ok(())
    }

    #[handler("down")]
    fn down(&mut self, cx: &Context<Self>) {
        self.open -= 1;
        if self.open == 0 {
            cx.stop();
        }
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pipe({} - {})", self.channels[0], self.channels[1])
    }
}

//! Any stream of bytes as a component.

use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::stream::{
    Close, Closing, Connection, ConnectionId, Disconnected, Finish, Gate, Limits, Peer, Pump,
    Write, limit_setters,
};
use crate::{Context, component, handler};

/// A component that owns a stream of any kind: what tokio can read and write.
///
/// Its channel is `"stream"`, unless it is put on another. There it fires
/// [`Connected`](crate::stream::Connected), [`Read`](crate::stream::Read) and
/// [`Disconnected`], writes back what a handler of `Read` replies, and takes [`Write`],
/// [`Finish`] and [`Close`]. It ends when the stream does: a normal end.
///
/// What holds for all streams holds here, see the [module](crate::stream). It has its
/// stream for one life, so it is added with `register`, by value. A later life, under
/// `supervise`, needs a factory that makes another stream.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::stream::{ByteStream, Bytes, Read};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// #[component(channel = "stream")]
/// struct Echo;
///
/// #[component]
/// impl Echo {
///     #[handler("read")]
///     fn read(&mut self, event: &Read) -> Bytes {
///         event.data.clone()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.register(Echo).await?;
/// let (mut peer, stream) = tokio::io::duplex(1024);
/// system.register(ByteStream::new("peer", stream)).await?;
///
/// peer.write_all(b"hello").await?;
/// let mut reply = [0; 5];
/// peer.read_exact(&mut reply).await?;
/// assert_eq!(&reply, b"hello");
/// # Ok(())
/// # }
/// ```
#[component(channel = "stream", crate = crate)]
pub struct ByteStream<S: AsyncRead + AsyncWrite + Send + Sync + 'static> {
    stream: Option<S>,
    peer: Peer,
    pub(super) limits: Limits,
    drain_timeout: Duration,
    connection: Option<Connection>,
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + 'static> ByteStream<S> {
    /// Makes the component of a stream; the peer is what its connection tells.
    pub fn new(peer: impl Into<Peer>, stream: S) -> Self {
        Self {
            stream: Some(stream),
            peer: peer.into(),
            limits: Limits::default(),
            drain_timeout: Duration::from_secs(5),
            connection: None,
        }
    }

    limit_setters!();

    /// Sets how long the stream may take to end when the component stops before
    /// it is cut; 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }
}

#[component(crate = crate)]
impl<S: AsyncRead + AsyncWrite + Send + Sync + 'static> ByteStream<S> {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let Some(stream) = self.stream.take() else {
            return Ok(());
        };
        let (gate, closing) = Gate::new();
        let gate = cx.register(gate).named("gate").channel(cx.channel());
        gate.shutdown(self.drain_timeout).await?;
        let id = ConnectionId::new(cx.id(), cx.life(), 1);
        let connection = Connection::new(id, self.peer.clone(), self.limits.write_queue);
        self.connection = Some(connection.clone());
        let opened = Pump::open(connection, self.limits, cx.system(), cx.channel().into());
        cx.spawn(async move { serve(stream, opened.await, closing).await });
        Ok(())
    }

    /// `&self`: a queue that is full keeps no `Close` waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref()).await
    }

    #[handler("finish")]
    async fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("disconnected")]
    fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
        if event.connection.id().owner() == cx.id() {
            cx.stop();
        }
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite, pump: Pump, closing: Closing) {
    let (mut source, mut sink) = tokio::io::split(stream);
    let mut watch = closing.watch();
    let reason = pump.run(&mut source, &mut sink, &mut watch).await;
    drop((source, sink));
    pump.leave(reason).await;
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + 'static> fmt::Debug for ByteStream<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ByteStream({})", self.peer)
    }
}

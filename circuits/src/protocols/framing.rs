//! The component between a stream of bytes and events that are made of its frames.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::protocols::{FrameError, FramesEnded, FramingFailed, FromFrame, Outgoing};
use crate::stream::{Connection, ConnectionId, DisconnectReason, Disconnected, Eof, Read};
use crate::{Context, Error, component, handler};

/// Cuts the bytes of streams into frames and fires an event for each; encodes and
/// writes what is replied.
///
/// It listens on the channel of the streams, and belongs to no kind of them: `supervise(..)
/// .channel("..")` puts it there. The events are fired on the same channel, unless
/// [`on`](Self::on) names another one. Each stream has a copy of the codec for what is read
/// and one for what is written.
///
/// # Order and bounds
/// The frames of one stream are told in their order, one at a time: a stream is not read
/// while a handler is behind. Streams do not wait for each other. At most
/// [`max_buffer`](Self::max_buffer) bytes of a stream wait for the end of a frame, and one
/// piece as it is read; at most [`max_streams`](Self::max_streams) streams are framed. One
/// above a limit is told as [`FramingFailed`] and closed.
///
/// # The end of a stream
/// When its bytes have come to their end, what is left is given to the codec, which makes
/// frames of it or not ([`Decoder::decode_eof`]); [`drop_rest`](Self::drop_rest) chooses
/// otherwise. Where this side ends a stream, what is left is dropped. Then [`FramesEnded`] tells that all is told.
///
/// # When things fail
/// What is no frame is told as [`FramingFailed`], and the stream is closed;
/// [`keep_on`](Self::keep_on) chooses otherwise. Where nobody handles an event, or a
/// handler fails, nothing is written and the stream goes on. A life that begins anew has
/// nothing of what was read before: the rest of a frame is taken for the beginning of one.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::protocols::{Framing, Message};
/// use circuits::stream::ByteStream;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio_util::codec::LinesCodec;
///
/// #[component(channel = "stream")]
/// struct Greeter;
///
/// #[component]
/// impl Greeter {
///     #[handler("message")]
///     fn message(&mut self, event: &Message<String, String>) -> String {
///         format!("Hello, {}!", event.message)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.register(Greeter).await?;
/// let codec = LinesCodec::new_with_max_length(80);
/// let framing: Framing<_, Message<String, String>> = Framing::new(codec);
/// system.register(framing).channel("stream").await?;
/// let (mut peer, stream) = tokio::io::duplex(1024);
/// system.register(ByteStream::new("peer", stream)).await?;
///
/// peer.write_all(b"world\n").await?;
/// let mut reply = [0; 14];
/// peer.read_exact(&mut reply).await?;
/// assert_eq!(&reply, b"Hello, world!\n");
/// # Ok(())
/// # }
/// ```
#[component(channel = "stream", crate = crate)]
pub struct Framing<C, E> {
    codec: Mutex<C>,
    channel: Option<String>,
    max_buffer: usize,
    max_streams: usize,
    keeps_on: bool,
    drops_rest: bool,
    streams: Mutex<HashMap<ConnectionId, Stream<C>>>,
    event: PhantomData<fn() -> E>,
}

/// What is kept of a stream.
struct Stream<C> {
    /// Taken by the handler that reads, of which there is one at a time.
    reading: Option<Reading<C>>,
    /// Held while a message is encoded and queued, so that both have one order.
    encoder: Arc<Mutex<C>>,
}

struct Reading<C> {
    decoder: C,
    buffer: BytesMut,
    /// Nothing more is taken.
    has_failed: bool,
}

/// What a codec needs to be, which the bounds of the methods spell out.
type Reply<E> = <E as crate::event::Event>::Reply;

impl<C, E> Framing<C, E> {
    /// Makes a framing of a codec, a copy of which each stream gets.
    pub fn new(codec: C) -> Self {
        Self {
            codec: Mutex::new(codec),
            channel: None,
            max_buffer: 1024 * 1024,
            max_streams: 16 * 1024,
            keeps_on: false,
            drops_rest: false,
            streams: Mutex::default(),
            event: PhantomData,
        }
    }

    /// Fires the events on another channel than that of the streams.
    #[must_use]
    pub fn on(mut self, channel: impl Into<String>) -> Self {
        self.channel = Some(channel.into());
        self
    }

    /// Sets how many bytes of a stream may wait for the end of a frame; 1 MiB unless said.
    #[must_use]
    pub fn max_buffer(mut self, bytes: usize) -> Self {
        self.max_buffer = bytes;
        self
    }

    /// Sets how many streams are framed at a time; 16,384 unless said.
    #[must_use]
    pub fn max_streams(mut self, streams: usize) -> Self {
        self.max_streams = streams;
        self
    }

    /// Goes on with a stream after what is no frame, if its codec can: not one above a
    /// limit of this.
    #[must_use]
    pub fn keep_on(mut self) -> Self {
        self.keeps_on = true;
        self
    }

    /// Drops what is left at the end of a stream, instead of giving it to the codec.
    #[must_use]
    pub fn drop_rest(mut self) -> Self {
        self.drops_rest = true;
        self
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<ConnectionId, Stream<C>>> {
        lock(&self.streams)
    }
}

impl<C: Clone, E> Framing<C, E> {
    /// Takes what is read of a stream; nothing while that is taken.
    fn take(&self, connection: &Connection) -> Result<Option<Reading<C>>, FrameError> {
        let mut streams = self.streams();
        Ok(self.entry(connection, &mut streams)?.reading.take())
    }

    fn entry<'a>(
        &self,
        connection: &Connection,
        streams: &'a mut HashMap<ConnectionId, Stream<C>>,
    ) -> Result<&'a mut Stream<C>, FrameError> {
        let count = streams.len();
        match streams.entry(connection.id()) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(_) if count >= self.max_streams => {
                Err(FrameError::TooMany(self.max_streams))
            }
            Entry::Vacant(entry) => {
                let codec = lock(&self.codec);
                Ok(entry.insert(Stream {
                    reading: Some(Reading {
                        decoder: codec.clone(),
                        buffer: BytesMut::new(),
                        has_failed: false,
                    }),
                    encoder: Arc::new(Mutex::new(codec.clone())),
                }))
            }
        }
    }

    /// Takes what is read of a stream, if anything was.
    fn known(&self, connection: &Connection) -> Option<Reading<C>> {
        let mut streams = self.streams();
        streams.get_mut(&connection.id())?.reading.take()
    }

    /// Puts it back, unless the stream has ended meanwhile.
    fn put_back(&self, connection: &Connection, mut reading: Reading<C>) {
        if reading.buffer.is_empty() {
            // An idle stream costs no more than it must.
            reading.buffer = BytesMut::new();
        }
        if let Some(stream) = self.streams().get_mut(&connection.id()) {
            stream.reading = Some(reading);
        }
    }

    /// Returns what encodes for a stream, or one for this once where that has ended.
    fn encoder(&self, connection: &Connection) -> Arc<Mutex<C>> {
        let mut streams = self.streams();
        if connection.is_open()
            && let Ok(stream) = self.entry(connection, &mut streams)
        {
            return stream.encoder.clone();
        }
        Arc::new(Mutex::new(lock(&self.codec).clone()))
    }
}

#[component(crate = crate)]
impl<C, E> Framing<C, E>
where
    C: Decoder + Encoder<Reply<E>> + Clone + Send + 'static,
    <C as Decoder>::Item: Send,
    <C as Decoder>::Error: Into<Error> + Send,
    <C as Encoder<Reply<E>>>::Error: Into<Error> + Send,
    E: FromFrame<<C as Decoder>::Item>,
    Reply<E>: Clone + Sync,
{
    /// `&self`: streams do not wait for each other.
    #[handler("read")]
    async fn read(&self, event: &Read, cx: &Context<Self>) {
        let connection = &event.connection;
        let reading = match self.take(connection) {
            Ok(reading) => reading,
            Err(error) => return self.fail(connection, error.into(), true, cx).await,
        };
        // It is taken where a life of the owner has ended in the middle of a frame.
        let Some(mut reading) = reading.filter(|reading| !reading.has_failed) else {
            return;
        };
        reading.buffer.extend_from_slice(&event.data);
        self.decode(connection, &mut reading, false, cx).await;
        let waiting = reading.buffer.len();
        if waiting > self.max_buffer && !reading.has_failed {
            reading.has_failed = true;
            let error = FrameError::TooLong(self.max_buffer);
            self.fail(connection, error.into(), true, cx).await;
        }
        if reading.has_failed {
            reading.buffer = BytesMut::new();
        }
        self.put_back(connection, reading);
    }

    #[handler("eof")]
    async fn eof(&self, event: &Eof, cx: &Context<Self>) {
        self.finish(&event.connection, !self.drops_rest, cx).await;
    }

    #[handler("disconnected")]
    async fn disconnected(&self, event: &Disconnected, cx: &Context<Self>) {
        let connection = &event.connection;
        // Cut off by this side, what is left is no end.
        let is_whole = matches!(event.reason, DisconnectReason::PeerClosed);
        let tells_rest = is_whole && !self.drops_rest;
        self.finish(connection, tells_rest, cx).await;
        self.streams().remove(&connection.id());
        let ended = FramesEnded::new(connection.clone());
        cx.on(self.channel(cx)).fire(ended).await;
    }

    /// `&self`: a stream whose queue is full keeps no other waiting.
    #[handler("outgoing")]
    async fn outgoing(
        &self,
        event: &Outgoing<Reply<E>>,
    ) -> Result<bool, <C as Encoder<Reply<E>>>::Error> {
        self.write(&event.connection, event.message.clone()).await
    }
}

impl<C, E> Framing<C, E>
where
    C: Decoder + Encoder<Reply<E>> + Clone + Send + 'static,
    <C as Decoder>::Item: Send,
    <C as Decoder>::Error: Into<Error> + Send,
    <C as Encoder<Reply<E>>>::Error: Into<Error> + Send,
    E: FromFrame<<C as Decoder>::Item>,
    Reply<E>: Clone + Sync,
{
    fn channel<'a>(&'a self, cx: &'a Context<Self>) -> &'a str {
        self.channel.as_deref().unwrap_or(cx.channel())
    }

    /// Tells of all frames that are there.
    async fn decode(
        &self,
        connection: &Connection,
        reading: &mut Reading<C>,
        is_end: bool,
        cx: &Context<Self>,
    ) {
        // Some codecs take note of a mistake first, and leave it out the next time.
        let mut stalls = 0;
        loop {
            if connection.is_closing() && !is_end {
                // What comes behind the last word is not heard any more.
                reading.has_failed = true;
                return;
            }
            let Reading {
                decoder, buffer, ..
            } = reading;
            let before = buffer.len();
            let frame = match is_end {
                true => decoder.decode_eof(buffer),
                false => decoder.decode(buffer),
            };
            match frame {
                Ok(Some(frame)) => self.tell(connection, frame, cx).await,
                Ok(None) => return,
                Err(error) => {
                    stalls += u32::from(buffer.len() == before);
                    let ends = !self.keeps_on || stalls > 1;
                    reading.has_failed = ends;
                    self.fail(connection, error.into(), ends, cx).await;
                    if ends || is_end {
                        return;
                    }
                    continue;
                }
            }
            stalls = 0;
        }
    }

    /// Waits until every handler is done; writes what is replied.
    async fn tell(&self, connection: &Connection, frame: C::Item, cx: &Context<Self>) {
        let event = E::from_frame(connection.clone(), frame);
        let replies = cx.on(self.channel(cx)).call_all(event).await;
        // A handler that failed has been reported; the peer's next words count.
        let Some(reply) = replies.into_iter().find_map(Result::ok) else {
            return;
        };
        if let Err(error) = self.write(connection, reply).await {
            self.fail(connection, error.into(), !self.keeps_on, cx)
                .await;
        }
    }

    async fn finish(&self, connection: &Connection, tells_rest: bool, cx: &Context<Self>) {
        let Some(mut reading) = self.known(connection) else {
            return;
        };
        if tells_rest && !reading.has_failed {
            self.decode(connection, &mut reading, true, cx).await;
        }
        // A file that is read again begins anew.
        reading.buffer = BytesMut::new();
        reading.decoder = lock(&self.codec).clone();
        self.put_back(connection, reading);
    }

    async fn fail(&self, connection: &Connection, error: Error, ends: bool, cx: &Context<Self>) {
        let failed = FramingFailed::new(connection.clone(), error);
        cx.on(self.channel(cx)).fire(failed).await;
        if ends {
            connection.close();
        }
    }

    /// Encodes a message and queues it, then waits for room; `false` if the stream has
    /// ended.
    async fn write(
        &self,
        connection: &Connection,
        message: Reply<E>,
    ) -> Result<bool, <C as Encoder<Reply<E>>>::Error> {
        let encoder = self.encoder(connection);
        let mut message = Some(message);
        let mut waiting: Option<Pin<Box<dyn Future<Output = bool> + Send>>> = None;
        std::future::poll_fn(|task| {
            if let Some(waiting) = &mut waiting {
                return waiting.as_mut().poll(task).map(Ok);
            }
            // Encoded and queued by the first poll, under one lock.
            let mut encoder = lock(&encoder);
            let mut bytes = BytesMut::new();
            if let Some(message) = message.take()
                && let Err(error) = encoder.encode(message, &mut bytes)
            {
                return Poll::Ready(Err(error));
            }
            let (bytes, connection): (Bytes, _) = (bytes.freeze(), connection.clone());
            let write = async move { connection.write(bytes).await.is_ok() };
            waiting.insert(Box::pin(write)).as_mut().poll(task).map(Ok)
        })
        .await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<C: Clone, E> Clone for Framing<C, E> {
    /// Makes another one like this, which has no streams yet.
    fn clone(&self) -> Self {
        Self {
            codec: Mutex::new(lock(&self.codec).clone()),
            channel: self.channel.clone(),
            streams: Mutex::default(),
            ..*self
        }
    }
}

impl<C, E> fmt::Debug for Framing<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Framing({} streams)", self.streams().len())
    }
}

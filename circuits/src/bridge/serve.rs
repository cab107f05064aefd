//! The task of a bridge: opens links, reads and writes them, opens the next.

use std::collections::HashMap;
use std::future::poll_fn;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::process::Child;
use tokio::sync::{oneshot, watch};
use tokio_util::codec::{Decoder, LengthDelimitedCodec};

use crate::bridge::arrival::Arrival;
use crate::bridge::inlet::{Inbound, Inlet, Received, respond};
use crate::bridge::link::{Link, Outcome};
use crate::bridge::source::{Opened, Source, Stream};
use crate::bridge::wire::{self, Failure, Frame, Hello, VERSION, codec, decode, encode};
use crate::bridge::{Bridge, Current, Disconnected, Exited, Join, Limits, LinkError, Ready};
use crate::{Address, Handle};

/// The other side may take so long to say what it is.
const HELLO: Duration = Duration::from_secs(10);

/// The last frame may take so long to be written.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A process may take so long to end once its link has ended; less than a bridge may.
const GRACE: Duration = Duration::from_secs(5);

/// So many bytes are written at a time, unless one frame is longer.
const BATCH: usize = 64 * 1024;

/// So many bytes are read at a time.
const READ: usize = 8 * 1024;

/// What the task of one life of a bridge works with.
pub(super) struct Service {
    pub(super) source: Arc<dyn Source>,
    pub(super) received: HashMap<&'static str, Arc<dyn Received>>,
    pub(super) limits: Limits,
    pub(super) current: Arc<Current>,
    pub(super) bridge: Address<Bridge>,
    pub(super) inlet: Address<Inlet>,
    pub(super) system: Handle,
    /// How many links there were.
    pub(super) count: u64,
    /// Says how a process has ended.
    pub(super) exited: watch::Sender<Option<ExitStatus>>,
    /// Tells when the bridge ends.
    pub(super) stop: watch::Receiver<bool>,
    /// Dropped when all is over.
    pub(super) _done: oneshot::Sender<()>,
}

/// A link that is up.
pub(super) struct Connected {
    link: Arc<Link>,
    source: Frames,
    sink: WriteHalf<Box<dyn Stream>>,
    process: Option<Child>,
}

impl Service {
    /// Opens a link, and tells of it.
    pub(super) async fn connect(&mut self) -> Result<Connected, LinkError> {
        let Opened {
            stream,
            mut process,
        } = self.source.open().await?;
        self.exited.send_replace(None);
        let (source, sink) = tokio::io::split(stream);
        let source = Frames::new(source, self.limits.max_frame);
        let greeted = tokio::time::timeout(HELLO, self.greet(source, sink)).await;
        let greeted = greeted.unwrap_or(Err(LinkError::NoHello(HELLO)));
        let (mut connected, peer) = match greeted {
            Ok(greeted) => greeted,
            Err(error) => return Err(self.fail(error, process).await),
        };
        connected.process = process.take();
        self.count += 1;
        self.current.set(Some(connected.link.clone()));
        let ready = Ready::new(peer, self.count);
        self.system.on(self.bridge.channel()).fire(ready).await;
        Ok(connected)
    }

    /// Ends a process that did not become the other side.
    async fn fail(&self, error: LinkError, process: Option<Child>) -> LinkError {
        let Some(process) = process else {
            return error;
        };
        let ended = self.end(process).await;
        match (error, ended) {
            (LinkError::PeerClosed | LinkError::Io(_), Some(status)) => LinkError::Exited(status),
            (error, _) => error,
        }
    }

    /// Waits for the end of a process, kills it where it takes long, and tells.
    /// Returns the status of one that has ended by itself.
    async fn end(&self, mut process: Child) -> Option<ExitStatus> {
        let in_time = tokio::time::timeout(GRACE, process.wait()).await;
        let by_itself = in_time.is_ok();
        let status = match in_time {
            Ok(status) => status,
            // It waits for the end as well.
            Err(_) => match process.kill().await {
                Ok(()) => process.wait().await,
                Err(error) => Err(error),
            },
        };
        match status {
            Ok(status) => {
                self.exited.send_replace(Some(status));
                let exited = Exited::new(status);
                self.system.on(self.bridge.channel()).fire(exited).await;
                by_itself.then_some(status)
            }
            Err(error) => {
                tracing::error!(target: "circuits", %error, "a process was not waited for");
                None
            }
        }
    }

    /// Says what this side is and hears what the other is.
    async fn greet(
        &self,
        mut source: Frames,
        mut sink: WriteHalf<Box<dyn Stream>>,
    ) -> Result<(Connected, u32), LinkError> {
        let receives = self.received.keys().map(ToString::to_string).collect();
        let Limits {
            max_frame,
            max_in_flight,
            ..
        } = self.limits;
        let hello = Hello::new(receives, max_frame, max_in_flight);
        let hello = encode(&hello).map_err(|error| LinkError::Protocol(error.to_string()))?;
        sink.write_all(&wire::framed(&mut source.codec, hello)?)
            .await?;
        sink.flush().await?;
        // What is no hello may look like a very long frame.
        let theirs = match source.next().await {
            Ok(Some(bytes)) => decode::<Hello>(&bytes).map_err(|_| LinkError::NoBridge)?,
            Ok(None) => return Err(LinkError::PeerClosed),
            Err(LinkError::TooLong(_) | LinkError::Truncated) => return Err(LinkError::NoBridge),
            Err(error) => return Err(error),
        };
        if !theirs.is_from_a_bridge() {
            return Err(LinkError::NoBridge);
        }
        if theirs.version != VERSION {
            return Err(LinkError::Version {
                ours: VERSION,
                theirs: theirs.version,
            });
        }
        let peer = theirs.process;
        let link = Arc::new(Link::new(theirs, max_in_flight));
        let connected = Connected {
            link,
            source,
            sink,
            process: None,
        };
        Ok((connected, peer))
    }

    /// Serves one link after the other, until there is none to come.
    pub(super) async fn run(mut self, first: Option<Connected>) {
        let mut stop = self.stop.clone();
        let mut first = first.map(Ok);
        let mut delays = self.limits.reconnect;
        loop {
            let next = async {
                match first.take() {
                    Some(connected) => connected,
                    None => self.connect().await,
                }
            };
            let connected = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                connected = next => connected,
            };
            let (reason, process) = match connected {
                Ok(mut connected) => {
                    delays = self.limits.reconnect;
                    let process = connected.process.take();
                    (self.serve(connected, &mut stop).await, process)
                }
                Err(error) => (error, None),
            };
            let disconnected = Disconnected::new(reason);
            let system = self.system.clone();
            system.on(self.bridge.channel()).fire(disconnected).await;
            if let Some(process) = process {
                self.end(process).await;
            }
            let Some(delays) = &mut delays else {
                break;
            };
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                () = tokio::time::sleep(delays.next()) => {}
            }
        }
        if self.source.ends_system() {
            // Answered at once, but not before the start is over: whoever started
            // this bridge hears of that before the system ends.
            let _ = self.system.to(&self.bridge).call(Join).await;
            self.system.shutdown();
        } else {
            self.bridge.unregister().await;
        }
    }

    /// Serves a link to its end.
    async fn serve(&self, connected: Connected, stop: &mut watch::Receiver<bool>) -> LinkError {
        let Connected {
            link,
            mut source,
            mut sink,
            process: _,
        } = connected;
        let mut codec = codec(link.max_frame());
        let reason = tokio::select! {
            biased;
            reason = self.read(&mut source, &link) => reason,
            reason = write(&mut sink, &mut codec, &link) => reason,
            () = async {
                stopped(stop).await;
                link.close();
                std::future::pending().await
            } => LinkError::Closed,
        };
        self.current.set(None);
        link.end(reason.clone());
        if let LinkError::TooLong(_) | LinkError::Protocol(_) = reason {
            let text = reason.to_string();
            let bye = encode(&Frame::Bye { text }).ok();
            if let Some(Ok(bye)) = bye.map(|bye| wire::framed(&mut codec, bye)) {
                let _ = tokio::time::timeout(LAST_WORD, sink.write_all(&bye)).await;
            }
        }
        // Nobody reads what is left; a peer that does not take it is no reason to wait.
        let _ = tokio::time::timeout(LAST_WORD, sink.shutdown()).await;
        reason
    }

    async fn read(&self, source: &mut Frames, link: &Arc<Link>) -> LinkError {
        let mut going = FuturesUnordered::new();
        loop {
            let frame = tokio::select! {
                biased;
                Some(arrival) = going.next() => {
                    let arrival: Arc<Arrival> = arrival;
                    // Its inlet has ended, or a type of the user's panicked in it.
                    let lost = Outcome::Failed(Failure::plain("stopped"));
                    respond(link, &arrival, lost);
                    link.depart(arrival.id);
                    continue;
                }
                frame = source.next() => frame,
            };
            let frame = match frame {
                Ok(Some(bytes)) => decode::<Frame>(&bytes),
                Ok(None) => return LinkError::PeerClosed,
                Err(error) => return error,
            };
            let noted = match frame {
                Err(error) => {
                    let what = format!("a frame cannot be read: {error}");
                    Err(LinkError::Protocol(what))
                }
                Ok(Frame::Fire { id, name, event }) => link.arrive(id).map(|arrival| {
                    let received = self.received.get(name.as_str()).cloned();
                    let inbound = Inbound {
                        link: link.clone(),
                        arrival: arrival.clone(),
                        name,
                        received,
                        event,
                    };
                    // Fired here and now, so in the order of the frames.
                    let completed = self.system.to(&self.inlet).fire(inbound).completed();
                    going.push(async move {
                        let _ = completed.await;
                        arrival
                    });
                }),
                Ok(Frame::Cancel { id }) => {
                    link.cancel_arrival(id);
                    Ok(())
                }
                Ok(Frame::Reply { id, reply }) => link.answer(id, Outcome::Reply(reply)),
                Ok(Frame::Nothing { id }) => link.answer(id, Outcome::Nothing),
                Ok(Frame::Fail { id, failure }) => link.answer(id, Outcome::Failed(failure)),
                Ok(Frame::Done { id }) => link.land(id),
                Ok(Frame::Bye { text }) => Err(LinkError::Refused(text)),
            };
            if let Err(error) = noted {
                return error;
            }
        }
    }
}

/// Writes what is queued until the link is closed.
async fn write(
    sink: &mut (impl AsyncWrite + Unpin),
    codec: &mut LengthDelimitedCodec,
    link: &Link,
) -> LinkError {
    loop {
        let mut batch = BytesMut::new();
        let chunks = poll_fn(|task| link.poll_outbox(BATCH, task)).await;
        if chunks.is_empty() {
            return LinkError::Closed;
        }
        for chunk in &chunks {
            match wire::framed(codec, chunk.bytes.clone()) {
                Ok(frame) => batch.put(frame),
                Err(error) => return error.into(),
            }
        }
        let written = async {
            sink.write_all(&batch).await?;
            sink.flush().await
        };
        if let Err(error) = written.await {
            return error.into();
        }
        link.written(&chunks);
    }
}

/// Waits until the bridge ends.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Its sender is gone where the bridge was dropped: the task ends with it.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// What was read, cut into frames.
struct Frames {
    source: ReadHalf<Box<dyn Stream>>,
    buffer: BytesMut,
    codec: LengthDelimitedCodec,
    limit: usize,
    /// Bytes that were read and are no part of a whole frame yet.
    rest: usize,
}

impl Frames {
    fn new(source: ReadHalf<Box<dyn Stream>>, limit: usize) -> Self {
        Self {
            source,
            buffer: BytesMut::new(),
            codec: codec(limit),
            limit,
            rest: 0,
        }
    }

    /// Reads the next frame; `None` where the other side has closed between two.
    ///
    /// Cancel safe: what was read is kept.
    async fn next(&mut self) -> Result<Option<Bytes>, LinkError> {
        loop {
            // The length is looked at before anything of that size is allocated.
            let frame = self.codec.decode(&mut self.buffer);
            let frame = frame.map_err(|_| LinkError::TooLong(self.limit))?;
            if let Some(frame) = frame {
                self.rest -= frame.len() + wire::HEAD;
                return Ok(Some(frame.freeze()));
            }
            self.buffer.reserve(READ);
            match self.source.read_buf(&mut self.buffer).await? {
                0 if self.rest == 0 => return Ok(None),
                0 => return Err(LinkError::Truncated),
                read => self.rest += read,
            }
        }
    }
}

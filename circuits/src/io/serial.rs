//! Serial lines.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
pub use tokio_serial::{DataBits, FlowControl, Parity, SerialStream, StopBits};

use crate::io::blocking::blocking;
use crate::io::port::{DRAIN_TIMEOUT, Port};
use crate::stream::{
    Close, Closing, Connection, DisconnectReason, Disconnected, Limits, Pump, Write, limit_setters,
};
use crate::{Context, Error, component, handler};

/// A serial line as a stream of bytes.
///
/// On its channel, `"serial"` unless said, it fires
/// [`Connected`](crate::stream::Connected), [`Read`](crate::stream::Read) for each piece
/// or line, and [`Disconnected`]; it takes [`Write`] and [`Close`]. What holds for all
/// streams holds here, see [`stream`](crate::stream). The peer is the path of the port.
///
/// It has 8 data bits, no parity, 1 stop bit and no flow control unless said. What was
/// written is handed to the driver; when the line is closed, that has its time to send it.
///
/// # When things fail
/// A port that cannot be opened fails the start, with a [`SerialError`] that names it. A
/// line that ends later for any other reason than that a component closes it fails this
/// life with [`LineLost`], as when its adapter is pulled out: its supervisor opens the port
/// again, with the backoff that is said, for as long as it bears that. One that is closed
/// leaves the tree.
///
/// # Examples
///
/// ```no_run
/// use circuits::Backoff;
/// use circuits::io::{Parity, Serial};
/// use circuits::prelude::*;
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// let meter = || Serial::new("/dev/ttyUSB0", 9600).parity(Parity::Even).lines(256);
/// let pause = Backoff::constant(Duration::from_secs(5));
/// system.supervise(meter).channel("meter").backoff(pause).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "serial", crate = crate)]
pub struct Serial {
    line: Line,
    data_bits: DataBits,
    parity: Parity,
    stop_bits: StopBits,
    flow_control: FlowControl,
    limits: Limits,
    drain_timeout: Duration,
    connection: Option<Connection>,
}

enum Line {
    Port { path: String, baud_rate: u32 },
    Given(String, Option<SerialStream>),
}

/// A serial port cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("the serial port `{path}` cannot be opened at {baud_rate} baud")]
pub struct SerialError {
    path: String,
    baud_rate: u32,
    source: tokio_serial::Error,
}

/// A serial line was lost.
#[derive(Debug, thiserror::Error)]
#[error("the serial line was lost: {0}")]
pub struct LineLost(
    /// How.
    pub DisconnectReason,
);

impl SerialError {
    /// Returns the path of the port.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl Serial {
    /// Makes a line of a port, such as `/dev/ttyUSB0`, and its baud rate.
    pub fn new(path: impl Into<String>, baud_rate: u32) -> Self {
        let path = path.into();
        Self::of(Line::Port { path, baud_rate })
    }

    /// Takes a line that is open, with a name to tell; its settings stay as they are.
    ///
    /// It is there for one life, so this is added with `register`, by value.
    pub fn from_stream(name: impl Into<String>, stream: SerialStream) -> Self {
        Self::of(Line::Given(name.into(), Some(stream)))
    }

    fn of(line: Line) -> Self {
        Self {
            line,
            data_bits: DataBits::Eight,
            parity: Parity::None,
            stop_bits: StopBits::One,
            flow_control: FlowControl::None,
            limits: Limits::default(),
            drain_timeout: DRAIN_TIMEOUT,
            connection: None,
        }
    }

    /// Sets how many bits a character has; 8 unless said.
    #[must_use]
    pub fn data_bits(mut self, bits: DataBits) -> Self {
        self.data_bits = bits;
        self
    }

    /// Sets the parity; none unless said.
    #[must_use]
    pub fn parity(mut self, parity: Parity) -> Self {
        self.parity = parity;
        self
    }

    /// Sets how many bits end a character; 1 unless said.
    #[must_use]
    pub fn stop_bits(mut self, bits: StopBits) -> Self {
        self.stop_bits = bits;
        self
    }

    /// Sets how either side stops the other; not at all unless said.
    #[must_use]
    pub fn flow_control(mut self, flow_control: FlowControl) -> Self {
        self.flow_control = flow_control;
        self
    }

    limit_setters!();

    /// Sets how long what is queued may take to be written when the component stops
    /// before the line is closed all the same; 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }

    fn name(&self) -> &str {
        match &self.line {
            Line::Port { path, .. } => path,
            Line::Given(name, _) => name,
        }
    }

    async fn open(&mut self) -> Result<Option<SerialStream>, SerialError> {
        let (path, baud_rate) = match &mut self.line {
            Line::Port { path, baud_rate } => (path.clone(), *baud_rate),
            Line::Given(_, stream) => return Ok(stream.take()),
        };
        let builder = tokio_serial::new(&path, baud_rate)
            .data_bits(self.data_bits)
            .parity(self.parity)
            .stop_bits(self.stop_bits)
            .flow_control(self.flow_control);
        let opened = blocking(move || SerialStream::open(&builder)).await;
        opened.map(Some).map_err(|source| SerialError {
            path,
            baud_rate,
            source,
        })
    }
}

#[component(crate = crate)]
impl Serial {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let Some(stream) = self.open().await? else {
            cx.decline();
            return Ok(());
        };
        let peer = self.name().into();
        let port = Port::new(cx, peer, self.limits.write_queue, self.drain_timeout).await?;
        self.connection = Some(port.connection.clone());
        let pump = port.open(cx, self.limits);
        cx.spawn(async move { serve(stream, pump.await, port.closing).await });
        Ok(())
    }

    /// `&self`: a queue that is full keeps no `Close` waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref()).await
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("disconnected")]
    async fn disconnected(
        &mut self,
        event: &Disconnected,
        cx: &Context<Self>,
    ) -> crate::Result<()> {
        if event.connection.id().owner() != cx.id() {
            return Ok(());
        }
        match &event.reason {
            DisconnectReason::Closed | DisconnectReason::OwnerStopped => {
                cx.address().unregister().await;
                Ok(())
            }
            reason => Err(Error::fatal(LineLost(reason.clone()))),
        }
    }
}

async fn serve(stream: SerialStream, pump: Pump, closing: Closing) {
    let (mut source, mut sink) = tokio::io::split(Unflushed(stream));
    let mut watch = closing.watch();
    let reason = pump.run(&mut source, &mut sink, &mut watch).await;
    let stream = source.unsplit(sink);
    // The driver may wait until all is sent.
    blocking(move || drop(stream)).await;
    pump.leave(reason).await;
}

/// A serial line that is not flushed: that would block until all is sent.
struct Unflushed(SerialStream);

impl AsyncRead for Unflushed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, into)
    }
}

impl AsyncWrite for Unflushed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(task, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Serial({})", self.name())
    }
}

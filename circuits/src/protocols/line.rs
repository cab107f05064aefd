//! Lines: the protocol of those who read what they write.

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::Event;
use crate::protocols::{Framing, FromFrame};
use crate::stream::Connection;

/// Fired for each line of a stream, in their order; the next one follows when every
/// handler of the last one is done.
///
/// What a handler replies is written back as a line, with an end; of several replies, that
/// of the handler with the highest priority.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = Bytes, crate = crate)]
#[non_exhaustive]
pub struct Line {
    /// The stream.
    pub connection: Connection,
    /// The line, without its end: LF, or CR and LF. It may be empty.
    pub line: Bytes,
}

impl FromFrame<Bytes> for Line {
    fn from_frame(connection: Connection, line: Bytes) -> Self {
        Self { connection, line }
    }
}

/// A framing of lines.
pub type Lines = Framing<LineCodec, Line>;

/// Makes a framing of lines of at most so many bytes, which fires [`Line`]s.
///
/// What stands behind the last end of a line counts as a line as well, when the stream
/// ends; [`drop_rest`](Framing::drop_rest) chooses otherwise. A longer line is told as
/// [`FramingFailed`](crate::protocols::FramingFailed), with a [`LineError`], and ends the
/// stream; with [`keep_on`](Framing::keep_on) it is left out, and the stream goes on.
///
/// The owners of streams can read lines by themselves (`lines(..)`), which takes one
/// component less; this is for those who want `Line` events, other than the bytes of the
/// stream, or lines that are too long to cost no more than themselves.
///
/// # Examples
///
/// ```
/// use circuits::io::{Exited, Process};
/// use circuits::prelude::*;
/// use circuits::protocols::line::{Line, lines};
///
/// #[component(channel = "process")]
/// struct Printer;
///
/// #[component]
/// impl Printer {
///     #[handler("line")]
///     fn line(&mut self, event: &Line) {
///         println!("{}", event.line.escape_ascii());
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Printer).await?;
/// system.supervise(|| lines(80)).channel("process").await?;
/// let exited = system.on("process").wait::<Exited>();
/// system.supervise(|| Process::new("echo").arg("hello")).await?;
/// exited.await?;
/// # Ok(())
/// # }
/// ```
pub fn lines(max_length: usize) -> Lines {
    let limit = max_length.saturating_add(2);
    Framing::new(LineCodec::new(max_length)).max_buffer(limit)
}

/// The codec of lines: their ends, LF or CR and LF, are taken away from what is read,
/// and LF is added to what is written. Lines are bytes.
#[derive(Clone, Debug)]
pub struct LineCodec {
    max_length: usize,
    /// The buffer has no end of a line before this place.
    searched: usize,
    /// The rest of a line that is too long is on its way.
    is_skipping: bool,
}

/// What is no line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// It is longer than this.
    #[error("a line is longer than {0} bytes")]
    TooLong(usize),
    /// The stream failed.
    #[error("the stream failed")]
    Io(#[from] std::io::Error),
}

impl LineCodec {
    /// Makes the codec of lines of at most so many bytes, their ends not counted.
    pub fn new(max_length: usize) -> Self {
        Self {
            max_length,
            searched: 0,
            is_skipping: false,
        }
    }

    /// Takes the next line that has an end, or what there is of one that is too long.
    fn next(&mut self, read: &mut BytesMut) -> Option<Result<Bytes, LineError>> {
        let end = read[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(end) = end.map(|end| self.searched + end) else {
            // One more may be the first half of an end.
            if self.is_skipping || read.len() > self.max_length.saturating_add(1) {
                read.clear();
                self.searched = 0;
                return self.skip();
            }
            self.searched = read.len();
            return None;
        };
        self.searched = 0;
        let mut line = read.split_to(end + 1);
        line.truncate(end);
        if line.last() == Some(&b'\r') {
            line.truncate(end - 1);
        }
        if std::mem::take(&mut self.is_skipping) {
            return self.next(read);
        }
        if line.len() > self.max_length {
            return Some(Err(LineError::TooLong(self.max_length)));
        }
        Some(Ok(line.freeze()))
    }

    /// Leaves the rest of a line out, which is said once.
    fn skip(&mut self) -> Option<Result<Bytes, LineError>> {
        let is_new = !std::mem::replace(&mut self.is_skipping, true);
        is_new.then(|| Err(LineError::TooLong(self.max_length)))
    }
}

impl Decoder for LineCodec {
    type Item = Bytes;
    type Error = LineError;

    fn decode(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, LineError> {
        self.next(read).transpose()
    }

    fn decode_eof(&mut self, read: &mut BytesMut) -> Result<Option<Bytes>, LineError> {
        if let Some(line) = self.next(read) {
            return line.map(Some);
        }
        self.searched = 0;
        let rest = read.split().freeze();
        if rest.len() > self.max_length {
            return Err(LineError::TooLong(self.max_length));
        }
        Ok((!rest.is_empty()).then_some(rest))
    }
}

impl Encoder<Bytes> for LineCodec {
    type Error = LineError;

    fn encode(&mut self, line: Bytes, written: &mut BytesMut) -> Result<(), LineError> {
        written.reserve(line.len() + 1);
        written.extend_from_slice(&line);
        written.extend_from_slice(b"\n");
        Ok(())
    }
}

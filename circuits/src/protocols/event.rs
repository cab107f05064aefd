//! What framing tells, and what can be asked of it.

use std::fmt;
use std::marker::PhantomData;

use crate::event::Event;
use crate::stream::Connection;
use crate::{Error, Event};

/// An event that is made of a frame, as a codec gives them.
///
/// [`Message`] is one for frames of any type. A protocol has events of its own, whose
/// replies its codec can encode.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::protocols::FromFrame;
/// use circuits::stream::{Bytes, Connection};
///
/// /// A command of a protocol of lines.
/// #[derive(Event, Debug)]
/// #[event(reply = Bytes)]
/// struct Command {
///     from: Connection,
///     words: Vec<String>,
/// }
///
/// impl FromFrame<Bytes> for Command {
///     fn from_frame(connection: Connection, frame: Bytes) -> Self {
///         let text = String::from_utf8_lossy(&frame);
///         let words = text.split_whitespace().map(str::to_owned).collect();
///         Self { from: connection, words }
///     }
/// }
/// ```
pub trait FromFrame<F>: Event {
    /// Makes the event of a frame and the stream that it came from.
    fn from_frame(connection: Connection, frame: F) -> Self;
}

/// Fired for each frame of a stream, in their order; the next one follows when every
/// handler of the last one is done. What a handler replies is encoded and written back;
/// of several replies, that of the handler with the highest priority.
#[derive(Event)]
#[event(reply = O, crate = crate)]
#[non_exhaustive]
pub struct Message<I, O> {
    /// The stream.
    pub connection: Connection,
    /// What the frame means.
    pub message: I,
    reply: PhantomData<fn() -> O>,
}

impl<I, O> FromFrame<I> for Message<I, O>
where
    I: Send + Sync + 'static,
    O: Send + Sync + 'static,
{
    fn from_frame(connection: Connection, message: I) -> Self {
        Self {
            connection,
            message,
            reply: PhantomData,
        }
    }
}

impl<I: fmt::Debug, O> fmt::Debug for Message<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("connection", &self.connection)
            .field("message", &self.message)
            .finish()
    }
}

/// Asks a [`Framing`](crate::protocols::Framing) to encode a message and to write it to
/// a stream.
///
/// Messages to one stream are written in the order in which they reach the framing. The
/// reply is `true` once there is room in the queue of the stream, so awaiting a call keeps
/// pace with the peer; it is `false` if the stream has ended. A message that cannot be
/// encoded is an error, and nothing of it is written.
#[derive(Event, Clone, Debug)]
#[event(reply = bool, crate = crate)]
pub struct Outgoing<O> {
    /// The stream.
    pub connection: Connection,
    /// What to write.
    pub message: O,
}

impl<O> Outgoing<O> {
    /// Names the stream and what to write to it.
    pub fn new(connection: &Connection, message: O) -> Self {
        Self {
            connection: connection.clone(),
            message,
        }
    }
}

/// Fired when a stream has what is no frame. It is closed, unless the framing
/// [keeps on](crate::protocols::Framing::keep_on).
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct FramingFailed {
    /// The stream.
    pub connection: Connection,
    /// Why: what the codec says, or a [`FrameError`].
    pub error: Error,
}

impl FramingFailed {
    pub(super) fn new(connection: Connection, error: Error) -> Self {
        Self { connection, error }
    }
}

/// Fired when all frames of a stream have been told, since it has ended: the last event of
/// the framing about it.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct FramesEnded {
    /// The stream.
    pub connection: Connection,
}

impl FramesEnded {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }
}

/// Why a framing takes no more of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// More bytes wait for the end of a frame than may.
    #[error("a frame is longer than {0} bytes")]
    TooLong(usize),
    /// There are as many streams as may be.
    #[error("there are {0} streams already")]
    TooMany(usize),
}

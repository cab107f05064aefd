//! Protocols: components between a stream of bytes and events that mean something.
//!
//! ```text
//! owner of a stream ── Read ─► Framing ── Line, Message, your own ─► handlers
//!                  ◄─ write ──         ◄─────────── reply ──────────┘
//! ```
//!
//! A [`Framing`] listens on the channel of one or more streams, whoever makes their
//! bytes: a socket, a file, a serial line, a process, a pipe. It cuts what is read into
//! messages by a codec, any [`Decoder`] of `tokio-util`, fires an event for each, and
//! writes what the handlers reply through the [`Encoder`] of the codec. [`line`](mod@line)
//! has the one for lines.

mod event;
mod framing;
pub mod line;
mod split;

pub use tokio_util::codec::{Decoder, Encoder};

pub use self::event::{FrameError, FramesEnded, FramingFailed, FromFrame, Message, Outgoing};
pub use self::framing::Framing;
pub use self::split::{DecodeOnly, Split, split};

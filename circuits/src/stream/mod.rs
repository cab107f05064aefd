//! Byte streams as events, whoever makes the bytes: a socket, a file, a pipe.
//!
//! ```text
//!  source ─► Frames ─► Read ─► handlers ─┐ reply
//!                                        ▼
//!  sink ◄──────────── Outbox ◄── Connection::write, Write
//! ```
//!
//! Each stream belongs to one component, its owner, and has a [`Connection`],
//! the handle by which everybody can write to it and close it.
//!
//! # What is promised of every stream
//! - **Order.** [`Connected`] comes first, then a [`Read`] for each piece, in the
//!   order of the bytes, then exactly one [`Disconnected`], whatever ended it.
//!   There is one `Read` at a time: the next follows when every handler of the
//!   last one is done. Streams do not wait for each other.
//! - **Bounds.** While a handler is behind, nothing is read. What waits to be
//!   written is bounded in bytes; who writes more waits for room. A peer that takes
//!   nothing for the write timeout, sends a line above the limit, or nothing for the
//!   idle time, is disconnected.
//! - **Failure.** Where nobody handles `Read`, or a handler fails, nothing is
//!   written and the stream goes on.
//! - **End.** When the owner stops or drains, handlers that run are answered and what
//!   is queued is written. When it is killed or crashes, what is queued is lost.
//!
//! [`ByteStream`] makes a component of any stream, [`Pipe`] joins two channels; the
//! feature `net` has the streams of the network.

#[cfg(feature = "io")]
mod anew;
mod byte_stream;
mod connection;
#[cfg(feature = "net")]
mod ending;
mod error;
mod event;
mod frames;
mod gate;
mod hears;
mod limits;
mod outbox;
mod peer;
mod pipe;
mod pump;
mod reason;
#[cfg(feature = "tls")]
mod secure;
mod secured;

pub use bytes::Bytes;

pub use self::byte_stream::ByteStream;
pub use self::connection::{Connection, ConnectionId};
pub use self::error::WriteError;
pub use self::event::{Close, Connected, Disconnected, Eof, Finish, Read, Write};
pub(crate) use self::gate::{Closing, Gate, closed};
pub(crate) use self::hears::{Hears, OnChannel};
pub(crate) use self::limits::{Limits, limit_setters};
pub use self::peer::Peer;
pub use self::pipe::Pipe;
pub(crate) use self::pump::Pump;
pub use self::reason::DisconnectReason;
#[cfg(feature = "tls")]
pub use self::secure::StartTlsError;
pub use self::secured::Secured;

//! Network servers as supervised components.
//!
//! ```text
//! TcpServer ── handles Write, Close
//!  ├─ accept task ── one task a connection: read ─► Read ─► reply ─► queue ─► write
//!  └─ Gate ── ends first: stops accepting, waits for the connections
//! ```
//!
//! A server talks through events on its channel, so whoever listens there
//! makes the protocol:
//!
//! ```no_run
//! use circuits::net::{Read, TcpServer};
//! use circuits::prelude::*;
//!
//! #[component(channel = "tcp")]
//! struct Echo;
//!
//! #[component]
//! impl Echo {
//!     #[handler("read")]
//!     fn read(&mut self, event: &Read) -> circuits::net::Bytes {
//!         event.data.clone()
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> circuits::Result<()> {
//! let system = System::new();
//! system.supervise(|| Echo).await?;
//! system.supervise(|| TcpServer::bind("127.0.0.1:7007")).await?;
//! system.run().await
//! # }
//! ```
//!
//! What ends a system ends the component that was started last first: add a
//! server after the components that handle its events, so that they can still
//! answer while it drains.

mod connection;
mod error;
mod event;
mod linger;
mod listener;
mod server;

pub use bytes::Bytes;

pub use self::error::BindError;
pub use self::event::{Listening, Refused};
pub(crate) use self::linger::linger;
pub(crate) use self::listener::{Listener, bind};
pub use self::server::TcpServer;
pub use crate::stream::{
    Close, Connected, Connection, ConnectionId, DisconnectReason, Disconnected, Eof, Peer, Read,
    Write, WriteError,
};

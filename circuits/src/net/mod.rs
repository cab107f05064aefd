//! Sockets as supervised components: servers and clients of TCP and Unix sockets, and
//! UDP.
//!
//! ```text
//! TcpServer ── handles Write, Close                TcpClient ── handles Connect, Write, Close
//!  ├─ accept task ── one task a connection          ├─ keeper task: dial ─► connection ─┐
//!  │                  └─ the pump of `stream`       │     ▲ backoff, if it reconnects ──┘
//!  └─ Gate ── ends first: stops accepting,          └─ Gate
//!             waits for the connections
//! ```
//!
//! What is told and promised of connections is that of all byte streams, see
//! [`stream`](crate::stream). A server can be used in two ways. It talks through events
//! on its channel, so whoever listens there makes the protocol; or it has a component
//! for each connection, see [`TcpServer::per_connection`].
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

mod bind;
mod dial;
mod error;
mod event;
mod linger;
mod listener;
mod options;
mod serve;
mod sessions;
mod socket;
mod tcp_client;
mod tcp_server;
#[cfg(feature = "tls")]
mod tls;
mod udp;
mod unix_client;
mod unix_server;

pub use bytes::Bytes;

pub(crate) use self::bind::{Place, listen};
pub use self::error::{BindError, ConnectError};
pub use self::event::{
    AcceptFailed, Broadcast, Connect, ConnectionLimit, Datagram, Listening, ListeningAt, Refused,
    SendTo, Unreachable, UnreachableReason,
};
pub(crate) use self::linger::linger;
pub(crate) use self::listener::Listener;
pub(crate) use self::options::{SocketOptions, inet_setters, socket_setters, tcp_setters};
pub(crate) use self::socket::{Accepts, Serves};
pub use self::tcp_client::TcpClient;
pub use self::tcp_server::{TcpServer, TcpSessions};
#[cfg(feature = "tls")]
pub use self::tls::{
    ClientCertificates, ClientTls, HandshakeFailed, HandshakeReason, ServerTls, TlsClient,
    TlsError, TlsServer, TlsSessions, TlsStarted,
};
pub use self::udp::UdpSocket;
pub use self::unix_client::UnixClient;
pub use self::unix_server::{UnixServer, UnixSessions};
#[cfg(feature = "tls")]
pub use crate::stream::StartTlsError;
pub use crate::stream::{
    Close, Connected, Connection, ConnectionId, DisconnectReason, Disconnected, Eof, Finish, Peer,
    Pipe, Read, Secured, Write, WriteError,
};

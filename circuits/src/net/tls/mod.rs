//! TLS over TCP: servers and clients whose bytes are encrypted.
//!
//! ```text
//! TlsServer: accept ─► handshake, in the task of the connection ─► Connected, Read, ..
//!                           └─ fails ─► HandshakeFailed
//! TlsClient: dial ─► handshake ─► Connected, Read, ..
//!                           └─ fails ─► Unreachable
//!
//! Both, made with `start_tls`: Connected, Read, .. ─► handshake ─► TlsStarted, Read, ..
//!                                                        └─ fails ─► HandshakeFailed
//! ```

mod accept;
mod client;
mod client_config;
mod error;
mod event;
mod pem;
mod server;
mod server_config;
mod socket;
mod start;
mod verify;

pub use self::client::TlsClient;
pub use self::client_config::ClientTls;
pub use self::error::TlsError;
pub use self::event::{HandshakeFailed, HandshakeReason, TlsStarted};
pub use self::server::{TlsServer, TlsSessions};
pub use self::server_config::{ClientCertificates, ServerTls};

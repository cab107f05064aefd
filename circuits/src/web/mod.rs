//! An HTTP server as a supervised component.
//!
//! A request is an event, and what its handler replies is the response:
//!
//! ```no_run
//! use circuits::prelude::*;
//! use circuits::web::{Request, Response, Server};
//!
//! #[component(channel = "web")]
//! struct Hello;
//!
//! #[component]
//! impl Hello {
//!     #[handler("request")]
//!     fn request(&self, event: &Request) -> Option<Response> {
//!         (event.path() == "/").then(|| Response::text("Hello!"))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> circuits::Result<()> {
//! let system = System::new();
//! system.supervise(|| Hello).await?;
//! system.supervise(|| Server::bind("127.0.0.1:8080")).await?;
//! system.run().await
//! # }
//! ```
//!
//! Filters are handlers with a higher priority: one that replies and calls
//! `cx.stop_propagation()` keeps the request from the handlers below.

mod connection;
mod request;
mod response;
mod server;
mod stream;

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

pub use self::request::Request;
pub use self::response::Response;
pub use self::server::Server;
pub use crate::net::{BindError, ConnectionLimit, Listening, Refused};

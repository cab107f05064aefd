//! The HTTP server: its options, and the component that owns the connections.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::net::{Listener, Listening, Place, SocketOptions, listen};
use crate::stream::Gate;
use crate::web::connection::{Connection, Limits};
use crate::{Context, component, handler};

/// So many peers may wait to be accepted.
const BACKLOG: u32 = 1024;

/// Written to a peer for whom there is no room.
const EXCUSE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 45\r\n\r\n\
    503 Service Unavailable: too many connections";

/// An HTTP/1 server: fires each request as [`Request`](crate::web::Request) on
/// its channel, and sends what a handler replies.
///
/// Its channel is `"web"`; `system.supervise(..).channel("..")` puts it on
/// another. Of several replies, that of the handler with the highest priority
/// is sent, once every handler of the request is done.
///
/// # What the peer gets
///
/// | Status | When |
/// |---|---|
/// | 404 | Nobody handles requests, or no handler had an opinion. |
/// | 500 | The handler failed or crashed, and no other answered. |
/// | 503 | The handler's component has stopped or its mailbox refuses the request; or there are too many connections. |
/// | 504 | No reply within the request timeout. |
/// | 400 | What the peer sent is not HTTP/1, or its body breaks off. |
/// | 408 | The header or the body was not sent in time. |
/// | 413 | The body is too large. |
/// | 431, 414 | The header is too large or has too many lines; the address is too long. |
///
/// A connection on which a limit was passed is closed; the others go on.
/// Otherwise it is kept open for the next request, for the header timeout.
///
/// # Bounds
/// A connection has one request in progress, also where the peer has gone
/// meanwhile; connections do not wait for each other. Those beyond the limit
/// are closed at once and told as [`Refused`](crate::web::Refused). All limits
/// are on unless said.
///
/// # When things fail
/// A server that cannot bind fails to start, with the address in the
/// [`BindError`](crate::web::BindError). A server that is killed loses its
/// connections; it is started again by its supervisor and binds again, to a new
/// port where 0 was asked for.
///
/// # When it stops
/// It takes no new connections and closes idle ones; requests in progress are
/// answered. What is not done within the drain timeout is cut.
///
/// # Examples
///
/// ```no_run
/// use circuits::prelude::*;
/// use circuits::web::{Request, Response, Server};
///
/// #[component(channel = "web")]
/// struct Guard;
///
/// #[component]
/// impl Guard {
///     #[handler("request", priority = 100)]
///     fn guard(&self, event: &Request, cx: &Context<Self>) -> Option<Response> {
///         if event.header("authorization").is_some() {
///             return None;
///         }
///         cx.stop_propagation();
///         Some(Response::forbidden())
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Guard).await?;
/// let server = Server::bind("127.0.0.1:8080").max_body_size(16 * 1024);
/// system.supervise(move || server.clone()).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "web", crate = crate)]
#[derive(Clone)]
pub struct Server {
    address: String,
    max_connections: usize,
    drain_timeout: Duration,
    limits: Limits,
}

impl Server {
    /// Makes a server for an address such as `"127.0.0.1:8080"` or
    /// `"localhost:0"`; port 0 lets the system choose, and [`Listening`] tells.
    pub fn bind(address: impl ToString) -> Self {
        let limits = Limits {
            header_timeout: Duration::from_secs(10),
            header_size: 16 * 1024,
            headers: 100,
            body_size: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            request_timeout: Some(Duration::from_secs(30)),
            write_timeout: Duration::from_secs(30),
        };
        Self {
            address: address.to_string(),
            max_connections: 1024,
            drain_timeout: Duration::from_secs(5),
            limits,
        }
    }

    /// Sets how long a peer may take for the header of a request, the wait for
    /// the request included; 10 s unless said.
    #[must_use]
    pub fn header_timeout(mut self, limit: Duration) -> Self {
        self.limits.header_timeout = limit;
        self
    }

    /// Sets how large the header of a request may be, its first line included;
    /// 16 KiB unless said. A header that never ends is refused at 8 KiB, or
    /// here if this is more.
    #[must_use]
    pub fn max_header_size(mut self, bytes: usize) -> Self {
        self.limits.header_size = bytes;
        self
    }

    /// Sets how many lines the header of a request may have; 100 unless said.
    #[must_use]
    pub fn max_headers(mut self, lines: usize) -> Self {
        self.limits.headers = lines;
        self
    }

    /// Sets how large the body of a request may be; 1 MiB unless said.
    #[must_use]
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.limits.body_size = bytes;
        self
    }

    /// Sets how long a peer may take for the body of a request; 30 s unless said.
    #[must_use]
    pub fn body_timeout(mut self, limit: Duration) -> Self {
        self.limits.body_timeout = limit;
        self
    }

    /// Sets how long the handlers of a request may take; 30 s unless said,
    /// without a limit if `None`. They run on when the time is over.
    #[must_use]
    pub fn request_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.limits.request_timeout = limit.into();
        self
    }

    /// Sets for how long a peer may take nothing of a response before it is
    /// disconnected; 30 s unless said.
    #[must_use]
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.limits.write_timeout = limit;
        self
    }

    /// Sets how many connections may be open at a time; 1,024 unless said.
    /// Further ones are refused.
    #[must_use]
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = connections;
        self
    }

    /// Sets how long requests in progress may take to end when the server
    /// stops before they are cut; 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }
}

#[component(crate = crate)]
impl Server {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let place = Place::Address(self.address.clone());
        let (socket, address) = listen(&place, &SocketOptions::default(), BACKLOG).await?;
        let (gate, closing) = Gate::new();
        let gate = cx.register(gate).named("gate").channel(cx.channel());
        gate.shutdown(self.drain_timeout).await?;
        cx.fire(Listening::new(address)).await;
        let listener = Listener {
            socket,
            limit: self.max_connections,
            per_address: None,
            system: cx.system(),
            channel: cx.channel().to_owned(),
            excuse: EXCUSE,
        };
        let (limits, system) = (self.limits, cx.system());
        let channel: Arc<str> = cx.channel().into();
        let watch = closing.watch();
        cx.spawn(listener.run(closing, move |stream, peer| {
            let connection = Connection {
                peer,
                limits,
                system: system.clone(),
                channel: channel.clone(),
            };
            connection.serve(stream, watch.clone())
        }));
        Ok(())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({})", self.address)
    }
}

//! One HTTP connection: requests become events, replies become responses.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::Handle;
use crate::net::linger;
use crate::reply::CallError;
use crate::stream::closed;
use crate::web::stream::Stream;
use crate::web::{Request, Response};

/// The smallest buffer that the HTTP parser takes.
const SMALLEST_BUFFER: usize = 8192;

/// Sent where a peer has begun with a header and does not get on with it.
const TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 52\r\n\r\n\
    408 Request Timeout: the header was not sent in time";

/// How connections treat their peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) header_timeout: Duration,
    pub(super) header_size: usize,
    pub(super) headers: usize,
    pub(super) body_size: usize,
    pub(super) body_timeout: Duration,
    pub(super) request_timeout: Option<Duration>,
    pub(super) write_timeout: Duration,
}

/// A connection that was accepted.
pub(super) struct Connection {
    pub(super) peer: SocketAddr,
    pub(super) limits: Limits,
    pub(super) system: Handle,
    pub(super) channel: Arc<str>,
}

impl Connection {
    /// Serves requests until the peer ends it, or the server closes.
    pub(super) async fn serve(self, socket: TcpStream, mut closing: watch::Receiver<()>) {
        let limits = self.limits;
        let this = Arc::new(self);
        let service = service_fn(move |request| {
            let this = this.clone();
            Box::pin(async move { Ok::<_, Infallible>(this.respond(request).await.into_http()) })
        });
        let io = TokioIo::new(Stream::new(socket, limits.write_timeout));
        let mut connection = parser(&limits).serve_connection(io, service);
        let before = tokio::select! {
            biased;
            () = closed(&mut closing) => None,
            outcome = poll_fn(|task| connection.poll_without_shutdown(task)) => Some(outcome),
        };
        let outcome = match before {
            Some(outcome) => outcome,
            None => {
                // The request that is being answered is the last.
                Pin::new(&mut connection).graceful_shutdown();
                poll_fn(|task| connection.poll_without_shutdown(task)).await
            }
        };
        let parts = connection.into_parts();
        let socket = parts.io.into_inner().into_socket();
        let Err(error) = outcome else {
            return linger(socket).await;
        };
        tracing::debug!(target: "circuits", %error, "an HTTP connection failed");
        if error.is_timeout() && !parts.read_buf.is_empty() {
            let _ = socket.try_write(TOO_SLOW);
        }
        // Otherwise the peer is gone, or deaf: there are no last words.
        if error.is_timeout() || error.is_parse() {
            linger(socket).await;
        }
    }

    async fn respond(&self, request: http::Request<Incoming>) -> Response {
        let (head, body) = request.into_parts();
        match self.read(body).await {
            Ok(body) => self.ask(Request::received(head, body, self.peer)).await,
            Err(refusal) => refusal,
        }
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, Response> {
        let limit = self.limits.body_size;
        let too_large = || {
            let why = format!("the body is larger than {limit} bytes");
            Response::refusal(StatusCode::PAYLOAD_TOO_LARGE, &why)
        };
        if body.size_hint().lower() > limit as u64 {
            return Err(too_large());
        }
        let whole = Limited::new(body, limit).collect();
        match tokio::time::timeout(self.limits.body_timeout, whole).await {
            Ok(Ok(whole)) => Ok(whole.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => {
                let why = "the body cannot be read";
                Err(Response::refusal(StatusCode::BAD_REQUEST, why))
            }
            Err(_) => {
                let why = "the body was not sent in time";
                Err(Response::refusal(StatusCode::REQUEST_TIMEOUT, why))
            }
        }
    }

    /// Waits until every handler is done, not only the one that answers: a
    /// second one that is slower would otherwise be flooded.
    async fn ask(&self, request: Request) -> Response {
        let target = self.system.on(&self.channel);
        let mut call = target.call_all(request);
        if let Some(limit) = self.limits.request_timeout {
            call = call.timeout(limit);
        }
        let mut failure = None;
        for outcome in call.await {
            match outcome {
                Ok(response) => return response,
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or_else(Response::not_found, |error| {
            Response::status(status_of(&error))
        })
    }
}

fn status_of(error: &CallError) -> StatusCode {
    match error {
        CallError::NoHandler | CallError::NoReply => StatusCode::NOT_FOUND,
        CallError::Stopped | CallError::Full | CallError::Cancelled => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        CallError::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn parser(limits: &Limits) -> http1::Builder {
    let mut parser = http1::Builder::new();
    parser
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_size.max(SMALLEST_BUFFER))
        .max_header_size(limits.header_size)
        .max_headers(limits.headers)
        // A peer that has gone is noticed when its request has been handled,
        // and not before: peers that come and go cannot pile up requests.
        .half_close(true);
    parser
}

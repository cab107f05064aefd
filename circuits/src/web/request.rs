//! The event that a server makes of an HTTP request.

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, Uri};

use crate::Event;
use crate::web::Response;

/// An HTTP request, whole: its body has been read.
#[derive(Event, Clone, Debug)]
#[event(reply = Response, crate = crate)]
#[non_exhaustive]
pub struct Request {
    /// The method, such as `GET`.
    pub method: Method,
    /// What is asked for, as it was sent; not decoded.
    pub uri: Uri,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
    /// The peer's address.
    pub peer: SocketAddr,
}

impl Request {
    /// Makes a request without headers and body from nobody, to call handlers
    /// with in tests.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self {
            method,
            uri,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    pub(crate) fn received(head: Parts, body: Bytes, peer: SocketAddr) -> Self {
        Self {
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            body,
            peer,
        }
    }

    /// Returns the path, such as `/words`; not decoded.
    pub fn path(&self) -> &str {
        self.uri.path()
    }

    /// Returns what stands after the `?`, if there is one; not decoded.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// Returns the first header of a name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

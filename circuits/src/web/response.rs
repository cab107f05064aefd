//! What a handler replies to a request.

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::Full;

/// An HTTP response.
///
/// ```
/// use circuits::web::{HeaderValue, Response, StatusCode, header};
///
/// let response = Response::json(r#"{"id":7}"#)
///     .with_status(StatusCode::CREATED)
///     .header(header::LOCATION, HeaderValue::from_static("/items/7"));
/// assert_eq!(response.status, StatusCode::CREATED);
/// ```
///
/// The length of the body is the server's to say: `content-length` and
/// `transfer-encoding` that are set here are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The status, such as 200.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// Makes a response with a status and a body without a type.
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// Makes a 200 with plain text.
    pub fn text(text: impl Into<String>) -> Self {
        let body: String = text.into();
        Self::typed("text/plain; charset=utf-8", body.into())
    }

    /// Makes a 200 with a page.
    pub fn html(page: impl Into<String>) -> Self {
        let body: String = page.into();
        Self::typed("text/html; charset=utf-8", body.into())
    }

    /// Makes a 200 with JSON that has been written out already.
    pub fn json(json: impl Into<Bytes>) -> Self {
        Self::typed("application/json", json.into())
    }

    /// Makes a response that says its status as text, such as `404 Not Found`.
    pub fn status(status: StatusCode) -> Self {
        Self::text(format!("{status}\n")).with_status(status)
    }

    /// Makes a 404.
    pub fn not_found() -> Self {
        Self::status(StatusCode::NOT_FOUND)
    }

    /// Makes a 403.
    pub fn forbidden() -> Self {
        Self::status(StatusCode::FORBIDDEN)
    }

    /// Makes a 400 that says what is wrong.
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::text(why).with_status(StatusCode::BAD_REQUEST)
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets a header; one of that name that is there already is replaced.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Refuses a request and closes the connection, whose input is not read on.
    pub(crate) fn refusal(status: StatusCode, why: &str) -> Self {
        Self::text(format!("{status}: {why}\n"))
            .with_status(status)
            .header(CONNECTION, HeaderValue::from_static("close"))
    }

    pub(crate) fn into_http(mut self) -> http::Response<Full<Bytes>> {
        // A length that is not the body's would break the connection.
        self.headers.remove(CONTENT_LENGTH);
        self.headers.remove(TRANSFER_ENCODING);
        let mut response = http::Response::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    fn typed(kind: &'static str, body: Bytes) -> Self {
        Self::new(StatusCode::OK, body).header(CONTENT_TYPE, HeaderValue::from_static(kind))
    }
}

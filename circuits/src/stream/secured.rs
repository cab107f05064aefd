//! What is known of a stream that is encrypted.

use bytes::Bytes;

/// What the TLS handshake of a stream has settled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Secured {
    /// The certificates of the peer, its own first, as DER; verified, unless that was
    /// switched off. Empty where it has shown none.
    pub peer_certificates: Vec<Bytes>,
    /// The protocol that both sides have chosen by ALPN.
    pub protocol: Option<Bytes>,
    /// The name by which the client has asked for the server (SNI), or by which this
    /// client has verified it.
    pub server_name: Option<String>,
}

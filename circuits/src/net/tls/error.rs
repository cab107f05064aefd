//! What is wrong with certificates and keys.

use std::io;
use std::path::PathBuf;

/// Certificates, keys or names that TLS cannot be made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read `{}`; give the path of a PEM file that this process may read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no certificate, or a broken one.
    #[error(
        "no certificate can be read; give PEM text with `BEGIN CERTIFICATE`, the peer's own first, \
         then those that signed it"
    )]
    Certificate(#[source] Option<io::Error>),
    /// There is no private key, or a broken one.
    #[error(
        "no private key can be read; give PEM text with an unencrypted `BEGIN PRIVATE KEY` \
         (PKCS#8), `BEGIN RSA PRIVATE KEY` or `BEGIN EC PRIVATE KEY`"
    )]
    Key(#[source] Option<io::Error>),
    /// The key is not that of the first certificate.
    #[error(
        "the private key does not belong to the first certificate; give the pair that was made together"
    )]
    Mismatch,
    /// The certificates can be trusted in nothing.
    #[error("the certificates cannot be used as roots; give those of the authorities that sign")]
    Roots(#[source] io::Error),
    /// That is no name of a server.
    #[error("`{0}` is neither a host name nor an address")]
    Name(String),
}

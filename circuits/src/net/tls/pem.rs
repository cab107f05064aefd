//! Certificates and keys, read from PEM text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::net::TlsError;

pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path).map_err(|source| TlsError::File {
        path: path.to_owned(),
        source,
    })
}

/// A chain of certificates and the key of the first.
pub(super) fn identity(chain: &[u8], key: &[u8]) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(chain)?;
    let key =
        PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key(Some(invalid(error))))?;
    let key = ring::sign::any_supported_type(&key)
        .map_err(|error| TlsError::Key(Some(invalid(error))))?;
    let identity = CertifiedKey::new(chain, key);
    match identity.keys_match() {
        Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::KeyMismatch)) => {
            Err(TlsError::Mismatch)
        }
        Err(error @ rustls::Error::InvalidCertificate(_)) => {
            Err(TlsError::Certificate(Some(invalid(error))))
        }
        // Keys that cannot say are taken at their word.
        _ => Ok(Arc::new(identity)),
    }
}

pub(super) fn roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots
            .add(certificate)
            .map_err(|error| TlsError::Roots(invalid(error)))?;
    }
    Ok(roots)
}

/// The cryptography of both sides, chosen here and not by the process.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

pub(super) fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let chain = chain.map_err(|error| TlsError::Certificate(Some(invalid(error))))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate(None));
    }
    Ok(chain)
}

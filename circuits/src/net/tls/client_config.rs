//! Whom a client trusts, and what it shows.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::ServerName;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

use crate::net::TlsError;
use crate::net::tls::pem;
use crate::net::tls::verify::Anybody;

/// Whom a client trusts, and what it shows.
///
/// The certificate of the server is verified, and has to be for its name: that to which
/// the client connects, unless [`server_name`](Self::server_name) says another.
#[derive(Clone)]
pub struct ClientTls {
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<Arc<CertifiedKey>>,
    protocols: Vec<Vec<u8>>,
    name: Option<ServerName<'static>>,
}

impl ClientTls {
    /// Trusts the authorities that Mozilla trusts, as they were when the program was
    /// built: the same ones on each machine.
    #[expect(clippy::new_without_default, reason = "whom to trust is a decision")]
    pub fn new() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let verifier = verifier(roots).expect("Mozilla's roots are roots");
        Self::with(verifier)
    }

    /// Trusts these authorities only, given as PEM text.
    ///
    /// # Errors
    /// There is no certificate in it that can be a root.
    pub fn trusting(roots: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::with(verifier(pem::roots(roots.as_ref())?)?))
    }

    /// Trusts the authorities in a PEM file only, which is read at once.
    ///
    /// # Errors
    /// It cannot be read, or there is no certificate in it that can be a root.
    pub fn trusting_file(roots: impl AsRef<Path>) -> Result<Self, TlsError> {
        Self::trusting(pem::read(roots.as_ref())?)
    }

    /// Trusts **anybody**: whoever is between the two reads and changes all. For tests,
    /// and for devices whose certificates cannot be verified.
    pub fn danger_trusting_anybody() -> Self {
        Self::with(Arc::new(Anybody(pem::provider())))
    }

    fn with(verifier: Arc<dyn ServerCertVerifier>) -> Self {
        Self {
            verifier,
            identity: None,
            protocols: Vec::new(),
            name: None,
        }
    }

    /// Shows a certificate to servers that ask for one: PEM text of the chain and of
    /// the key.
    ///
    /// # Errors
    /// There is no certificate or key in it, or the key is that of another certificate.
    pub fn certificate(
        mut self,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        self.identity = Some(pem::identity(certificates.as_ref(), key.as_ref())?);
        Ok(self)
    }

    /// Sets the protocols to ask for by ALPN, the best first.
    #[must_use]
    pub fn protocols<P: AsRef<[u8]>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        let names = names.into_iter().map(|name| name.as_ref().to_vec());
        self.protocols = names.collect();
        self
    }

    /// Sets the name that is asked for and verified; that of the address, unless said.
    ///
    /// # Errors
    /// It is neither a host name nor an address.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsError> {
        self.name = Some(to_name(name)?);
        Ok(self)
    }

    /// Returns the name for an address such as `"example.org:443"` or `"[::1]:443"`.
    pub(super) fn name_for(&self, address: &str) -> Result<ServerName<'static>, TlsError> {
        if let Some(name) = &self.name {
            return Ok(name.clone());
        }
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        to_name(host.trim_start_matches('[').trim_end_matches(']'))
    }

    pub(super) fn to_config(&self) -> ClientConfig {
        let builder = ClientConfig::builder_with_provider(pem::provider())
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone());
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let shown: Arc<dyn ResolvesClientCert> =
                    Arc::new(SingleCertAndKey::from(identity.clone()));
                builder.with_client_cert_resolver(shown)
            }
        };
        config.alpn_protocols.clone_from(&self.protocols);
        config
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls")
    }
}

fn verifier(roots: RootCertStore) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
    let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), pem::provider());
    let built = built.build();
    let verifier = built.map_err(|error| TlsError::Roots(pem::invalid(error)))?;
    Ok(verifier)
}

fn to_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    let invalid = |_| TlsError::Name(name.to_owned());
    Ok(ServerName::try_from(name).map_err(invalid)?.to_owned())
}

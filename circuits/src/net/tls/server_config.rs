//! What a server shows and asks of its peers.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ClientHello, NoClientAuth, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;

use crate::net::TlsError;
use crate::net::tls::pem;

/// The certificates of a server, and what it asks of its peers.
///
/// Clones share what they show: [`replace`](Self::replace) changes it for all of them,
/// also for servers that run. Each other method makes a value of its own.
///
/// # Examples
///
/// ```no_run
/// use circuits::net::{ServerTls, TcpServer};
/// use circuits::prelude::*;
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// let tls = ServerTls::from_files("server.pem", "server.key")?;
/// let server = TcpServer::bind("127.0.0.1:7443").lines(4096).tls(tls.clone());
/// system.supervise(move || server.clone()).await?;
/// // Later, when the files have changed:
/// tls.replace(&ServerTls::from_files("server.pem", "server.key")?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerTls {
    parts: Parts,
    current: Arc<RwLock<Arc<ServerConfig>>>,
    handshake_timeout: Duration,
}

/// Whether clients have to show certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// Who shows none is served as well; a wrong one fails the handshake.
    Optional,
    /// Who shows none, or a wrong one, fails the handshake.
    Required,
}

#[derive(Clone)]
struct Parts {
    identities: Identities,
    verifier: Arc<dyn ClientCertVerifier>,
    protocols: Vec<Vec<u8>>,
}

impl ServerTls {
    /// Makes it from PEM files: the certificate of the server with those that signed it
    /// behind, and its key. They are read at once, and blocking: at the start of a
    /// program that does not matter.
    ///
    /// # Errors
    /// A file cannot be read, or is none of these, or the key is that of another
    /// certificate.
    pub fn from_files(
        certificates: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let certificates = pem::read(certificates.as_ref())?;
        Self::from_pem(&certificates, &pem::read(key.as_ref())?)
    }

    /// Makes it from PEM text, as [`from_files`](Self::from_files).
    ///
    /// # Errors
    /// There is no certificate or key in it, or the key is that of another certificate.
    pub fn from_pem(
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let identity = pem::identity(certificates.as_ref(), key.as_ref())?;
        let parts = Parts {
            identities: Identities {
                default: identity,
                named: HashMap::new(),
            },
            verifier: Arc::new(NoClientAuth),
            protocols: Vec::new(),
        };
        let handshake_timeout = Duration::from_secs(10);
        Ok(Self::with(parts, handshake_timeout))
    }

    fn with(parts: Parts, handshake_timeout: Duration) -> Self {
        let current = Arc::new(RwLock::new(Arc::new(parts.to_config())));
        Self {
            parts,
            current,
            handshake_timeout,
        }
    }

    /// Shows another certificate to clients that ask for this name (SNI); all others see
    /// the first one.
    ///
    /// # Errors
    /// As for [`from_pem`](Self::from_pem).
    pub fn for_name(
        mut self,
        name: &str,
        certificates: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let identity = pem::identity(certificates.as_ref(), key.as_ref())?;
        let name = name.to_ascii_lowercase();
        self.parts.identities.named.insert(name, identity);
        Ok(Self::with(self.parts, self.handshake_timeout))
    }

    /// Asks clients for certificates that one of these roots, in PEM, has signed. They
    /// are not asked, unless said.
    ///
    /// # Errors
    /// There is no certificate in it that can be a root.
    pub fn client_certificates(
        mut self,
        wanted: ClientCertificates,
        roots: impl AsRef<[u8]>,
    ) -> Result<Self, TlsError> {
        let roots = Arc::new(pem::roots(roots.as_ref())?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, pem::provider());
        let verifier = match wanted {
            ClientCertificates::Optional => verifier.allow_unauthenticated(),
            ClientCertificates::Required => verifier,
        };
        let built = verifier.build();
        self.parts.verifier = built.map_err(|error| TlsError::Roots(pem::invalid(error)))?;
        Ok(Self::with(self.parts, self.handshake_timeout))
    }

    /// Sets the protocols to choose from by ALPN, the best first. A client that asks
    /// for others only fails the handshake; one that asks for none is served.
    #[must_use]
    pub fn protocols<P: AsRef<[u8]>>(mut self, names: impl IntoIterator<Item = P>) -> Self {
        let names = names.into_iter().map(|name| name.as_ref().to_vec());
        self.parts.protocols = names.collect();
        Self::with(self.parts, self.handshake_timeout)
    }

    /// Sets how long a handshake may take; 10 s unless said.
    #[must_use]
    pub fn handshake_timeout(self, limit: Duration) -> Self {
        Self::with(self.parts, limit)
    }

    /// Shows and asks from now on what the other one does, in all clones of this one.
    ///
    /// Handshakes that have begun end as they began, and connections stay. The time
    /// limit of handshakes stays as well.
    pub fn replace(&self, other: &Self) {
        let config = other.current();
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    pub(super) fn current(&self) -> Arc<ServerConfig> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn limit(&self) -> Duration {
        self.handshake_timeout
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerTls")
    }
}

impl Parts {
    fn to_config(&self) -> ServerConfig {
        let builder = ServerConfig::builder_with_provider(pem::provider());
        let mut config = builder
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_client_cert_verifier(self.verifier.clone())
            .with_cert_resolver(Arc::new(self.identities.clone()));
        config.alpn_protocols.clone_from(&self.protocols);
        config
    }
}

/// The certificates, by the name that clients ask for.
#[derive(Clone, Debug)]
struct Identities {
    default: Arc<CertifiedKey>,
    named: HashMap<String, Arc<CertifiedKey>>,
}

impl ResolvesServerCert for Identities {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().and_then(|name| self.named.get(name));
        Some(named.unwrap_or(&self.default).clone())
    }
}

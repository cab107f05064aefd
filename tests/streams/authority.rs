//! Certificates for tests, made by OpenSSL.

use std::process::{Command, Stdio};

use circuits::net::{ClientTls, ServerTls};

use crate::folder::Folder;

/// An authority, and what it has signed.
pub(crate) struct Authority(Folder);

impl Authority {
    pub(crate) fn new() -> Self {
        let authority = Self(Folder::new());
        openssl(&authority, "ca", &["-subj", "/CN=authority"]);
        authority
    }

    /// Signs a certificate for `localhost`, or another name.
    pub(crate) fn sign(&self, name: &str) -> (String, String) {
        let (ca, key) = (self.path("ca.pem"), self.path("ca.key"));
        let subject = format!("/CN={name}");
        let names = format!("subjectAltName=DNS:{name},IP:127.0.0.1");
        let signed = [
            "-CA",
            &ca,
            "-CAkey",
            &key,
            "-subj",
            &subject,
            "-addext",
            &names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        openssl(self, name, &signed);
        let read = |file: String| std::fs::read_to_string(self.path(&file)).unwrap();
        (read(format!("{name}.pem")), read(format!("{name}.key")))
    }

    pub(crate) fn roots(&self) -> String {
        std::fs::read_to_string(self.path("ca.pem")).unwrap()
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.0.path().join(file).display().to_string()
    }

    pub(crate) fn server(&self) -> ServerTls {
        let (certificate, key) = self.sign("localhost");
        ServerTls::from_pem(certificate, key).unwrap()
    }

    pub(crate) fn client(&self) -> ClientTls {
        ClientTls::trusting(self.roots()).unwrap()
    }
}

fn openssl(authority: &Authority, name: &str, more: &[&str]) {
    let (key, out) = (
        authority.path(&format!("{name}.key")),
        authority.path(&format!("{name}.pem")),
    );
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
        .args(["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
        .args(["-keyout", &key, "-out", &out])
        .args(more)
        .stderr(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("`openssl`: {error}; tests/run installs it"));
    assert!(made.success());
}

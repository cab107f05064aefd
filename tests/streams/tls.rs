//! TLS servers and clients, with OpenSSL and Python as peers.

use std::net::SocketAddr;
use std::sync::Arc;

use circuits::Options;
use circuits::net::{
    ClientCertificates, ClientTls, HandshakeFailed, HandshakeReason, Listening, ServerTls,
    TcpClient, TcpServer, TlsClient, TlsError, TlsServer, Unreachable, UnreachableReason,
};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Child;

use crate::authority::Authority;
use crate::net::{line_of, python, start};
use crate::support::{Heard, listen, soon};

struct Served {
    _system: System,
    server: Address<TlsServer>,
    address: SocketAddr,
    heard: Heard,
    probe: Probe,
}

async fn serve(tls: ServerTls) -> Served {
    let system = System::with(Options::new());
    let heard = listen(&system, "tcp").await;
    let probe = Probe::on(&system, "tcp").await.unwrap();
    let listening = system.on("tcp").wait::<Listening>();
    let server = TcpServer::bind("127.0.0.1:0").tls(tls);
    let server = system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    Served {
        _system: system,
        server,
        address,
        heard,
        probe,
    }
}

impl Served {
    async fn failed(&self) -> Arc<HandshakeFailed> {
        let told = self.probe.expect::<HandshakeFailed>();
        told.within(Duration::from_secs(10)).await.unwrap()
    }

    fn openssl(&self, more: &[&str]) -> Child {
        let address = self.address.to_string();
        let asked = ["s_client", "-quiet", "-connect", &address];
        start("openssl", &[&asked, more].concat())
    }
}

struct Asked {
    _system: System,
    heard: Heard,
    probe: Probe,
}

async fn ask(client: TlsClient) -> Asked {
    let system = System::with(Options::new());
    let heard = listen(&system, "client").await;
    let probe = Probe::on(&system, "client").await.unwrap();
    system.supervise(move || client.clone()).await.unwrap();
    Asked {
        _system: system,
        heard,
        probe,
    }
}

impl Asked {
    async fn insecure(&self) -> String {
        let told = self.probe.expect::<Unreachable>();
        let told = told.within(Duration::from_secs(10)).await.unwrap();
        assert!(matches!(told.reason, UnreachableReason::Insecure(_)));
        told.reason.to_string()
    }
}

fn local(port: u16) -> TcpClient {
    TcpClient::connect(format!("localhost:{port}"))
}

#[tokio::test]
async fn net_060_openssl_gets_an_echo_and_its_end_is_told() {
    let authority = Authority::new();
    let mut served = serve(authority.server()).await;
    let roots = authority.path("ca.pem");
    let verified = ["-CAfile", &roots, "-verify_return_error"];
    let mut peer = served.openssl(&[&verified[..], &["-servername", "localhost"]].concat());
    let connection = served.heard.connected().await;
    let secured = connection.secured().unwrap();
    assert_eq!(secured.server_name.as_deref(), Some("localhost"));
    assert_eq!(secured.protocol, None);
    assert!(secured.peer_certificates.is_empty());
    let input = peer.stdin.as_mut().unwrap();
    soon(input.write_all(b"hello\n")).await.unwrap();
    assert_eq!(served.heard.read().await, "hello\n");
    assert_eq!(line_of(&mut peer).await, "hello");
    assert!(connection.close());
    assert_eq!(
        served.heard.reason().await,
        "a component closed the connection"
    );
    soon(peer.wait()).await.unwrap();
}

#[tokio::test]
async fn net_060_a_peer_in_plain_text_is_told_and_others_notice_nothing() {
    let authority = Authority::new();
    let mut served = serve(authority.server()).await;
    // Says nothing, so its handshake waits.
    let _silent = soon(TcpStream::connect(served.address)).await.unwrap();
    let mut plain = soon(TcpStream::connect(served.address)).await.unwrap();
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let failed = served.failed().await;
    assert_eq!(failed.peer.socket(), Some(plain.local_addr().unwrap()));
    assert!(matches!(failed.reason, HandshakeReason::Failed(_)));
    let mut got = Vec::new();
    let _ = soon(plain.read_to_end(&mut got)).await;
    let mut client = ask(local(served.address.port()).tls(authority.client())).await;
    let connection = client.heard.connected().await;
    served.heard.connected().await;
    connection.write("still here").await.unwrap();
    assert_eq!(served.heard.read().await, "still here");
    // Nor does the silent one hinder its end.
    soon(served.server.stop()).await;
    assert_eq!(client.heard.left().await.0, connection);
}

#[tokio::test]
async fn net_060_a_handshake_has_a_time_limit() {
    let limit = Duration::from_millis(50);
    let mut served = serve(Authority::new().server().handshake_timeout(limit)).await;
    let mut silent = soon(TcpStream::connect(served.address)).await.unwrap();
    let failed = served.failed().await;
    assert_eq!(failed.reason.to_string(), "no TLS handshake within 50ms");
    assert_eq!(soon(silent.read(&mut [0])).await.unwrap(), 0);
    assert!(served.heard.is_silent());
}

/// It is never silent for as long as the limit.
#[tokio::test]
async fn net_060_a_handshake_that_comes_byte_by_byte_has_the_same_time_limit() {
    let limit = Duration::from_millis(200);
    let mut served = serve(Authority::new().server().handshake_timeout(limit)).await;
    let mut slow = soon(TcpStream::connect(served.address)).await.unwrap();
    // The head of a long first message of a client, and zeros.
    let head = [22, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xfb];
    let mut hello = head.into_iter().chain(std::iter::repeat(0));
    loop {
        let byte = hello.next().unwrap();
        if slow.write_all(&[byte]).await.is_err() {
            break;
        }
        let soon = Duration::from_millis(5);
        match tokio::time::timeout(soon, slow.read(&mut [0])).await {
            Ok(_) => break,
            Err(_) => assert!(served.heard.is_silent()),
        }
    }
    let failed = served.failed().await;
    assert_eq!(failed.reason.to_string(), "no TLS handshake within 200ms");
    assert!(served.heard.is_silent());
}

#[tokio::test]
async fn a_tls_server_and_its_client_finish_and_go_on_reading() {
    let authority = Authority::new();
    let system = System::with(Options::new());
    let (served, client) = (
        listen(&system, "tcp").await,
        listen(&system, "client").await,
    );
    let listening = system.on("tcp").wait::<Listening>();
    let server = TcpServer::bind("127.0.0.1:0").half_open();
    let server = server.tls(authority.server());
    system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let asking = TcpClient::connect(address).tls(authority.client());
    system.supervise(move || asking.clone()).await.unwrap();
    crate::net::finish::check(&system, "tcp", served, client).await;
}

#[tokio::test]
async fn net_060_client_certificates_are_asked_for_and_shown_on_the_connection() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("somebody");
    let (_, other_key) = Authority::new().sign("somebody");
    let shown = authority.client().certificate(&certificate, &key).unwrap();
    let wrong = authority.client().certificate(&certificate, &other_key);
    assert!(matches!(wrong, Err(TlsError::Mismatch)));
    for wanted in [ClientCertificates::Optional, ClientCertificates::Required] {
        let tls = authority.server();
        let tls = tls.client_certificates(wanted, authority.roots()).unwrap();
        let mut served = serve(tls).await;
        let port = served.address.port();
        let _client = ask(local(port).tls(shown.clone())).await;
        let connection = served.heard.connected().await;
        assert_eq!(connection.secured().unwrap().peer_certificates.len(), 1);
        let _anonymous = ask(local(port).tls(authority.client())).await;
        if wanted == ClientCertificates::Optional {
            let connection = served.heard.connected().await;
            assert!(connection.secured().unwrap().peer_certificates.is_empty());
        } else {
            let reason = served.failed().await.reason.to_string();
            assert!(reason.contains("certificate"), "{reason}");
        }
    }
}

#[tokio::test]
async fn net_060_the_protocol_and_the_certificate_follow_what_the_client_asks_for() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("other.example");
    let tls = authority.server().protocols(["h2", "echo/1"]);
    let tls = tls.for_name("other.example", certificate, key).unwrap();
    let mut served = serve(tls).await;
    let port = served.address.port();
    let asked = authority.client().protocols(["echo/1"]);
    // Each name has a certificate of its own, or verifying it would fail.
    for name in ["localhost", "other.example"] {
        let asked = asked.clone().server_name(name).unwrap();
        let mut client = ask(local(port).tls(asked)).await;
        let connection = client.heard.connected().await;
        let expected = Some("echo/1".into());
        assert_eq!(connection.secured().unwrap().protocol, expected);
        let connection = served.heard.connected().await;
        let secured = connection.secured().unwrap();
        assert_eq!(secured.protocol, expected);
        assert_eq!(secured.server_name.as_deref(), Some(name));
        connection.close();
        client.heard.reason().await;
        served.heard.reason().await;
    }
}

#[tokio::test]
async fn net_060_certificates_are_replaced_while_handshakes_and_connections_go_on() {
    let (old, new) = (Authority::new(), Authority::new());
    let tls = old.server();
    let mut served = serve(tls.clone()).await;
    let port = served.address.port();
    let mut first = ask(local(port).tls(old.client())).await;
    let connection = first.heard.connected().await;
    served.heard.connected().await;
    tls.replace(&new.server());
    let mut second = ask(local(port).tls(new.client())).await;
    second.heard.connected().await;
    served.heard.connected().await;
    let late = ask(local(port).tls(old.client())).await;
    assert!(late.insecure().await.contains("certificate"));
    connection.write("as before").await.unwrap();
    assert_eq!(served.heard.read().await, "as before");
}

#[test]
fn net_060_what_is_wrong_with_files_is_said_with_what_to_do() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("localhost");
    let missing = ServerTls::from_files(authority.path("none.pem"), authority.path("ca.key"));
    let missing = missing.unwrap_err().to_string();
    assert!(missing.contains("none.pem`; give the path"), "{missing}");
    let swapped = ServerTls::from_pem(&key, &certificate).unwrap_err();
    assert!(matches!(swapped, TlsError::Certificate(None)), "{swapped}");
    let keyless = ServerTls::from_pem(&certificate, &certificate).unwrap_err();
    assert!(
        keyless.to_string().contains("BEGIN PRIVATE KEY"),
        "{keyless}"
    );
    let (_, other) = Authority::new().sign("localhost");
    let mismatch = ServerTls::from_pem(&certificate, other).unwrap_err();
    assert!(matches!(mismatch, TlsError::Mismatch), "{mismatch}");
    let name = ClientTls::new().server_name("not a name").unwrap_err();
    assert_eq!(
        name.to_string(),
        "`not a name` is neither a host name nor an address"
    );
}

const PYTHON: &str = "
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1])
while True:
    raw, _ = listener.accept()
    try:
        peer = context.wrap_socket(raw, server_side=True)
        peer.sendall(peer.recv(100).upper())
        peer.unwrap()
    except (ssl.SSLError, OSError) as error:
        print('failed', file=sys.stderr)
";

/// A server of Python's, which answers once to each peer.
async fn python_server(authority: &Authority) -> (Child, u16) {
    authority.sign("localhost");
    let (certificate, key) = (
        authority.path("localhost.pem"),
        authority.path("localhost.key"),
    );
    let mut server = python(PYTHON, &[&certificate, &key]);
    let port = line_of(&mut server).await.parse().unwrap();
    (server, port)
}

#[tokio::test]
async fn net_061_a_client_talks_to_a_server_that_it_trusts() {
    let authority = Authority::new();
    let (_server, port) = python_server(&authority).await;
    for trusted in [authority.client(), ClientTls::danger_trusting_anybody()] {
        let mut client = ask(local(port).tls(trusted)).await;
        let connection = client.heard.connected().await;
        let secured = connection.secured().unwrap();
        assert_eq!(secured.peer_certificates.len(), 1);
        assert_eq!(secured.server_name.as_deref(), Some("localhost"));
        connection.write("hello").await.unwrap();
        assert_eq!(client.heard.read().await, "HELLO");
        connection.close();
        client.heard.reason().await;
    }
}

#[tokio::test]
async fn net_061_a_server_that_is_not_trusted_or_has_another_name_is_told() {
    let authority = Authority::new();
    let (_server, port) = python_server(&authority).await;
    let stranger = ask(local(port).tls(ClientTls::new())).await;
    let reason = stranger.insecure().await;
    assert!(reason.contains("UnknownIssuer"), "{reason}");
    let elsewhere = authority.client().server_name("elsewhere.example").unwrap();
    let mut elsewhere = ask(local(port).tls(elsewhere)).await;
    let reason = elsewhere.insecure().await;
    assert!(reason.contains("not valid for name"), "{reason}");
    assert!(elsewhere.heard.is_silent(), "it is never told as connected");
}

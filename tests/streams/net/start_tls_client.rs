//! Clients that go over from plain text to TLS, with Python as the server.

use circuits::Backoff;
use circuits::net::{
    Bytes, ClientTls, Connected, Disconnected, HandshakeFailed, Read, StartTlsError, TcpClient,
    TlsClient, TlsStarted,
};
use circuits::prelude::*;
use tokio::process::Child;
use tokio::sync::mpsc;

use super::{line_of, python};
use crate::authority::Authority;
use crate::support::soon;

/// Goes over, then says what it has to.
#[component(channel = "client")]
struct Mailer {
    told: mpsc::Sender<String>,
}

#[component]
impl Mailer {
    #[handler("connected")]
    async fn connected(&self, event: &Connected) -> circuits::Result<()> {
        assert_eq!(event.connection.secured(), None);
        Ok(event.connection.write("STARTTLS\r\n").await?)
    }

    #[handler("read")]
    fn read(&self, line: &Read) -> Result<Option<Bytes>, StartTlsError> {
        let text = String::from_utf8_lossy(&line.data).into_owned();
        let connection = &line.connection;
        let kind = connection.secured().map_or("plain", |_| "tls");
        self.tell(format!("{kind} {text}"));
        if text == "220 Go ahead" {
            connection.start_tls()?;
            // It waits until it is encrypted.
            connection.try_write("queued\r\n").unwrap();
        }
        Ok(None)
    }

    #[handler("tls_started")]
    async fn tls_started(&self, event: &TlsStarted) -> circuits::Result<()> {
        let secured = event.connection.secured().unwrap();
        assert_eq!(secured.peer_certificates.len(), 1);
        let name = secured.server_name.as_deref().unwrap();
        self.tell(format!("secured {name}"));
        Ok(event.connection.write("hello\r\n").await?)
    }

    #[handler("handshake_failed")]
    fn handshake_failed(&self, event: &HandshakeFailed) {
        assert!(event.connection.is_some());
        let reason = &event.reason;
        self.tell(format!("failed {reason}"));
    }

    #[handler("disconnected")]
    fn disconnected(&self, event: &Disconnected) {
        let reason = &event.reason;
        self.tell(format!("left {reason}"));
    }

    fn tell(&self, told: String) {
        self.told.try_send(told).expect("the test listens");
    }
}

/// A server that goes over when it is asked to, or says so only, and echoes two lines.
const PYTHON: &str = "
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1])
while True:
    plain, _ = listener.accept()
    got = b''
    while not got.endswith(b'\\n'):
        got += plain.recv(1)
    plain.sendall(sys.argv[3].encode())
    if sys.argv[4] == 'silent':
        rest = plain.recv(100000)
        print('client hello' if rest[:2] == b'\\x16\\x03' else rest)
        continue
    try:
        peer = context.wrap_socket(plain, server_side=True)
        lines = peer.makefile('rb')
        for _ in range(2):
            peer.sendall(lines.readline().upper())
        peer.unwrap()
        lines.close()
        peer.close()
    except (ssl.SSLError, OSError):
        plain.close()
";

async fn server(authority: &Authority, answer: &str, manner: &str) -> (Child, u16) {
    authority.sign("localhost");
    let (certificate, key) = (
        authority.path("localhost.pem"),
        authority.path("localhost.key"),
    );
    let mut server = python(PYTHON, &[&certificate, &key, answer, manner]);
    let port = line_of(&mut server).await.parse().unwrap();
    (server, port)
}

struct Asked {
    _system: System,
    told: mpsc::Receiver<String>,
}

async fn ask(client: TlsClient) -> Asked {
    let system = System::new();
    let (sender, told) = mpsc::channel(1000);
    system.register(Mailer { told: sender }).await.unwrap();
    system.supervise(move || client.clone()).await.unwrap();
    Asked {
        _system: system,
        told,
    }
}

impl Asked {
    async fn told(&mut self) -> String {
        soon(self.told.recv()).await.unwrap()
    }

    async fn hears(&mut self, all: &[&str]) {
        for told in all {
            assert_eq!(self.told().await, *told);
        }
    }
}

fn to(port: u16) -> TcpClient {
    TcpClient::connect(format!("localhost:{port}")).lines(100)
}

async fn goes_over_each_time() {
    let authority = Authority::new();
    // What a stranger puts behind the answer is not believed.
    let injected = "220 Go ahead\r\n250 You are root\r\n25";
    let (_server, port) = server(&authority, injected, "talks").await;
    let again = Backoff::constant(Duration::from_millis(1));
    let mut asked = ask(to(port).reconnect(again).start_tls(authority.client())).await;
    // Each connection begins in plain text.
    for _ in 0..3 {
        asked
            .hears(&[
                "plain 220 Go ahead",
                "secured localhost",
                "tls QUEUED",
                "tls HELLO",
                "left the peer has closed the connection",
            ])
            .await;
    }
}

#[tokio::test]
async fn net_062_a_client_goes_over_to_tls_on_each_of_its_connections() {
    goes_over_each_time().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn net_062_a_client_goes_over_to_tls_on_two_threads() {
    goes_over_each_time().await;
}

#[tokio::test]
async fn net_062_a_server_that_is_not_trusted_is_told_before_anything_is_said_to_it() {
    let authority = Authority::new();
    let (_server, port) = server(&authority, "220 Go ahead\r\n", "talks").await;
    let mut asked = ask(to(port).start_tls(ClientTls::new())).await;
    asked.hears(&["plain 220 Go ahead"]).await;
    let failed = asked.told().await;
    assert!(
        failed.starts_with("failed the TLS handshake failed"),
        "{failed}"
    );
    assert!(failed.contains("UnknownIssuer"), "{failed}");
    let left = asked.told().await;
    assert_eq!(left.strip_prefix("left "), failed.strip_prefix("failed "));
}

#[tokio::test]
async fn net_062_a_client_waits_for_the_handshake_as_long_as_for_connecting() {
    let authority = Authority::new();
    let (mut server, port) = server(&authority, "220 Go ahead\r\n", "silent").await;
    let limit = Duration::from_millis(300);
    let client = to(port)
        .connect_timeout(limit)
        .start_tls(authority.client());
    let mut asked = ask(client).await;
    asked
        .hears(&[
            "plain 220 Go ahead",
            "failed no TLS handshake within 300ms",
            "left no TLS handshake within 300ms",
        ])
        .await;
    // What was queued behind the command has not been sent.
    assert_eq!(line_of(&mut server).await, "client hello");
}

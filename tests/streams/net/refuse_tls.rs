//! Servers in plain text that refuse peers which speak TLS.

use std::sync::Mutex;

use circuits::net::{ClientTls, TcpClient};
use circuits::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

use super::{Served, echo, local, read, rest, serve, start};
use crate::authority::Authority;
use crate::support::{Told, listen, soon};

const REFUSED: &str = "the peer speaks TLS where plain text is expected";

fn openssl(served: &Served) -> tokio::process::Child {
    let address = served.address.to_string();
    start("openssl", &["s_client", "-quiet", "-connect", &address])
}

#[tokio::test]
async fn net_070_openssl_is_refused_by_a_server_in_plain_text() {
    for server in [local(), local().lines(100), local().half_open()] {
        let mut served = serve(server.refuse_tls()).await;
        let mut peer = openssl(&served);
        let connection = served.heard.connected().await;
        // Nothing of it was told as read.
        let left = match served.heard.told().await {
            Told::Disconnected(left, reason) => (left, reason),
            other => panic!("{other:?}"),
        };
        assert_eq!(left, (connection, REFUSED.to_owned()));
        assert!(!soon(peer.wait()).await.unwrap().success());
    }
}

#[tokio::test]
async fn net_070_a_client_that_speaks_tls_is_told_that_it_cannot() {
    let mut served = serve(local().refuse_tls()).await;
    let system = System::new();
    let mut heard = listen(&system, "client").await;
    let failed = system.on("client").wait::<circuits::net::Unreachable>();
    let tls = ClientTls::danger_trusting_anybody();
    let client = TcpClient::connect(served.address).tls(tls);
    system.supervise(move || client.clone()).await.unwrap();
    soon(failed).await.unwrap();
    assert!(heard.is_silent());
    assert_eq!(served.heard.reason().await, REFUSED);
}

#[tokio::test]
async fn net_070_tls_is_recognized_however_it_is_cut() {
    let mut served = serve(local().refuse_tls()).await;
    let mut peer = served.connect().await;
    served.heard.connected().await;
    peer.set_nodelay(true).unwrap();
    peer.write_all(b"\x16").await.unwrap();
    // Read meanwhile, and not told: it may be the first byte of more.
    let mut other = served.connect().await;
    assert_eq!(echo(&mut other, "x").await, "x");
    served.heard.connected().await;
    assert_eq!(served.heard.read().await, "x");
    assert!(served.heard.is_silent());
    peer.write_all(b"\x03\x01").await.unwrap();
    assert_eq!(served.heard.reason().await, REFUSED);
    assert_eq!(rest(&mut peer).await, "");
}

#[tokio::test]
async fn net_070_peers_in_plain_text_notice_nothing() {
    let mut served = serve(local().refuse_tls()).await;
    // Who waits to be greeted is greeted.
    let mut peer = served.connect().await;
    let connection = served.heard.connected().await;
    connection.write("hello").await.unwrap();
    assert_eq!(read(&mut peer, 5).await, "hello");
    // Only the first bytes count.
    for text in ["a", "\x16\x03\x01", "\x16", "\x03"] {
        assert_eq!(echo(&mut peer, text).await, text);
    }
    drop(peer);
    served.heard.reason().await;
    for text in ["\x16", "\x16\x04", "\x15\x03", "\n", "\x03\x16\x03"] {
        let mut peer = served.connect().await;
        served.heard.connected().await;
        peer.write_all(text.as_bytes()).await.unwrap();
        peer.shutdown().await.unwrap();
        assert_eq!(rest(&mut peer).await, text);
        let reason = served.heard.reason().await;
        assert_eq!(reason, "the peer has closed the connection", "{text:?}");
    }
}

#[tokio::test]
async fn net_070_a_server_that_does_not_refuse_tls_reads_it_as_any_bytes() {
    let mut served = serve(local()).await;
    let mut peer = served.connect().await;
    served.heard.connected().await;
    assert_eq!(echo(&mut peer, "\x16\x03\x01").await, "\x16\x03\x01");
    assert_eq!(served.heard.read().await, "\x16\x03\x01");
}

#[tokio::test]
async fn net_070_what_is_encrypted_may_begin_as_it_likes() {
    let authority = Authority::new();
    let system = System::new();
    let mut heard = listen(&system, "tcp").await;
    let listening = system.on("tcp").wait::<circuits::net::Listening>();
    let server = local().refuse_tls().tls(authority.server());
    system.supervise(move || server.clone()).await.unwrap();
    let port = soon(listening).await.unwrap().address.port();
    let client = TcpClient::connect(format!("localhost:{port}")).tls(authority.client());
    let connected = system.on("client").wait::<circuits::net::Connected>();
    system.supervise(move || client.clone()).await.unwrap();
    let connection = &soon(connected).await.unwrap().connection;
    connection.write("\x16\x03\x01").await.unwrap();
    heard.connected().await;
    assert_eq!(heard.read().await, "\x16\x03\x01");
}

#[tokio::test]
async fn net_070_a_server_that_goes_over_later_refuses_who_begins_with_tls() {
    let system = System::new();
    let mut heard = listen(&system, "tcp").await;
    let listening = system.on("tcp").wait::<circuits::net::Listening>();
    let server = local().refuse_tls().start_tls(Authority::new().server());
    system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let mut peer = soon(TcpStream::connect(address)).await.unwrap();
    heard.connected().await;
    peer.write_all(b"\x16\x03\x01").await.unwrap();
    assert!(matches!(heard.told().await, Told::Disconnected(_, reason) if reason == REFUSED));
    assert_eq!(rest(&mut peer).await, "");
}

/// Keeps what is logged at debug.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "circuits" && *metadata.level() == Level::DEBUG
    }

    fn new_span(&self, _span: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, _values: &Record<'_>) {}

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}

#[tokio::test]
async fn net_070_a_peer_that_is_refused_is_logged_with_its_address() {
    let log = Log::default();
    // Two: for one alone, the first thread that logs decides, also where nobody listens.
    let _second = Dispatch::new(Log::default());
    let _kept = tracing::subscriber::set_default(log.clone());
    let mut served = serve(local().refuse_tls()).await;
    let mut peer = served.connect().await;
    peer.write_all(b"\x16\x03\x01").await.unwrap();
    assert_eq!(served.heard.reason().await, REFUSED);
    let own = peer.local_addr().unwrap().to_string();
    let lines = log.0.lock().unwrap().join("\n");
    assert!(lines.contains(&own) && lines.contains(REFUSED), "{lines}");
}

//! TLS with peers that ask for certificates, with sessions, and at its limits.

use circuits::Options;
use circuits::net::{
    Bytes, ClientTls, Connection, Disconnected, Listening, Read, TcpClient, Unreachable,
    UnreachableReason,
};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Child;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{line_of, local, python, start};
use crate::authority::Authority;
use crate::support::{Heard, listen, soon};

/// A server of OpenSSL's that wants a certificate, and sends lines back reversed.
async fn reversing(authority: &Authority) -> (Child, u16) {
    authority.sign("localhost");
    let (certificate, key, roots) = (
        authority.path("localhost.pem"),
        authority.path("localhost.key"),
        authority.path("ca.pem"),
    );
    let options = ["s_server", "-rev", "-accept", "127.0.0.1:0"];
    let shown = ["-cert", &certificate, "-key", &key];
    let wanted = ["-Verify", "1", "-verify_return_error", "-CAfile", &roots];
    let mut server = start("openssl", &[&options[..], &shown, &wanted].concat());
    loop {
        let line = line_of(&mut server).await;
        if let Some(port) = line.strip_prefix("ACCEPT 127.0.0.1:") {
            return (server, port.parse().unwrap());
        }
    }
}

/// A server of Python's that wants a certificate, and says whose it was.
const PYTHON: &str = "
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
context.load_verify_locations(sys.argv[3])
context.verify_mode = ssl.CERT_REQUIRED
context.maximum_version = getattr(ssl.TLSVersion, sys.argv[4])
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1])
while True:
    raw, _ = listener.accept()
    try:
        peer = context.wrap_socket(raw, server_side=True)
        name = dict(pair[0] for pair in peer.getpeercert()['subject'])['commonName']
        peer.sendall((peer.version() + ' ' + name + '\\n').encode())
        peer.unwrap()
    except (ssl.SSLError, OSError) as error:
        raw.close()
";

async fn asking(authority: &Authority, version: &str) -> (Child, u16) {
    authority.sign("localhost");
    let (certificate, key, roots) = (
        authority.path("localhost.pem"),
        authority.path("localhost.key"),
        authority.path("ca.pem"),
    );
    let mut server = python(PYTHON, &[&certificate, &key, &roots, version]);
    let port = line_of(&mut server).await.parse().unwrap();
    (server, port)
}

/// A client, and what it tells.
struct Asked {
    _system: System,
    heard: Heard,
    probe: Probe,
}

async fn ask(client: TcpClient, tls: ClientTls) -> Asked {
    let system = System::with(Options::new());
    let heard = listen(&system, "client").await;
    let probe = Probe::on(&system, "client").await.unwrap();
    let client = client.lines(1000).tls(tls);
    system.supervise(move || client.clone()).await.unwrap();
    Asked {
        _system: system,
        heard,
        probe,
    }
}

fn to(port: u16) -> TcpClient {
    TcpClient::connect(format!("localhost:{port}"))
}

#[tokio::test]
async fn net_061_openssl_takes_the_certificate_of_a_client_and_refuses_who_shows_none() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("somebody");
    let (_server, port) = reversing(&authority).await;
    let shown = authority.client().certificate(&certificate, &key).unwrap();
    let mut client = ask(to(port), shown).await;
    let connection = client.heard.connected().await;
    connection.write("hello\n").await.unwrap();
    assert_eq!(client.heard.read().await, "olleh");
    connection.close();
    client.heard.reason().await;
    // In TLS 1.3, a server refuses when the client has done its part.
    let mut nobody = ask(to(port), authority.client()).await;
    nobody.heard.connected().await;
    let reason = nobody.heard.reason().await.to_lowercase();
    assert!(reason.starts_with("the connection failed"), "{reason}");
    assert!(reason.contains("certificate"), "{reason}");
}

#[tokio::test]
async fn net_061_python_takes_the_certificate_of_a_client_in_both_versions() {
    let authority = Authority::new();
    let (certificate, key) = authority.sign("somebody");
    let shown = authority.client().certificate(&certificate, &key).unwrap();
    for (version, said) in [("TLSv1_2", "TLSv1.2"), ("TLSv1_3", "TLSv1.3")] {
        let (_server, port) = asking(&authority, version).await;
        let mut client = ask(to(port), shown.clone()).await;
        client.heard.connected().await;
        assert_eq!(client.heard.read().await, format!("{said} somebody"));
        // Signed by somebody else, it is as none.
        let other = Authority::new();
        let (certificate, key) = other.sign("somebody");
        let wrong = authority.client().certificate(&certificate, &key).unwrap();
        let mut wrong = ask(to(port), wrong).await;
        if version == "TLSv1_3" {
            wrong.heard.connected().await;
            let reason = wrong.heard.reason().await;
            assert!(reason.starts_with("the connection failed"), "{reason}");
        } else {
            let told = wrong.probe.expect::<Unreachable>();
            let told = told.within(Duration::from_secs(10)).await.unwrap();
            assert!(matches!(told.reason, UnreachableReason::Insecure(_)));
            assert!(wrong.heard.is_silent(), "it is never told as connected");
        }
    }
}

/// Counts what its peer says in secret.
#[component]
struct Session {
    count: u32,
    told: mpsc::Sender<String>,
}

#[component]
impl Session {
    #[handler("read")]
    fn read(&mut self, line: &Read) -> Bytes {
        assert!(line.data != "crash", "as told");
        self.count += 1;
        let secured = line.connection.secured().unwrap();
        let name = secured.server_name.as_deref().unwrap();
        format!("{name} {}\n", self.count).into()
    }

    #[handler("disconnected")]
    fn disconnected(&mut self, event: &Disconnected) {
        let told = format!("{} {}", self.count, event.reason);
        self.told.try_send(told).expect("the test listens");
    }
}

async fn say(peer: &mut Child, text: &str) {
    let input = peer.stdin.as_mut().unwrap();
    soon(input.write_all(text.as_bytes())).await.unwrap();
}

async fn sessions() {
    let authority = Authority::new();
    let system = System::new();
    let (sender, mut told) = mpsc::channel(100);
    let server = local().lines(100).tls(authority.server());
    let server = server.per_connection(move |_: &Connection| Session {
        count: 0,
        told: sender.clone(),
    });
    let listening = system.on("tcp").wait::<Listening>();
    let server = system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address.to_string();
    let asked = ["s_client", "-quiet", "-servername", "localhost", "-connect"];
    let peer = || start("openssl", &[&asked[..], &[&address]].concat());
    let (mut one, mut two) = (peer(), peer());
    for count in 1..=3 {
        say(&mut one, "x\n").await;
        assert_eq!(line_of(&mut one).await, format!("localhost {count}"));
    }
    say(&mut two, "x\n").await;
    assert_eq!(line_of(&mut two).await, "localhost 1");
    // One that crashes ends its own connection, and no other.
    say(&mut one, "crash\n").await;
    soon(one.wait()).await.unwrap();
    say(&mut two, "x\n").await;
    assert_eq!(line_of(&mut two).await, "localhost 2");
    soon(server.drain()).await;
    assert_eq!(
        soon(told.recv()).await.unwrap(),
        "2 its component has stopped"
    );
    soon(two.wait()).await.unwrap();
}

#[tokio::test]
async fn net_060_each_connection_has_a_component_of_its_own_in_secret() {
    sessions().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn net_060_each_connection_has_a_component_of_its_own_on_two_threads() {
    sessions().await;
}

/// Begins its handshake, and goes on with it when it gets a line.
const HALF: &str = "
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
peer = context.wrap_bio(inward, outward, server_hostname='localhost')
raw = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
def step():
    try:
        peer.do_handshake()
        return True
    except ssl.SSLWantReadError:
        return False
    except ssl.SSLError:
        print('failed')
        sys.exit()
step()
hello = outward.read()
raw.sendall(hello[:20])
print('half')
sys.stdin.readline()
raw.sendall(hello[20:])
while True:
    inward.write(raw.recv(65536))
    is_done = step()
    raw.sendall(outward.read())
    if is_done:
        break
print('agreed')
";

#[tokio::test]
async fn net_060_a_handshake_that_has_begun_ends_with_the_certificate_of_its_begin() {
    let (old, new) = (Authority::new(), Authority::new());
    let system = System::new();
    let mut heard = listen(&system, "tcp").await;
    let tls = old.server();
    let server = local().tls(tls.clone());
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(move || server.clone()).await.unwrap();
    let port = soon(listening).await.unwrap().address.port();
    let (at, roots) = (port.to_string(), old.path("ca.pem"));
    let mut begun = python(HALF, &[&at, &roots]);
    assert_eq!(line_of(&mut begun).await, "half");
    // Accepted later: so the other one's handshake has begun.
    let mut later = ask(to(port), old.client()).await;
    later.heard.connected().await;
    heard.connected().await;
    tls.replace(&new.server());
    say(&mut begun, "\n").await;
    assert_eq!(line_of(&mut begun).await, "agreed");
    heard.connected().await;
    // Who comes now sees the new one.
    let mut late = python(HALF, &[&at, &roots]);
    assert_eq!(line_of(&mut late).await, "half");
    say(&mut late, "\n").await;
    assert_eq!(line_of(&mut late).await, "failed");
}

/// Accepted by the system, and by nobody else: so it waits for the handshake.
#[tokio::test(start_paused = true)]
async fn net_061_a_handshake_that_is_not_answered_ends_with_the_connect_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let limit = Duration::from_secs(3);
    let begun = Instant::now();
    let tls = ClientTls::danger_trusting_anybody();
    let client = TcpClient::connect(format!("127.0.0.1:{port}"));
    let mut client = ask(client.connect_timeout(limit), tls).await;
    let told = client.probe.expect::<Unreachable>();
    let told = told.within(Duration::from_secs(10)).await.unwrap();
    assert_eq!(told.reason.to_string(), "no answer within 3s");
    let taken = begun.elapsed();
    // Timers count in milliseconds.
    assert!(
        taken >= limit && taken <= limit + Duration::from_millis(2),
        "{taken:?}"
    );
    assert!(client.heard.is_silent());
}

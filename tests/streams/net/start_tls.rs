//! Servers that go over from plain text to TLS, with OpenSSL and Python as peers.

use std::net::SocketAddr;
use std::process::Stdio;

use circuits::net::{
    Bytes, Connected, Connection, Disconnected, HandshakeFailed, HandshakeReason, Listening, Read,
    ServerTls, StartTlsError, TcpServer, TlsServer, TlsStarted, Write,
};
use circuits::prelude::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::{line_of, local, python, read, rest};
use crate::authority::Authority;
use crate::support::soon;

/// Talks a little SMTP, and tells what it hears.
#[component]
struct Mail {
    told: mpsc::Sender<String>,
    /// What it writes behind the command, by its connection and by an event.
    behind: bool,
}

#[component]
impl Mail {
    #[handler("connected")]
    async fn connected(&self, event: &Connected) -> circuits::Result<()> {
        assert_eq!(event.connection.secured(), None);
        self.tell("connected".to_owned());
        Ok(event.connection.write("220 Ready\r\n").await?)
    }

    #[handler("read")]
    fn read(&self, line: &Read, cx: &Context<Self>) -> Bytes {
        let text = String::from_utf8_lossy(&line.data).into_owned();
        self.tell(format!("read {text}"));
        let connection = &line.connection;
        let words = text.split(' ').next().unwrap_or_default();
        match words.to_ascii_uppercase().as_str() {
            "EHLO" => "250-localhost\r\n250 STARTTLS\r\n".into(),
            "STARTTLS" => match connection.start_tls() {
                Ok(()) => {
                    // A second time it is an error, and nothing else.
                    assert_eq!(connection.start_tls(), Err(StartTlsError::Started));
                    if self.behind {
                        connection.try_write("300 queued\r\n").unwrap();
                        cx.on("tcp").fire(Write::to(connection, "301 fired\r\n"));
                    }
                    "220 Go ahead\r\n".into()
                }
                Err(error) => format!("454 {error}\r\n").into(),
            },
            "QUIT" => {
                connection.close();
                "221 Bye\r\n".into()
            }
            _ => {
                let kind = connection.secured().map_or("plain", |_| "secured");
                format!("250 {kind} {text}\r\n").into()
            }
        }
    }

    #[handler("tls_started")]
    fn tls_started(&self, event: &TlsStarted) {
        let secured = event.connection.secured().unwrap();
        let name = secured.server_name.as_deref().unwrap_or("-");
        self.tell(format!("secured {name}"));
    }

    #[handler("handshake_failed")]
    fn handshake_failed(&self, event: &HandshakeFailed) {
        let connection = event.connection.as_ref().unwrap();
        assert_eq!(*connection.peer(), event.peer);
        assert_eq!(connection.secured(), None);
        let kind = match event.reason {
            HandshakeReason::TimedOut(_) => "late",
            _ => "failed",
        };
        self.tell(kind.to_owned());
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

struct Served {
    system: System,
    server: Option<Address<TlsServer>>,
    address: SocketAddr,
    told: mpsc::Receiver<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Events,
    Sessions,
}

const BOTH: [Style; 2] = [Style::Events, Style::Sessions];

async fn serve_as(style: Style, server: TlsServer, behind: bool) -> Served {
    let system = System::new();
    let (sender, told) = mpsc::channel(1000);
    let mail = move || Mail {
        told: sender.clone(),
        behind,
    };
    let listening = system.on("tcp").wait::<Listening>();
    let server = match style {
        Style::Events => {
            system.register(mail()).channel("tcp").await.unwrap();
            let started = system.supervise(move || server.clone()).await;
            Some(started.unwrap())
        }
        Style::Sessions => {
            let server = server.per_connection(move |_: &Connection| mail());
            system.supervise(move || server.clone()).await.unwrap();
            None
        }
    };
    let address = soon(listening).await.unwrap().address;
    Served {
        system,
        server,
        address,
        told,
    }
}

async fn serve(tls: ServerTls) -> Served {
    serve_as(Style::Events, lines().start_tls(tls), false).await
}

fn lines() -> TcpServer {
    local().lines(1000)
}

impl Served {
    async fn told(&mut self) -> String {
        soon(self.told.recv()).await.expect("the mail lives")
    }

    /// Returns all that is told, up to the end of the connection.
    async fn all(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        while !all
            .last()
            .is_some_and(|told: &String| told.starts_with("left "))
        {
            all.push(self.told().await);
        }
        all
    }

    /// Connects, and says that it is about to begin with TLS.
    async fn about_to(&mut self) -> TcpStream {
        let mut peer = soon(TcpStream::connect(self.address)).await.unwrap();
        peer.write_all(b"STARTTLS\r\n").await.unwrap();
        assert_eq!(read(&mut peer, 25).await, "220 Ready\r\n220 Go ahead\r\n");
        assert_eq!(self.told().await, "connected");
        assert_eq!(self.told().await, "read STARTTLS");
        peer
    }

    fn openssl(&self, authority: &Authority) -> Child {
        let (address, roots) = (self.address.to_string(), authority.path("ca.pem"));
        Command::new("openssl")
            .args(["s_client", "-quiet", "-starttls", "smtp", "-name", "me"])
            .args(["-connect", &address, "-servername", "localhost"])
            .args(["-CAfile", &roots, "-verify_return_error"])
            .args(["-verify_hostname", "localhost"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}

async fn openssl_goes_over(style: Style) {
    let authority = Authority::new();
    let server = lines().start_tls(authority.server());
    let mut served = serve_as(style, server, false).await;
    let mut peer = served.openssl(&authority);
    let mut input = peer.stdin.take().unwrap();
    for told in [
        "connected",
        "read EHLO me",
        "read STARTTLS",
        "secured localhost",
    ] {
        assert_eq!(served.told().await, told);
    }
    for text in ["hello", "STARTTLS now"] {
        soon(input.write_all(format!("{text}\r\n").as_bytes()))
            .await
            .unwrap();
        assert_eq!(served.told().await, format!("read {text}"));
    }
    assert_eq!(line_of(&mut peer).await, "250 secured hello");
    let again = line_of(&mut peer).await;
    assert_eq!(again, "454 TLS was started on the connection before");
    soon(input.write_all(b"QUIT\r\n")).await.unwrap();
    assert_eq!(line_of(&mut peer).await, "221 Bye");
    soon(peer.wait()).await.unwrap();
    assert_eq!(served.told().await, "read QUIT");
    let left = served.told().await;
    assert_eq!(left, "left a component closed the connection");
}

#[tokio::test]
async fn net_062_openssl_goes_over_to_tls_on_a_server_that_tells_by_events() {
    openssl_goes_over(Style::Events).await;
}

#[tokio::test]
async fn net_062_openssl_goes_over_to_tls_in_a_session() {
    openssl_goes_over(Style::Sessions).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn net_062_openssl_goes_over_to_tls_on_two_threads() {
    for style in BOTH {
        openssl_goes_over(style).await;
    }
}

/// Says the first argument in plain text, goes over, says the second, and prints the
/// lines that come, as many as the third says, and how each came.
const PYTHON: &str = "
import socket, ssl, sys
plain = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
def line(peer):
    got = b''
    while not got.endswith(b'\\n'):
        byte = peer.recv(1)
        if not byte:
            sys.exit('the end')
        got += byte
    return got.decode().strip()
print('plain', line(plain))
plain.sendall(sys.argv[2].encode())
print('plain', line(plain))
context = ssl.create_default_context(cafile=sys.argv[5])
try:
    peer = context.wrap_socket(plain, server_hostname='localhost')
except (ssl.SSLError, OSError) as error:
    print('failed')
    sys.exit()
peer.sendall(sys.argv[3].encode())
for _ in range(int(sys.argv[4])):
    print('tls', line(peer))
try:
    peer.unwrap()
except (ssl.SSLError, OSError):
    pass
";

fn ask(served: &Served, authority: &Authority, plain: &str, secret: &str, lines: &str) -> Child {
    let port = served.address.port().to_string();
    let roots = authority.path("ca.pem");
    python(PYTHON, &[&port, plain, secret, lines, &roots])
}

#[tokio::test]
async fn net_062_what_is_sent_behind_the_command_in_plain_text_is_thrown_away() {
    let authority = Authority::new();
    for style in BOTH {
        let server = lines().start_tls(authority.server());
        let mut served = serve_as(style, server, false).await;
        let injected = "STARTTLS\r\nRCPT TO:<evil>\r\nDAT";
        let mut peer = ask(&served, &authority, injected, "A\r\nB\r\n", "2");
        assert_eq!(line_of(&mut peer).await, "plain 220 Ready");
        assert_eq!(line_of(&mut peer).await, "plain 220 Go ahead");
        assert_eq!(line_of(&mut peer).await, "tls 250 secured A");
        assert_eq!(line_of(&mut peer).await, "tls 250 secured B");
        let left = "left the peer has closed the connection";
        let told = [
            "connected",
            "read STARTTLS",
            "secured localhost",
            "read A",
            "read B",
            left,
        ];
        assert_eq!(served.all().await, told);
    }
}

#[tokio::test]
async fn net_062_plain_text_that_is_not_read_with_the_command_fails_the_handshake() {
    let authority = Authority::new();
    for style in BOTH {
        // The rest is in the socket still when the handler is asked.
        let server = lines().read_size(10).start_tls(authority.server());
        let mut served = serve_as(style, server, false).await;
        let injected = "STARTTLS\r\nRCPT TO:<evil>\r\n";
        let mut peer = ask(&served, &authority, injected, "A\r\n", "1");
        assert_eq!(line_of(&mut peer).await, "plain 220 Ready");
        assert_eq!(line_of(&mut peer).await, "plain 220 Go ahead");
        assert_eq!(line_of(&mut peer).await, "failed");
        let mut told = served.all().await;
        let left = told.pop().unwrap();
        assert!(left.starts_with("left the TLS handshake failed"), "{left}");
        assert_eq!(told, ["connected", "read STARTTLS", "failed"]);
    }
}

#[tokio::test]
async fn net_062_what_is_queued_behind_the_command_waits_and_is_encrypted() {
    let authority = Authority::new();
    // However little the queue takes: the reply does not wait for what is held.
    for queue in [256 * 1024, 0] {
        let server = lines().write_queue(queue).start_tls(authority.server());
        let mut served = serve_as(Style::Events, server, true).await;
        let mut peer = ask(&served, &authority, "STARTTLS\r\n", "A\r\n", "3");
        let mut lines = Vec::new();
        for _ in 0..5 {
            lines.push(line_of(&mut peer).await);
        }
        assert_eq!(
            lines[..3],
            ["plain 220 Ready", "plain 220 Go ahead", "tls 300 queued"]
        );
        lines[3..].sort();
        assert_eq!(lines[3..], ["tls 250 secured A", "tls 301 fired"]);
        served.all().await;
    }
}

#[tokio::test]
async fn net_062_a_handshake_that_never_comes_ends_in_time() {
    let limit = Duration::from_millis(50);
    let tls = Authority::new().server().handshake_timeout(limit);
    for style in BOTH {
        let mut served = serve_as(style, lines().start_tls(tls.clone()), false).await;
        let mut peer = served.about_to().await;
        assert_eq!(served.told().await, "late");
        assert_eq!(served.told().await, "left no TLS handshake within 50ms");
        assert_eq!(rest(&mut peer).await, "");
    }
}

#[tokio::test]
async fn net_062_a_peer_that_goes_on_in_plain_text_or_leaves_is_told_as_failed() {
    let mut served = serve(Authority::new().server()).await;
    for words in ["MAIL FROM:<me>\r\n", ""] {
        let mut peer = served.about_to().await;
        peer.write_all(words.as_bytes()).await.unwrap();
        peer.shutdown().await.unwrap();
        assert_eq!(served.told().await, "failed");
        let left = served.told().await;
        assert!(left.starts_with("left the TLS handshake failed"), "{left}");
    }
}

#[tokio::test]
async fn net_062_a_server_that_ends_does_not_wait_for_the_handshake() {
    for is_killed in [false, true] {
        let mut served = serve(Authority::new().server()).await;
        let mut peer = served.about_to().await;
        let server = served.server.take().unwrap();
        let left = if is_killed {
            server.kill();
            "left its component was killed or crashed"
        } else {
            soon(server.drain()).await;
            "left its component has stopped"
        };
        assert_eq!(served.told().await, left);
        assert_eq!(rest(&mut peer).await, "");
    }
}

#[tokio::test]
async fn net_062_a_connection_that_is_closed_does_not_wait_for_the_handshake() {
    let mut served = serve(Authority::new().server()).await;
    let connected = served.system.on("tcp").wait::<Connected>();
    let mut peer = served.about_to().await;
    // It has read the last words in plain text, so nothing is left to do but this.
    assert!(soon(connected).await.unwrap().connection.close());
    let left = served.told().await;
    assert_eq!(left, "left a component closed the connection");
    assert_eq!(rest(&mut peer).await, "");
}

/// Does to its connection what it is told, and tells what comes of it.
#[component(channel = "tcp")]
struct Hand {
    told: mpsc::Sender<(Connection, Result<(), StartTlsError>)>,
}

#[component]
impl Hand {
    #[handler("read")]
    fn read(&self, event: &Read) -> Option<Bytes> {
        let connection = event.connection.clone();
        match &event.data[..] {
            b"finish" => drop(connection.finish()),
            b"close" => drop(connection.close()),
            _ => {}
        }
        let started = connection.start_tls();
        self.told.try_send((connection, started)).unwrap();
        None
    }
}

/// Starts a server, and returns where it listens and what its hand tells.
async fn hand(
    system: &System,
    server: impl Fn() -> TlsServer + Send + Sync + 'static,
) -> (
    SocketAddr,
    mpsc::Receiver<(Connection, Result<(), StartTlsError>)>,
) {
    let (sender, told) = mpsc::channel(10);
    system.register(Hand { told: sender }).await.unwrap();
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(server).await.unwrap();
    (soon(listening).await.unwrap().address, told)
}

#[tokio::test]
async fn net_062_a_connection_that_ends_does_not_go_over() {
    let system = System::new();
    let tls = Authority::new().server();
    let (address, mut told) = hand(&system, move || lines().start_tls(tls.clone())).await;
    for (word, expected) in [
        ("finish\n", Err(StartTlsError::Ended)),
        ("close\n", Err(StartTlsError::Ended)),
        ("start\n", Ok(())),
    ] {
        let mut peer = soon(TcpStream::connect(address)).await.unwrap();
        peer.write_all(word.as_bytes()).await.unwrap();
        let (connection, started) = soon(told.recv()).await.unwrap();
        assert_eq!(started, expected, "{word}");
        // It is in its handshake now, or about to end: both can be broken off.
        connection
            .try_write("nobody reads that")
            .unwrap_or_default();
        connection.close();
        assert_eq!(rest(&mut peer).await, "");
        soon(connection.ended()).await;
        assert_eq!(connection.start_tls(), Err(StartTlsError::Ended));
        assert_eq!(connection.secured(), None);
    }
}

#[tokio::test]
async fn net_062_without_a_configuration_there_is_no_tls() {
    let system = System::new();
    let (sender, mut told) = mpsc::channel(10);
    system.register(Hand { told: sender }).await.unwrap();
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(|| local().lines(10)).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let mut peer = soon(TcpStream::connect(address)).await.unwrap();
    peer.write_all(b"start\n").await.unwrap();
    let (connection, started) = soon(told.recv()).await.unwrap();
    assert_eq!(started, Err(StartTlsError::NotConfigured));
    let said = started.unwrap_err().to_string();
    assert!(said.contains("`start_tls`"), "{said}");
    // It goes on as if nothing had been.
    connection.write("plain").await.unwrap();
    assert_eq!(read(&mut peer, 5).await, "plain");
}

//! The TCP server, with real sockets.

mod ends;

use std::future::Future;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use circuits::Options;
use circuits::net::{
    Bytes, Close, Connected, Connection, Disconnected, Listening, Read, Refused, TcpServer, Write,
};
use circuits::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};

/// Tells what happens, and answers each piece with itself in brackets.
#[component(channel = "tcp")]
struct Talker {
    told: mpsc::Sender<Told>,
    /// One permit for each piece that may be answered.
    gate: Arc<Semaphore>,
}

#[derive(Debug)]
enum Told {
    Connected(Connection),
    Read(Connection, Bytes),
    Disconnected(Connection, String),
    Refused(u64),
}

#[component]
impl Talker {
    #[handler("connected")]
    fn connected(&self, event: &Connected) {
        self.tell(Told::Connected(event.connection.clone()));
    }

    #[handler("read")]
    async fn read(&self, event: &Read, cx: &Context<Self>) -> Option<Bytes> {
        self.tell(Told::Read(event.connection.clone(), event.data.clone()));
        assert!(*event.data != b"poison"[..], "poisonous");
        self.gate.acquire().await.expect("never closed").forget();
        if event.data.starts_with(b"later") {
            let written = cx.call(Write::to(&event.connection, "[by event]\n")).await;
            assert!(written.expect("the server handles it"));
            return None;
        }
        Some([b"[", &*event.data, b"]\n"].concat().into())
    }

    #[handler("disconnected")]
    fn disconnected(&self, event: &Disconnected) {
        self.tell(Told::Disconnected(
            event.connection.clone(),
            event.reason.to_string(),
        ));
    }

    #[handler("refused")]
    fn refused(&self, event: &Refused) {
        self.tell(Told::Refused(event.count));
    }

    fn tell(&self, told: Told) {
        self.told.try_send(told).expect("the test listens");
    }
}

struct Served {
    system: System,
    server: Address<TcpServer>,
    address: SocketAddr,
    told: mpsc::Receiver<Told>,
    gate: Arc<Semaphore>,
}

async fn serve(server: TcpServer) -> Served {
    let served = serve_closed(server).await;
    served.gate.add_permits(1_000_000);
    served
}

/// Serves with a handler that answers nothing until the gate has permits.
async fn serve_closed(server: TcpServer) -> Served {
    let system = System::with(Options::new().max_restarts(10));
    let (sender, told) = mpsc::channel(100_000);
    let gate = Arc::new(Semaphore::new(0));
    let opened = gate.clone();
    let talker = move || Talker {
        told: sender.clone(),
        gate: opened.clone(),
    };
    system.supervise(talker).named("talker").await.unwrap();
    let listening = system.on("tcp").wait::<Listening>();
    let server = system.supervise(move || server.clone()).named("server");
    let server = server.await.unwrap();
    let address = listening.await.unwrap().address;
    Served {
        system,
        server,
        address,
        told,
        gate,
    }
}

impl Served {
    async fn connect(&self) -> BufReader<TcpStream> {
        BufReader::new(soon(TcpStream::connect(self.address)).await.unwrap())
    }

    async fn told(&mut self) -> Told {
        soon(self.told.recv()).await.unwrap()
    }

    /// Passes over what else is told until a connection has ended.
    async fn left(&mut self) -> (Connection, String) {
        loop {
            if let Told::Disconnected(connection, reason) = self.told().await {
                return (connection, reason);
            }
        }
    }

    async fn reason(&mut self) -> String {
        self.left().await.1
    }

    async fn connected(&mut self) -> Connection {
        match self.told().await {
            Told::Connected(connection) => connection,
            other => panic!("{other:?}"),
        }
    }
}

/// Bounds a wait, so that what hangs fails.
async fn soon<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.expect("in time")
}

fn local() -> TcpServer {
    TcpServer::bind("127.0.0.1:0")
}

async fn send(peer: &mut BufReader<TcpStream>, text: impl AsRef<[u8]>) {
    soon(peer.write_all(text.as_ref())).await.unwrap();
}

async fn line(peer: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    soon(peer.read_line(&mut line)).await.unwrap();
    line
}

async fn ask(peer: &mut BufReader<TcpStream>, text: &str) -> String {
    send(peer, format!("{text}\n")).await;
    line(peer).await
}

async fn is_closed(peer: &mut BufReader<TcpStream>) -> bool {
    matches!(soon(peer.read(&mut [0])).await, Ok(0) | Err(_))
}

async fn answers_lines_in_order() {
    let mut served = serve(local().lines(100)).await;
    let mut peer = served.connect().await;
    let text: String = (0..1000).map(|n| format!("{n}\r\n")).collect();
    send(&mut peer, text + "\nlast").await;
    peer.get_mut().shutdown().await.unwrap();
    for n in 0..1000 {
        assert_eq!(line(&mut peer).await, format!("[{n}]\n"));
    }
    assert_eq!(line(&mut peer).await, "[]\n");
    assert_eq!(line(&mut peer).await, "[last]\n");
    assert!(is_closed(&mut peer).await);
    let connection = served.connected().await;
    for n in 0..1000 {
        match served.told().await {
            Told::Read(from, data) => {
                assert_eq!((from, data), (connection.clone(), n.to_string().into()))
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(served.reason().await, "the peer has closed the connection");
    served.server.stop().await;
}

#[tokio::test]
async fn lines_of_one_peer_are_handled_and_answered_in_order() {
    answers_lines_in_order().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_of_one_peer_are_handled_and_answered_in_order_on_two_threads() {
    answers_lines_in_order().await;
}

#[tokio::test]
async fn without_lines_pieces_are_handed_out_as_they_come() {
    let mut served = serve(local().read_size(4)).await;
    let mut peer = served.connect().await;
    send(&mut peer, "ab\ncdefghi").await;
    let mut all = Vec::new();
    served.connected().await;
    while all.len() < 10 {
        match served.told().await {
            Told::Read(_, data) if data.len() <= 4 => all.extend_from_slice(&data),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(all, b"ab\ncdefghi");
}

#[tokio::test]
async fn a_peer_is_not_read_while_its_handler_is_behind_and_others_are() {
    const SENT: usize = 64 * 1024 * 1024;
    let mut served = serve_closed(local()).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(64 * 1024).unwrap();
    let pusher = socket.connect(served.address).await.unwrap();
    let (mut source, mut sink) = pusher.into_split();
    served.connected().await;
    let push = tokio::spawn(async move {
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..SENT / piece.len() {
            sink.write_all(&piece).await.unwrap();
        }
        sink
    });
    assert!(matches!(served.told().await, Told::Read(_, data) if data.len() <= 8192));
    // A second peer is read meanwhile, and the first is not.
    let mut other = served.connect().await;
    served.connected().await;
    send(&mut other, "hello").await;
    assert!(matches!(served.told().await, Told::Read(_, data) if data == "hello"));
    assert!(served.told.is_empty());
    assert!(!push.is_finished());
    // Of what it gets back as well, nothing is lost.
    served.gate.add_permits(1_000_000);
    let got = tokio::spawn(async move {
        let (mut got, mut buffer) = (0, vec![0; 64 * 1024]);
        while got < SENT {
            let read = source.read(&mut buffer).await.unwrap();
            got += buffer[..read].iter().filter(|byte| **byte == b'x').count();
        }
        got
    });
    let _sink = soon(push).await.unwrap();
    assert_eq!(soon(got).await.unwrap(), SENT);
}

#[tokio::test]
async fn components_write_to_and_close_connections() {
    let mut served = serve(local()).await;
    let mut peer = served.connect().await;
    let connection = served.connected().await;
    for number in 0..500 {
        let write = Write::to(&connection, format!("{number}\n"));
        served.system.on("tcp").fire(write).await;
    }
    let close = Close::of(&connection);
    assert!(
        soon(served.system.on("tcp").call(close.clone()))
            .await
            .unwrap()
    );
    for number in 0..500 {
        assert_eq!(line(&mut peer).await, format!("{number}\n"));
    }
    assert!(is_closed(&mut peer).await);
    let reason = "a component closed the connection".to_owned();
    assert_eq!(served.left().await, (connection.clone(), reason));
    let late = served.system.on("tcp").call(Write::to(&connection, "late"));
    assert!(!soon(late).await.unwrap());
    assert!(!soon(served.system.on("tcp").call(close)).await.unwrap());
}

#[tokio::test]
async fn an_endless_line_is_refused_and_others_go_on() {
    let mut served = serve(local().lines(1000)).await;
    let mut good = served.connect().await;
    assert_eq!(ask(&mut good, "before").await, "[before]\n");
    let mut bad = served.connect().await;
    send(&mut bad, "fine\n").await;
    let endless = tokio::spawn(async move {
        let piece = [b'x'; 4096];
        while bad.get_mut().write_all(&piece).await.is_ok() {}
        line_or_nothing(bad).await
    });
    assert_eq!(served.reason().await, "a line is longer than 1000 bytes");
    soon(endless).await.unwrap();
    let longest = "y".repeat(1000);
    assert_eq!(ask(&mut good, &longest).await, format!("[{longest}]\n"));
    let mut late = served.connect().await;
    send(&mut late, "fine\n".to_owned() + &"x".repeat(1001) + "\n").await;
    assert_eq!(line(&mut late).await, "[fine]\n");
    assert!(is_closed(&mut late).await);
}

/// What a peer that was reset still gets is the system's to say.
async fn line_or_nothing(mut peer: BufReader<TcpStream>) {
    let _ = peer.read_line(&mut String::new()).await;
}

#[tokio::test]
async fn an_idle_peer_is_disconnected() {
    let mut served = serve(local().idle_timeout(Duration::from_millis(100))).await;
    let mut peer = served.connect().await;
    assert!(is_closed(&mut peer).await);
    assert_eq!(served.reason().await, "the peer sent nothing for 100ms");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_disconnected_and_others_go_on() {
    let limit = Duration::from_millis(200);
    let mut served = serve(local().write_timeout(limit).write_queue(1000)).await;
    let mut other = served.connect().await;
    served.connected().await;
    let _deaf = served.connect().await;
    let connection = served.connected().await;
    let system = served.system.clone();
    let writer = tokio::spawn(async move {
        let data = Bytes::from(vec![0; 1024 * 1024]);
        let mut written = 0;
        loop {
            match system
                .on("tcp")
                .call(Write::to(&connection, data.clone()))
                .await
            {
                Ok(true) => written += 1,
                ended => return (written, ended),
            }
        }
    });
    assert_eq!(ask(&mut other, "hello").await, "[hello\n");
    assert_eq!(served.reason().await, "the peer took nothing for 200ms");
    let (written, ended) = soon(writer).await.unwrap();
    assert!(written < 100, "{written} MiB were taken from the writer");
    assert!(!ended.unwrap());
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_answer_and_no_connection() {
    let mut served = serve(local().lines(100)).await;
    let mut peer = served.connect().await;
    send(&mut peer, "one\npoison\ntwo\n").await;
    assert_eq!(line(&mut peer).await, "[one]\n");
    assert_eq!(line(&mut peer).await, "[two]\n");
    served.connected().await;
    assert_eq!(served.system.restarts(), 1);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_and_told() {
    let mut served = serve(local().max_connections(2).lines(10)).await;
    let (mut first, second) = (served.connect().await, served.connect().await);
    served.connected().await;
    served.connected().await;
    for count in 1..=3 {
        assert!(is_closed(&mut served.connect().await).await);
        assert!(matches!(served.told().await, Told::Refused(n) if n == count));
    }
    assert_eq!(ask(&mut first, "hi").await, "[hi]\n");
    drop(second);
    served.reason().await;
    // Its task ends just after it has told.
    let mut third = loop {
        let mut peer = served.connect().await;
        if let Told::Connected(_) = served.told().await {
            break peer;
        }
        assert!(is_closed(&mut peer).await);
    };
    assert_eq!(ask(&mut third, "hi").await, "[hi]\n");
}

#[tokio::test]
async fn nc_gets_its_answers() {
    let served = serve(local().lines(100)).await;
    let mut nc = Command::new("nc")
        .args(["-N", "127.0.0.1", &served.address.port().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("`nc` is missing: apt-get install netcat-openbsd");
    let mut input = nc.stdin.take().unwrap();
    input.write_all(b"hello\nworld").await.unwrap();
    drop(input);
    let output = soon(nc.wait_with_output()).await.unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "[hello]\n[world]\n"
    );
}

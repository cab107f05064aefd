//! Servers with a component for each connection.

use circuits::event::Stopped;
use circuits::net::{
    Bytes, Connected, Connection, Disconnected, Listening, ListeningAt, Read, TcpServer,
    TcpSessions, UnixServer,
};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;

use super::{echo, local, read, rest};
use crate::folder::Folder;
use crate::support::soon;

/// Counts what it hears, and tells what becomes of it.
#[component]
struct Session {
    connection: Connection,
    count: u32,
    told: mpsc::Sender<String>,
}

#[component]
impl Session {
    #[handler("connected")]
    async fn connected(&mut self, event: &Connected) -> circuits::Result<()> {
        assert_eq!(event.connection, self.connection);
        self.tell("connected");
        Ok(self.connection.write("Ready\n").await?)
    }

    #[handler("read")]
    fn read(&mut self, event: &Read, cx: &Context<Self>) -> Bytes {
        self.count += 1;
        match &event.data[..] {
            b"crash" => panic!("as told"),
            b"leave" => cx.stop(),
            _ => {}
        }
        format!("{}\n", self.count).into()
    }

    #[handler("disconnected")]
    fn disconnected(&mut self, event: &Disconnected) {
        self.tell(&event.reason.to_string());
    }

    #[handler("stopped")]
    fn stopped(&mut self, _event: &Stopped) {
        self.tell("stopped");
    }

    fn tell(&self, what: &str) {
        let told = format!("{} {what}", self.count);
        self.told.try_send(told).expect("the test listens");
    }
}

struct Served {
    system: System,
    server: Address<TcpSessions<Session>>,
    address: std::net::SocketAddr,
    told: mpsc::Receiver<String>,
}

async fn serve(server: TcpServer) -> Served {
    let system = System::new();
    let (sender, told) = mpsc::channel(1000);
    let make = move |connection: &Connection| Session {
        connection: connection.clone(),
        count: 0,
        told: sender.clone(),
    };
    let server = server.per_connection(make);
    let listening = system.on("tcp").wait::<Listening>();
    let server = system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    Served {
        system,
        server,
        address,
        told,
    }
}

impl Served {
    async fn connect(&mut self) -> TcpStream {
        let mut peer = soon(TcpStream::connect(self.address)).await.unwrap();
        assert_eq!(read(&mut peer, 6).await, "Ready\n");
        assert_eq!(self.told().await, "0 connected");
        peer
    }

    async fn told(&mut self) -> String {
        soon(self.told.recv()).await.unwrap()
    }
}

async fn ask(peer: &mut TcpStream, text: &str) -> String {
    peer.write_all(text.as_bytes()).await.unwrap();
    read(peer, 2).await
}

#[tokio::test]
async fn net_010_each_connection_has_a_component_of_its_own() {
    let mut served = serve(local()).await;
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    for count in ["1\n", "2\n", "3\n"] {
        assert_eq!(ask(&mut one, "x").await, count);
    }
    assert_eq!(ask(&mut two, "x").await, "1\n");
    drop(one);
    let closed = "3 the peer has closed the connection";
    assert_eq!(served.told().await, closed);
    assert_eq!(served.told().await, "3 stopped");
    assert_eq!(ask(&mut two, "x").await, "2\n");
}

#[tokio::test]
async fn a_session_that_crashes_closes_its_connection_and_others_notice_nothing() {
    let mut served = serve(local()).await;
    let probe = Probe::on(&served.system, "tcp").await.unwrap();
    let mut other = served.connect().await;
    for _ in 0..10 {
        let mut peer = served.connect().await;
        assert_eq!(ask(&mut peer, "x").await, "1\n");
        peer.write_all(b"crash").await.unwrap();
        assert_eq!(rest(&mut peer).await, "");
        assert_eq!(ask(&mut other, "x").await.len(), 2);
        other = {
            drop(other);
            while !served.told().await.ends_with("stopped") {}
            served.connect().await
        };
    }
    assert_eq!(served.server.life(), 1);
    assert_eq!(served.system.restarts(), 0);
    let about: Vec<_> = probe
        .events()
        .iter()
        .map(|event| event.name().to_owned())
        .filter(|name| ["connected", "read", "disconnected"].contains(&name.as_str()))
        .collect();
    assert_eq!(about, [] as [&str; 0], "a session's events are its own");
}

#[tokio::test]
async fn a_session_that_ends_by_itself_closes_its_connection_after_its_reply() {
    let mut served = serve(local()).await;
    let mut peer = served.connect().await;
    peer.write_all(b"leave").await.unwrap();
    assert_eq!(rest(&mut peer).await, "1\n");
    assert_eq!(served.told().await, "1 stopped");
}

#[tokio::test]
async fn a_server_that_drains_ends_its_sessions_after_their_connections() {
    let mut served = serve(local()).await;
    let mut peer = served.connect().await;
    assert_eq!(ask(&mut peer, "x").await, "1\n");
    soon(served.server.drain()).await;
    assert_eq!(served.told().await, "1 its component has stopped");
    assert_eq!(served.told().await, "1 stopped");
    assert_eq!(rest(&mut peer).await, "");
    assert!(soon(TcpStream::connect(served.address)).await.is_err());
}

/// Handles what is read, and nothing else.
#[component(channel = "*")]
struct Plain;

#[component]
impl Plain {
    #[handler("read")]
    fn read(&mut self, event: &Read) -> Bytes {
        event.data.clone()
    }
}

#[tokio::test]
async fn a_session_may_handle_reads_alone_and_hears_none_of_other_servers() {
    let system = System::new();
    let server = local().per_connection(|_: &Connection| Plain);
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(move || server.clone()).await.unwrap();
    let one = soon(listening).await.unwrap().address;
    let listening = system.on("other").wait::<Listening>();
    system.supervise(local).channel("other").await.unwrap();
    let other = soon(listening).await.unwrap().address;
    let mut peer = soon(TcpStream::connect(one)).await.unwrap();
    assert_eq!(echo(&mut peer, "mine").await, "mine");
    // Nobody answers there, the session of the first neither.
    let mut deaf = soon(TcpStream::connect(other)).await.unwrap();
    deaf.write_all(b"anybody?").await.unwrap();
    deaf.shutdown().await.unwrap();
    assert_eq!(rest(&mut deaf).await, "");
}

#[tokio::test]
async fn unix_servers_have_sessions_as_well() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let system = System::new();
    let server = UnixServer::bind(&path).per_connection(|_: &Connection| Plain);
    let listening = system.on("unix").wait::<ListeningAt>();
    system.supervise(move || server.clone()).await.unwrap();
    assert_eq!(soon(listening).await.unwrap().path, path);
    let mut peer = UnixStream::connect(&path).await.unwrap();
    peer.write_all(b"unix").await.unwrap();
    assert_eq!(read(&mut peer, 4).await, "unix");
}

//! `Finish`, by which servers and clients close their sending side and go on reading.

use circuits::net::{
    Connection, Eof, Finish, Listening, ListeningAt, Read, TcpClient, TcpServer, UnixClient,
    UnixServer, Write,
};
use circuits::prelude::*;
use circuits::reply::CallError;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::{local, rest};
use crate::folder::Folder;
use crate::support::{Heard, Told, listen, soon};

/// Checks a half open server and its client, on one system: each finishes, and the client first.
pub(crate) async fn check(system: &System, channel: &str, mut served: Heard, mut client: Heard) {
    let accepted = served.connected().await;
    client.connected().await;
    let asking = system.on("client");
    // What was queued before comes before the end.
    assert!(soon(asking.call(Write::new("last"))).await.unwrap());
    assert!(soon(asking.call(Finish::new())).await.unwrap());
    assert!(!soon(asking.call(Finish::new())).await.unwrap(), "twice");
    assert_eq!(served.read().await, "last");
    let Told::Eof(ended) = served.told().await else {
        panic!("the end is told");
    };
    assert_eq!(ended, accepted);
    assert_eq!(client.read().await, "last", "its echo comes still");
    let serving = system.on(channel);
    let still = serving.call(Write::to(&accepted, "still"));
    assert!(soon(still).await.unwrap());
    assert_eq!(client.read().await, "still");
    assert!(soon(serving.call(Finish::of(&accepted))).await.unwrap());
    assert_eq!(client.reason().await, "the peer has closed the connection");
    assert_eq!(served.left().await.0, accepted);
    assert!(!soon(serving.call(Finish::of(&accepted))).await.unwrap());
    // A server has not only one, and another owner does not answer.
    assert!(!soon(serving.call(Finish::new())).await.unwrap());
    let foreign = soon(asking.call(Finish::of(&accepted))).await;
    assert!(matches!(foreign, Err(CallError::NoReply)), "{foreign:?}");
}

#[tokio::test]
async fn a_tcp_server_and_its_client_finish_and_go_on_reading() {
    let system = System::new();
    let (served, client) = (
        listen(&system, "tcp").await,
        listen(&system, "client").await,
    );
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(|| local().half_open()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let asking = move || TcpClient::connect(address);
    system.supervise(asking).await.unwrap();
    check(&system, "tcp", served, client).await;
}

#[tokio::test]
async fn a_unix_server_and_its_client_finish_and_go_on_reading() {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let system = System::new();
    let (served, client) = (
        listen(&system, "unix").await,
        listen(&system, "client").await,
    );
    let listening = system.on("unix").wait::<ListeningAt>();
    let server = UnixServer::bind(&path).half_open();
    system.supervise(move || server.clone()).await.unwrap();
    soon(listening).await.unwrap();
    let asking = move || UnixClient::connect(&path);
    system.supervise(asking).await.unwrap();
    check(&system, "unix", served, client).await;
}

/// Says what it reads.
#[component]
struct Session(mpsc::Sender<String>);

#[component]
impl Session {
    #[handler("read")]
    fn read(&self, event: &Read) {
        let text = String::from_utf8_lossy(&event.data);
        self.0.try_send(text.into_owned()).unwrap();
    }

    #[handler("eof")]
    fn eof(&self, _event: &Eof) {
        self.0.try_send("eof".to_owned()).unwrap();
    }
}

#[tokio::test]
async fn a_server_with_sessions_finishes_one_of_them() {
    let system = System::new();
    let (tell, mut told) = mpsc::channel(10);
    let (show, mut shown) = mpsc::channel(10);
    let server: TcpServer = local().half_open();
    let server = server.per_connection(move |connection: &Connection| {
        show.try_send(connection.clone()).unwrap();
        Session(tell.clone())
    });
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let mut peer = soon(TcpStream::connect(address)).await.unwrap();
    let connection = soon(shown.recv()).await.unwrap();
    let serving = system.on("tcp");
    assert!(
        soon(serving.call(Write::to(&connection, "bye")))
            .await
            .unwrap()
    );
    assert!(soon(serving.call(Finish::of(&connection))).await.unwrap());
    assert_eq!(rest(&mut peer).await, "bye");
    peer.write_all(b"heard").await.unwrap();
    assert_eq!(soon(told.recv()).await.unwrap(), "heard");
    peer.shutdown().await.unwrap();
    assert_eq!(soon(told.recv()).await.unwrap(), "eof");
    soon(connection.ended()).await;
}

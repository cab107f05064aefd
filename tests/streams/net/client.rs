//! The TCP client: how it connects, ends and connects again.

use std::net::SocketAddr;

use circuits::net::{
    Close, Connect, ConnectError, TcpClient, TcpServer, Unreachable, UnreachableReason, Write,
};
use circuits::prelude::*;
use circuits::reply::CallError;
use circuits::testing::Probe;
use circuits::{Backoff, Options};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{line_of, python, read, rest, serve};
use crate::support::{Heard, listen, soon};

struct Client {
    system: System,
    client: Address<TcpClient>,
    heard: Heard,
    probe: Probe,
}

async fn begin(client: TcpClient) -> Client {
    let system = System::with(Options::new().max_restarts(100));
    let heard = listen(&system, "client").await;
    let probe = Probe::on(&system, "client").await.unwrap();
    let client = system.supervise(move || client.clone()).await.unwrap();
    Client {
        system,
        client,
        heard,
        probe,
    }
}

impl Client {
    async fn unreachable(&self) -> std::sync::Arc<Unreachable> {
        let told = self.probe.expect::<Unreachable>();
        told.within(Duration::from_secs(10)).await.unwrap()
    }
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    soon(listener.accept()).await.unwrap().0
}

/// A port to which nobody listens, as long as the socket is there.
fn closed_port() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[tokio::test]
async fn net_020_a_client_connects_echoes_and_closes() {
    let (listener, address) = listener().await;
    let mut client = begin(TcpClient::connect(address)).await;
    let mut server = accept(&listener).await;
    let connection = client.heard.connected().await;
    assert_eq!(connection.peer().socket(), Some(address));
    server.write_all(b"Ready").await.unwrap();
    assert_eq!(client.heard.read().await, "Ready");
    assert_eq!(read(&mut server, 5).await, "Ready");
    let target = client.system.on("client");
    assert!(target.call(Write::new("foo")).await.unwrap());
    assert_eq!(read(&mut server, 3).await, "foo");
    assert!(target.call(Close::new()).await.unwrap());
    assert_eq!(rest(&mut server).await, "");
    assert_eq!(
        client.heard.reason().await,
        "a component closed the connection"
    );
    assert!(!target.call(Write::new("late")).await.unwrap());
    assert!(!target.call(Close::new()).await.unwrap());
}

#[tokio::test]
async fn net_020_the_same_client_connects_again_by_event() {
    let (listener, address) = listener().await;
    let mut client = begin(TcpClient::new()).await;
    let target = client.system.on("client");
    for round in 0..5 {
        // Once its end is told it is free for another.
        let connection = soon(target.call(Connect::to(address))).await.unwrap();
        let mut server = accept(&listener).await;
        assert_eq!(client.heard.connected().await, connection);
        connection.write(format!("{round}")).await.unwrap();
        assert_eq!(read(&mut server, 1).await, round.to_string());
        let again = soon(target.call(Connect::again())).await;
        let Err(CallError::Failed(error)) = again else {
            panic!("it has one connection");
        };
        assert!(matches!(
            error.downcast_ref(),
            Some(ConnectError::Busy | ConnectError::NoAddress)
        ));
        drop(server);
        let closed = "the peer has closed the connection";
        assert_eq!(client.heard.reason().await, closed);
    }
}

#[tokio::test]
async fn net_020_a_peer_that_refuses_is_told_at_once_with_the_reason() {
    let (_socket, address) = closed_port();
    let begun = std::time::Instant::now();
    let client = begin(TcpClient::connect(address)).await;
    let told = client.unreachable().await;
    assert_eq!(told.address, address.to_string());
    assert_eq!(told.retry, None);
    let UnreachableReason::Failed(error) = &told.reason else {
        panic!("{:?}", told.reason);
    };
    let error = error.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
    // By call as well, and the client can be asked again.
    for _ in 0..2 {
        let failed = refused(&client.system, Connect::again()).await;
        assert!(matches!(failed, ConnectError::Unreachable { .. }));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "not after a time limit"
    );
}

/// Asks a client for a connection that cannot be.
async fn refused(system: &System, connect: Connect) -> ConnectError {
    match soon(system.on("client").call(connect)).await {
        Err(CallError::Failed(error)) => error.downcast_ref::<ConnectError>().cloned().unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn net_020_a_client_connects_at_once_however_fast_another_thread_is() {
    let (_socket, address) = closed_port();
    for _ in 0..1000 {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let client = begin(TcpClient::connect(address)).await;
            client.unreachable().await;
        });
    }
}

#[tokio::test]
async fn net_020_a_name_that_is_unknown_is_told() {
    let client = begin(TcpClient::connect("no.such.host.invalid:1")).await;
    let told = client.unreachable().await;
    assert!(
        matches!(told.reason, UnreachableReason::Unresolved(_)),
        "{told:?}"
    );
}

/// A listener that accepts nothing and whose backlog is full answers no further peer.
#[tokio::test]
async fn net_020_a_peer_that_does_not_answer_is_told_after_the_connect_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let _first = soon(TcpStream::connect(address)).await.unwrap();
    let limit = Duration::from_millis(300);
    let client = TcpClient::connect(address).connect_timeout(limit);
    let client = begin(client).await;
    let told = client.unreachable().await;
    assert_eq!(told.reason.to_string(), "no answer within 300ms");
}

#[tokio::test]
async fn net_020_connecting_and_waiting_can_be_called_off() {
    let (_socket, address) = closed_port();
    let day = Backoff::constant(Duration::from_secs(86_400));
    let client = begin(TcpClient::connect(address).reconnect(day)).await;
    assert_eq!(
        client.unreachable().await.retry,
        Some(Duration::from_secs(86_400))
    );
    let target = client.system.on("client");
    assert!(target.call(Close::new()).await.unwrap());
    // It does nothing more, so it can be told to connect.
    soon(async {
        while let Err(CallError::Failed(error)) = target.call(Connect::again()).await {
            if !matches!(error.downcast_ref(), Some(ConnectError::Busy)) {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(client.client.stop()).await;
}

#[tokio::test]
async fn net_020_a_client_that_is_to_reconnect_outlives_its_servers() {
    // A port of its own, at which the server listens again after it was killed.
    let (socket, address) = closed_port();
    drop(socket);
    let mut server = serve(TcpServer::bind(address)).await;
    let soon_again = Backoff::constant(Duration::from_millis(5));
    let mut client = begin(TcpClient::connect(address).reconnect(soon_again)).await;
    for _ in 0..3 {
        let connection = client.heard.connected().await;
        server.heard.connected().await;
        server.server.kill();
        client.heard.reason().await;
        assert!(!connection.is_open());
        server.heard.reason().await;
    }
    client.heard.connected().await;
    server.heard.connected().await;
    soon(server.server.stop()).await;
    client.heard.reason().await;
    client.unreachable().await;
    let _later = serve(TcpServer::bind(address)).await;
    client.heard.connected().await;
    // Told to close, it does not.
    assert!(client.system.on("client").call(Close::new()).await.unwrap());
    assert_eq!(
        client.heard.reason().await,
        "a component closed the connection"
    );
    assert!(client.heard.is_silent());
}

#[tokio::test]
async fn net_020_a_client_connects_from_the_address_it_is_bound_to() {
    let (listener, address) = listener().await;
    let from = "127.0.0.3:0".parse().unwrap();
    let _client = begin(TcpClient::connect(address).bind(from)).await;
    let (_, peer) = soon(listener.accept()).await.unwrap();
    assert_eq!(peer.ip(), from.ip());
}

#[tokio::test]
async fn net_020_a_client_that_stops_writes_what_is_queued_and_a_killed_one_connects_anew() {
    let (listener, address) = listener().await;
    let mut client = begin(TcpClient::connect(address)).await;
    let mut server = accept(&listener).await;
    client.heard.connected().await;
    client.client.kill();
    assert_eq!(
        client.heard.reason().await,
        "its component was killed or crashed"
    );
    assert_eq!(rest(&mut server).await, "");
    let mut server = accept(&listener).await;
    let connection = client.heard.connected().await;
    let much = "x".repeat(2_000_000);
    connection.try_write(much.clone()).unwrap();
    let client_address = client.client.clone();
    let stopped = tokio::spawn(async move { client_address.stop().await });
    assert_eq!(rest(&mut server).await.len(), much.len());
    soon(stopped).await.unwrap();
    assert_eq!(client.heard.reason().await, "its component has stopped");
}

#[tokio::test]
async fn net_021_a_client_speaks_ipv6() {
    let served = serve(TcpServer::bind("[::1]:0")).await;
    let mut client = begin(TcpClient::connect(served.address)).await;
    let connection = client.heard.connected().await;
    connection.write("six").await.unwrap();
    // Both sides echo: what comes back is sent again.
    assert_eq!(client.heard.read().await, "six");
    connection.close();
    client.heard.reason().await;
}

#[tokio::test]
async fn net_020_a_server_in_python_is_talked_to() {
    let program = "import socket\n\
        s = socket.create_server(('127.0.0.1', 0))\n\
        print(s.getsockname()[1])\n\
        c, _ = s.accept()\n\
        c.sendall(b'Ready\\n')\n\
        print(c.makefile().readline(), end='')\n\
        c.close()";
    let mut server = python(program, &[]);
    let port = line_of(&mut server).await;
    let mut client = begin(TcpClient::connect(format!("127.0.0.1:{port}"))).await;
    client.heard.connected().await;
    // The ear answers with what it hears.
    assert_eq!(client.heard.read().await, "Ready\n");
    assert_eq!(line_of(&mut server).await, "Ready");
    let closed = "the peer has closed the connection";
    assert_eq!(client.heard.reason().await, closed);
}

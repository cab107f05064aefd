//! Servers that die, or take nobody, while a client is dialing.

use std::fs;
use std::net::{SocketAddr, TcpListener};

use circuits::net::{Connect, ConnectError, TcpClient, Unreachable, UnreachableReason};
use circuits::prelude::*;
use circuits::reply::CallError;
use circuits::testing::Probe;
use socket2::{Domain, Socket, Type};
use tokio::net::TcpStream;

use crate::support::{listen, soon};

/// A server that accepts nobody, and whose queue is full: what connects next gets no answer.
async fn full() -> (TcpListener, SocketAddr, Vec<TcpStream>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let listener = TcpListener::from(listener);
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    let limit = Duration::from_millis(200);
    while let Ok(peer) = tokio::time::timeout(limit, TcpStream::connect(address)).await {
        queued.push(peer.unwrap());
        assert!(queued.len() < 100, "the queue has no end");
    }
    (listener, address, queued)
}

/// Returns whether a connection to this port waits for its first answer.
fn is_dialing(address: SocketAddr) -> bool {
    let port = format!(":{:04X}", address.port());
    let sockets = fs::read_to_string("/proc/net/tcp").unwrap();
    let mut sockets = sockets.lines().map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields[2].ends_with(&port) && fields[3] == "02"
    });
    sockets.any(|is_dialing| is_dialing)
}

#[tokio::test]
async fn a_server_whose_queue_is_full_is_no_answer_in_time() {
    let (_listener, address, _queued) = full().await;
    let system = System::new();
    let probe = Probe::on(&system, "client").await.unwrap();
    let client = TcpClient::new().connect_timeout(Duration::from_millis(100));
    system.register(client).await.unwrap();
    // It is free at once for the next.
    for _ in 0..3 {
        let failed = soon(system.on("client").call(Connect::to(address))).await;
        let Err(CallError::Failed(error)) = failed else {
            panic!("{failed:?}");
        };
        let Some(ConnectError::Unreachable { reason, .. }) = error.downcast_ref() else {
            panic!("{error}");
        };
        assert!(matches!(reason, UnreachableReason::TimedOut(_)), "{reason}");
        let told = probe.expect::<Unreachable>();
        soon(told.within(Duration::from_secs(10))).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_dies_while_a_client_is_dialing_is_told_as_refused() {
    let (listener, address, queued) = full().await;
    let system = System::new();
    let probe = Probe::on(&system, "client").await.unwrap();
    let client = TcpClient::new().connect_timeout(Duration::from_secs(60));
    system.register(client).await.unwrap();
    let call = system.on("client").call(Connect::to(address));
    let (failed, ()) = soon(async {
        tokio::join!(call, async {
            while !is_dialing(address) {
                tokio::task::yield_now().await;
            }
            assert_eq!(probe.all::<Unreachable>().len(), 0);
            drop((listener, queued));
        })
    })
    .await;
    assert!(format!("{failed:?}").contains("refused"), "{failed:?}");
    let told = probe.expect::<Unreachable>();
    let told = soon(told.within(Duration::from_secs(10))).await.unwrap();
    let UnreachableReason::Failed(error) = &told.reason else {
        panic!("{}", told.reason);
    };
    let error = error.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// The system has agreed with the client, but nobody has accepted.
#[tokio::test]
async fn a_server_that_dies_before_it_accepts_ends_the_connection_and_leaves_nothing() {
    let system = System::new();
    let mut heard = listen(&system, "client").await;
    system.register(TcpClient::new()).await.unwrap();
    let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
    let before = descriptors();
    for _ in 0..500 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connected = system.on("client").call(Connect::to(address));
        let connection = soon(connected).await.unwrap();
        assert_eq!(heard.connected().await, connection);
        drop(listener);
        let (ended, reason) = heard.left().await;
        assert_eq!(ended, connection);
        assert!(reason.contains("reset"), "{reason}");
    }
    // Sockets of other tests, which run beside this one, come and go.
    soon(async {
        while descriptors() > before + 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

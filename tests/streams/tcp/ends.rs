//! How the TCP server begins, ends and begins again.

use std::net::SocketAddr;

use circuits::StartError;
use circuits::net::{Listening, TcpServer};
use circuits::prelude::*;
use tokio::net::TcpStream;

use super::{Told, ask, is_closed, line, local, send, serve, serve_closed, soon};

/// A port that is free now. The test listens on it by its number.
fn free_port() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap()
}

async fn binds_again() {
    let mut served = serve(TcpServer::bind(free_port()).lines(100)).await;
    for _ in 0..5 {
        let mut peer = served.connect().await;
        assert_eq!(ask(&mut peer, "hello").await, "[hello]\n");
        let listening = served.system.on("tcp").wait::<Listening>();
        served.server.kill();
        assert!(is_closed(&mut peer).await);
        assert_eq!(soon(listening).await.unwrap().address, served.address);
        assert_eq!(served.reason().await, "its component was killed or crashed");
    }
    assert_eq!(served.server.life(), 6);
}

#[tokio::test]
async fn a_killed_server_binds_again() {
    binds_again().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_binds_again_on_two_threads() {
    binds_again().await;
}

#[tokio::test]
async fn a_server_that_cannot_bind_says_where() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let system = System::new();
    let refused = system.supervise(move || TcpServer::bind(address)).await;
    let error = match refused {
        Err(StartError::Failed { error, .. }) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error.to_string(), format!("cannot listen on `{address}`"));
    assert!(format!("{error:?}").contains("in use"), "{error:?}");
    let nowhere = system.supervise(|| TcpServer::bind("nowhere")).await;
    assert!(
        matches!(nowhere, Err(StartError::Failed { error: e, .. }) if e.to_string().contains("`nowhere`"))
    );
}

#[tokio::test]
async fn a_drain_answers_what_is_being_handled_and_takes_nothing_new() {
    let mut served = serve_closed(local().lines(100)).await;
    let (mut idle, mut busy, mut later) = (
        served.connect().await,
        served.connect().await,
        served.connect().await,
    );
    send(&mut busy, "one\ntwo\n").await;
    send(&mut later, "later\n").await;
    let mut reads = 0;
    while reads < 2 {
        reads += usize::from(matches!(served.told().await, Told::Read(..)));
    }
    let server = served.server.clone();
    let drained = tokio::spawn(async move { server.drain().await });
    assert!(is_closed(&mut idle).await);
    let refused = soon(TcpStream::connect(served.address)).await;
    assert!(refused.is_err(), "it still takes connections");
    assert!(!drained.is_finished());
    served.gate.add_permits(100);
    assert_eq!(line(&mut busy).await, "[one]\n");
    assert_eq!(line(&mut busy).await, "[two]\n");
    assert_eq!(line(&mut later).await, "[by event]\n");
    assert!(is_closed(&mut busy).await && is_closed(&mut later).await);
    soon(drained).await.unwrap();
    for _ in 0..3 {
        assert_eq!(served.reason().await, "its component has stopped");
    }
}

#[tokio::test]
async fn a_system_that_stops_answers_what_is_being_handled() {
    let mut served = serve_closed(local().lines(100)).await;
    let mut peer = served.connect().await;
    send(&mut peer, "one\n").await;
    served.connected().await;
    served.told().await;
    served.system.stop();
    served.gate.add_permits(100);
    assert_eq!(line(&mut peer).await, "[one]\n");
    assert!(is_closed(&mut peer).await);
    soon(served.system.join()).await.unwrap();
}

#[tokio::test]
async fn a_handler_that_is_stuck_is_cut_when_the_drain_timeout_is_over() {
    let server = local().drain_timeout(Duration::from_millis(50));
    let mut served = serve_closed(server).await;
    let mut peer = served.connect().await;
    send(&mut peer, "hello").await;
    served.connected().await;
    served.told().await;
    soon(served.server.drain()).await;
    assert!(is_closed(&mut peer).await);
    assert_eq!(served.reason().await, "its component was killed or crashed");
}

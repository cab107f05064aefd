//! Peers that mean no good, and servers that die: each ends as documented, and others
//! notice nothing.

use std::process::Stdio;

use circuits::net::{Connection, Listening};
use circuits::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use super::{Served, echo, line_of, local, rest, serve};
use crate::support::{Told, soon};

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn reset(peer: TcpStream) {
    // Closing resets now.
    let socket = socket2::SockRef::from(&peer);
    socket.set_linger(Some(Duration::ZERO)).unwrap();
}

/// Serves one who behaves, beside those who do not.
async fn beside(served: &mut Served) -> (TcpStream, Connection) {
    let mut good = served.connect().await;
    let connection = served.heard.connected().await;
    assert_eq!(echo(&mut good, "before").await, "before");
    assert_eq!(served.heard.read().await, "before");
    (good, connection)
}

#[tokio::test]
async fn a_peer_that_never_reads_is_cut_and_others_notice_nothing() {
    let limit = Duration::from_millis(200);
    let mut served = serve(local().write_timeout(limit)).await;
    let (mut good, _) = beside(&mut served).await;
    let _deaf = served.connect().await;
    let connection = served.heard.connected().await;
    let much = "x".repeat(8_000_000);
    connection.try_write(much).unwrap();
    assert_eq!(
        served.heard.reason().await,
        "the peer took nothing for 200ms"
    );
    assert_eq!(echo(&mut good, "after").await, "after");
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_cut_after_the_idle_time() {
    let mut served = serve(local().idle_timeout(Duration::from_millis(100))).await;
    let mut silent = served.connect().await;
    served.heard.connected().await;
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!(
        served.heard.reason().await,
        "the peer sent nothing for 100ms"
    );
}

#[tokio::test]
async fn a_peer_that_resets_in_the_middle_of_a_line_ends_alone() {
    let mut served = serve(local().lines(1000)).await;
    let mut good = served.connect().await;
    served.heard.connected().await;
    for _ in 0..20 {
        let mut bad = served.connect().await;
        let connection = served.heard.connected().await;
        bad.write_all(b"half a li").await.unwrap();
        reset(bad);
        let (ended, reason) = served.heard.left().await;
        assert_eq!(ended, connection);
        assert!(reason.contains("reset"), "{reason}");
    }
    good.write_all(b"after\n").await.unwrap();
    assert_eq!(served.heard.read().await, "after");
}

#[tokio::test]
async fn net_013_a_peer_that_has_gone_before_it_is_accepted_harms_nobody() {
    let mut served = serve(local()).await;
    let (mut good, _) = beside(&mut served).await;
    for _ in 0..200 {
        reset(served.connect().await);
    }
    assert_eq!(echo(&mut good, "after").await, "after");
}

/// Each end is told once, whatever it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn net_014_ten_thousand_abrupt_disconnects_leave_the_descriptors_as_they_were() {
    const PEERS: usize = 10_000;
    let mut served = serve(local().max_connections(20_000)).await;
    let (mut good, _) = beside(&mut served).await;
    let before = descriptors();
    let address = served.address;
    let peers = tokio::spawn(async move {
        for number in 0..PEERS {
            let mut peer = soon(TcpStream::connect(address)).await.unwrap();
            if number % 3 == 0 {
                peer.write_all(b"x").await.unwrap();
            }
            reset(peer);
        }
    });
    let (mut connected, mut disconnected) = (0, 0);
    while disconnected < PEERS {
        match served.heard.told().await {
            Told::Connected(_) => connected += 1,
            Told::Disconnected(..) => disconnected += 1,
            Told::Read(_) | Told::Eof(_) => {}
        }
    }
    assert_eq!(connected, PEERS);
    soon(peers).await.unwrap();
    assert_eq!(echo(&mut good, "after").await, "after");
    // Sockets of other tests, which run beside this one, come and go.
    soon(async {
        while descriptors() > before + 200 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// In a process of its own, which may have few descriptors.
#[tokio::test]
async fn net_013_a_server_without_descriptors_accepts_again_when_there_are_some() {
    let script = format!("ulimit -n 40; exec {} 127.0.0.1:0", program().display());
    let mut server = Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let line = line_of(&mut server).await;
    let address = line.rsplit(' ').next().unwrap();
    let mut first = soon(TcpStream::connect(address)).await.unwrap();
    assert_eq!(echo(&mut first, "first").await, "first");
    let mut others = Vec::new();
    for _ in 0..60 {
        others.push(soon(TcpStream::connect(address)).await.unwrap());
    }
    // The last has connected, as far as the system is concerned; nobody answers it.
    let mut last = others.pop().unwrap();
    last.write_all(b"last").await.unwrap();
    let mut answer = [0; 4];
    let wait = tokio::time::timeout(Duration::from_millis(300), last.read(&mut answer));
    assert!(wait.await.is_err(), "it has more descriptors than it may");
    assert_eq!(echo(&mut first, "still").await, "still");
    drop(others);
    soon(last.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"last");
}

fn program() -> std::path::PathBuf {
    crate::programs::example("echoserver")
}

#[tokio::test]
async fn a_server_that_dies_in_each_state_of_a_connection_tells_its_end_once() {
    let mut served = serve(local().lines(100)).await;
    for state in ["fresh", "half a line", "reading", "writing"] {
        let listening = served.system.on("tcp").wait::<Listening>();
        let mut peer = served.connect().await;
        let connection = served.heard.connected().await;
        match state {
            "half a line" => peer.write_all(b"half").await.unwrap(),
            "reading" => {
                peer.write_all(b"whole\n").await.unwrap();
                served.heard.read().await;
            }
            "writing" => connection.try_write("x".repeat(8_000_000)).unwrap(),
            _ => {}
        }
        served.server.kill();
        let (ended, reason) = served.heard.left().await;
        assert_eq!(
            (ended, &*reason),
            (connection, "its component was killed or crashed")
        );
        drop(peer);
        served.address = soon(listening).await.unwrap().address;
        assert!(served.heard.is_silent(), "{state}: told twice");
    }
}

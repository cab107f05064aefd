//! Peers that mean no good, and servers that die: each ends as documented, and others
//! notice nothing.

use std::process::Stdio;

use circuits::net::{AcceptFailed, Connection, Listening};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;

use super::{Served, echo, line_of, local, read, rest, serve};
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

/// Sends a byte each time that another peer has had its turn.
#[tokio::test]
async fn a_peer_that_sends_a_byte_at_a_time_is_cut_at_the_line_limit_and_others_notice_nothing() {
    const LIMIT: usize = 20;
    let mut served = serve(local().lines(LIMIT)).await;
    let mut good = served.connect().await;
    served.heard.connected().await;
    let mut slow = served.connect().await;
    let connection = served.heard.connected().await;
    let longest = "x".repeat(LIMIT);
    for turn in 0..=LIMIT {
        let byte = longest.as_bytes().get(turn).unwrap_or(&b'\n');
        slow.write_all(&[*byte]).await.unwrap();
        if turn < LIMIT {
            assert_eq!(line(&mut served, &mut good, turn).await, turn.to_string());
        }
    }
    assert_eq!(served.heard.read().await, longest);
    assert_eq!(read(&mut slow, LIMIT).await, longest);
    // The one above the limit may be the first half of the terminator; the next is not.
    for turn in 0..=LIMIT {
        slow.write_all(b"y").await.unwrap();
        assert_eq!(line(&mut served, &mut good, turn).await, turn.to_string());
    }
    slow.write_all(b"y").await.unwrap();
    let (ended, reason) = served.heard.left().await;
    assert_eq!(ended, connection);
    assert_eq!(reason, "a line is longer than 20 bytes");
    assert_eq!(rest(&mut slow).await, "");
    assert_eq!(line(&mut served, &mut good, 7).await, "7");
}

/// Sends a line, which is the next that is heard; returns its echo.
async fn line(served: &mut Served, good: &mut TcpStream, number: usize) -> String {
    let text = number.to_string();
    good.write_all(format!("{text}\n").as_bytes())
        .await
        .unwrap();
    assert_eq!(served.heard.read().await, text);
    read(good, text.len()).await
}

#[tokio::test]
async fn a_peer_that_stops_in_the_middle_of_a_line_is_cut_after_the_idle_time() {
    let limit = Duration::from_millis(100);
    let mut served = serve(local().lines(100).idle_timeout(limit)).await;
    let mut slow = served.connect().await;
    served.heard.connected().await;
    slow.write_all(b"half").await.unwrap();
    assert_eq!(rest(&mut slow).await, "");
    // Nothing of it was told as a line.
    let Told::Disconnected(_, reason) = served.heard.told().await else {
        panic!("half a line is none");
    };
    assert_eq!(reason, "the peer sent nothing for 100ms");
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

/// Where it is set, the test runs in a process of its own, which may have few descriptors.
const FEW: &str = "CIRCUITS_TEST_FEW_DESCRIPTORS";

async fn accept_failed(served: &Served, probe: &Probe) -> std::sync::Arc<AcceptFailed> {
    let told = probe.expect::<AcceptFailed>();
    let told = told.within(Duration::from_secs(10)).await.unwrap();
    assert!(!served.server.is_gone());
    told
}

#[tokio::test]
async fn net_013_a_server_without_descriptors_tells_it_once_a_pause() {
    if std::env::var_os(FEW).is_none() {
        let name = "net::hostile::net_013_a_server_without_descriptors_tells_it_once_a_pause";
        let program = std::env::current_exe().unwrap();
        let script = format!("ulimit -n 100; exec {} --exact {name}", program.display());
        let mut few = Command::new("sh");
        few.args(["-c", &script]).env(FEW, "1").kill_on_drop(true);
        let output = soon(few.output()).await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let mut served = serve(local()).await;
    let (mut good, _) = beside(&mut served).await;
    let probe = Probe::on(&served.system, "tcp").await.unwrap();
    for round in ["one", "two"] {
        let late = TcpSocket::new_v4().unwrap();
        let mut all = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            all.push(file);
        }
        let begun = std::time::Instant::now();
        let mut late = soon(late.connect(served.address)).await.unwrap();
        late.write_all(b"late").await.unwrap();
        let mut pauses = Duration::ZERO;
        for count in 1..=5 {
            let told = accept_failed(&served, &probe).await;
            assert_eq!(told.count, count, "{round}");
            assert!(told.error.to_string().contains("Too many open files"));
            assert!(begun.elapsed() >= pauses, "it does not pause");
            pauses += told.pause;
        }
        assert_eq!(echo(&mut good, "still").await, "still");
        drop(all);
        assert_eq!(read(&mut late, 4).await, "late");
        // No more than the pauses, of which each is twice as long.
        let told = probe.all::<AcceptFailed>().len();
        assert!((5..=12).contains(&told), "{told} are told");
        probe.clear();
    }
}

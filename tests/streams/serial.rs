//! Serial lines, over terminals that are not there.

use std::path::{Path, PathBuf};

use circuits::io::{Serial, SerialStream, StopBits};
use circuits::prelude::*;
use circuits::stream::{Close, Connected, DisconnectReason, Disconnected, Read, Write};
use circuits::testing::Probe;
use circuits::{Backoff, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use crate::folder::Folder;
use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

async fn opened(serial: Serial) -> (System, Probe) {
    let system = System::new();
    let probe = Probe::on(&system, "serial").await.unwrap();
    system.register(serial).await.unwrap();
    probe.expect::<Connected>().within(SOON).await.unwrap();
    (system, probe)
}

async fn line(probe: &Probe) -> Vec<u8> {
    let line = probe.expect::<Read>().within(SOON).await.unwrap();
    line.data.to_vec()
}

async fn reason(probe: &Probe) -> DisconnectReason {
    let end = probe.expect::<Disconnected>().within(SOON).await.unwrap();
    end.reason.clone()
}

/// Two terminals that are joined, by their names, until the process is dropped.
struct Joined {
    _socat: Child,
    ours: PathBuf,
    theirs: PathBuf,
}

async fn joined(folder: &Folder) -> Joined {
    let (ours, theirs) = (folder.path().join("ours"), folder.path().join("theirs"));
    let end = |path: &Path| format!("pty,raw,echo=0,link={}", path.display());
    let socat = Command::new("socat")
        .args([end(&ours), end(&theirs)])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    soon(async {
        while !ours.exists() || !theirs.exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    Joined {
        _socat: socat,
        ours,
        theirs,
    }
}

#[tokio::test]
async fn io_040_a_line_is_read_in_lines_and_written() {
    let (mut peer, ours) = SerialStream::pair().unwrap();
    let (system, probe) = opened(Serial::from_stream("meter", ours).lines(80)).await;
    peer.write_all(b"one\ntw").await.unwrap();
    assert_eq!(line(&probe).await, b"one");
    peer.write_all(b"o\r\n").await.unwrap();
    assert_eq!(line(&probe).await, b"two");
    assert!(
        system
            .on("serial")
            .call(Write::new("answer"))
            .await
            .unwrap()
    );
    let mut answer = [0; 6];
    soon(peer.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"answer");
}

#[tokio::test]
async fn io_040_a_line_is_closed_once_after_all_is_written() {
    let (mut peer, ours) = SerialStream::pair().unwrap();
    let (system, probe) = opened(Serial::from_stream("meter", ours)).await;
    let on = system.on("serial");
    for _ in 0..100 {
        on.fire(Write::new("0123456789"));
    }
    on.fire(Close::new()).await;
    on.fire(Close::new()).await;
    let mut all = vec![0; 1000];
    soon(peer.read_exact(&mut all)).await.unwrap();
    assert_eq!(all, b"0123456789".repeat(100));
    assert!(matches!(reason(&probe).await, DisconnectReason::Closed));
    let ends = probe.all::<Disconnected>();
    assert_eq!(ends.len(), 1);
}

#[tokio::test]
async fn io_040_a_port_is_opened_by_its_name_with_the_settings_that_are_said() {
    let folder = Folder::new();
    let joined = joined(&folder).await;
    let port = joined.ours.to_str().unwrap().to_owned();
    let serial = Serial::new(&port, 9600).stop_bits(StopBits::Two).lines(80);
    let (system, probe) = opened(serial).await;
    let mut stty = Command::new("stty");
    let settings = stty.args(["-F", &*port, "-a"]).output().await.unwrap();
    let settings = String::from_utf8(settings.stdout).unwrap();
    for setting in [" cstopb", " cs8", "-parenb", "-icanon", "-echo "] {
        assert!(settings.contains(setting), "{setting}: {settings}");
    }
    // The rate stands where `stty` does not look, as any other than the usual ones.
    let rate = "import fcntl, struct, sys; \
                told = fcntl.ioctl(open(sys.argv[1]), 0x802C542A, bytes(44)); \
                print(struct.unpack('IIIIB19sII', told)[-1])";
    let mut python = Command::new("python3");
    let rate = python.args(["-c", rate, &*port]).output().await.unwrap();
    assert_eq!(rate.stdout, b"9600\n", "{rate:?}");

    let mut peer = tokio::fs::File::options();
    let peer = peer.read(true).write(true).open(&joined.theirs);
    let mut peer = peer.await.unwrap();
    peer.write_all(b"hello\n").await.unwrap();
    peer.flush().await.unwrap();
    assert_eq!(line(&probe).await, b"hello");
    system.on("serial").fire(Write::new("world")).await;
    let mut answer = [0; 5];
    soon(peer.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"world");
}

#[tokio::test]
async fn io_040_a_missing_port_is_an_error_that_names_it() {
    let system = System::new();
    let started = system.supervise(|| Serial::new("/dev/nowhere", 9600)).await;
    let error = Error::from(started.unwrap_err());
    let cause = error.as_dyn().source().map(ToString::to_string);
    let text = format!("{error}: {}", cause.unwrap_or_default());
    let told = "the serial port `/dev/nowhere` cannot be opened at 9600 baud";
    assert!(text.contains(told), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_040_a_line_that_fails_is_opened_again_by_its_supervisor() {
    let folder = Folder::new();
    let first = joined(&folder).await;
    let port = first.ours.to_str().unwrap().to_owned();
    let system = System::with(Options::new().max_restarts(10_000));
    let probe = Probe::on(&system, "serial").await.unwrap();
    let serial = system.supervise(move || Serial::new(&port, 9600).lines(80));
    let pause = Backoff::constant(Duration::from_millis(20));
    serial.backoff(pause).await.unwrap();
    probe.expect::<Connected>().within(SOON).await.unwrap();
    drop(first);
    let reason = reason(&probe).await;
    let is_lost = matches!(
        reason,
        DisconnectReason::Failed(_) | DisconnectReason::PeerClosed
    );
    assert!(is_lost, "{reason}");
    soon(async {
        while folder.path().join("ours").exists() {
            // What is left of a process that was killed.
            let _ = std::fs::remove_file(folder.path().join("ours"));
            let _ = std::fs::remove_file(folder.path().join("theirs"));
        }
    })
    .await;
    let second = joined(&folder).await;
    probe.expect::<Connected>().within(SOON).await.unwrap();
    let mut peer = tokio::fs::File::options();
    let mut peer = peer.write(true).open(&second.theirs).await.unwrap();
    peer.write_all(b"again\n").await.unwrap();
    peer.flush().await.unwrap();
    assert_eq!(line(&probe).await, b"again");
}

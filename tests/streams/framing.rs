//! Lines, between streams of all kinds and events.

use std::fs;

use circuits::io::{Exited, File, Process, Serial, SerialStream};
use circuits::net::{Listening, TcpServer};
use circuits::prelude::*;
use circuits::protocols::line::{Line, Lines, lines};
use circuits::protocols::{FrameError, FramesEnded, FramingFailed, Outgoing};
use circuits::stream::{ByteStream, Bytes, DisconnectReason, Disconnected};
use circuits::testing::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;

use crate::folder::Folder;
use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

/// Says that a test runs in a process of its own.
const ALONE: &str = "CIRCUITS_TEST_ALONE";

struct Framed {
    system: System,
    probe: Probe,
}

async fn framed(lines: Lines) -> Framed {
    let system = System::new();
    let probe = Probe::with_capacity(&system, "stream", 100_000)
        .await
        .unwrap();
    system.register(lines).channel("stream").await.unwrap();
    Framed { system, probe }
}

impl Framed {
    /// Adds a stream, and returns its other end.
    async fn stream(&self) -> DuplexStream {
        let (peer, stream) = tokio::io::duplex(64 * 1024);
        let stream = ByteStream::new("peer", stream);
        self.system.register(stream).await.unwrap();
        peer
    }

    async fn line(&self) -> Bytes {
        let line = self.probe.expect::<Line>().within(SOON).await;
        line.unwrap().line.clone()
    }

    async fn ended(&self) {
        self.probe
            .expect::<FramesEnded>()
            .within(SOON)
            .await
            .unwrap();
    }

    async fn failed(&self) -> String {
        let failed = self.probe.expect::<FramingFailed>().within(SOON).await;
        failed.unwrap().error.to_string()
    }

    async fn reason(&self) -> DisconnectReason {
        let end = self.probe.expect::<Disconnected>().within(SOON).await;
        end.unwrap().reason.clone()
    }

    fn lines(&self) -> Vec<Bytes> {
        let lines = self.probe.all::<Line>();
        lines.iter().map(|line| line.line.clone()).collect()
    }
}

#[tokio::test]
async fn line_001_a_stream_is_split_at_lf_and_crlf_and_the_rest_waits() {
    let framed = framed(lines(80)).await;
    let mut peer = framed.stream().await;
    peer.write_all(b"1\n2\r\n3\n4").await.unwrap();
    for line in ["1", "2", "3"] {
        assert_eq!(framed.line().await, line);
    }
    peer.write_all(b"5\n\n\r\na\rb\r").await.unwrap();
    for line in ["45", "", ""] {
        assert_eq!(framed.line().await, line);
    }
    peer.write_all(b"\n").await.unwrap();
    assert_eq!(framed.line().await, "a\rb", "a lone CR is no end");
}

#[tokio::test]
async fn line_001_streams_are_kept_apart() {
    let framed = framed(lines(80)).await;
    let mut first = framed.stream().await;
    let mut second = framed.stream().await;
    for (a, b) in [("a", "1"), ("b", "2"), ("c\n", "3\n")] {
        first.write_all(a.as_bytes()).await.unwrap();
        second.write_all(b.as_bytes()).await.unwrap();
    }
    let mut told = [framed.line().await, framed.line().await];
    told.sort();
    assert_eq!(told, ["123", "abc"]);
}

#[tokio::test]
async fn line_001_the_rest_at_the_end_of_a_stream_is_a_line_unless_said() {
    let check = async |lines: Lines, expected: &[&str]| {
        let framed = framed(lines).await;
        let mut peer = framed.stream().await;
        peer.write_all(b"one\nrest").await.unwrap();
        drop(peer);
        framed.ended().await;
        assert_eq!(framed.lines(), expected);
    };
    check(lines(80), &["one", "rest"]).await;
    check(lines(80).drop_rest(), &["one"]).await;

    let cut = framed(lines(80)).await;
    let mut peer = cut.stream().await;
    peer.write_all(b"one\nrest").await.unwrap();
    let line = cut.probe.expect::<Line>().within(SOON).await.unwrap();
    line.connection.close();
    cut.ended().await;
    assert_eq!(cut.lines(), ["one"], "a rest that is cut off is no line");
}

#[tokio::test]
async fn line_001_a_line_may_be_as_long_as_the_limit_and_no_longer() {
    let exact = framed(lines(8)).await;
    let mut peer = exact.stream().await;
    peer.write_all(b"12345678\n12345678\r\n12345678")
        .await
        .unwrap();
    drop(peer);
    exact.ended().await;
    assert_eq!(exact.lines(), ["12345678"; 3]);

    for text in [
        "ok\n123456789\nlate\n",
        "ok\n1234567890123",
        "ok\n123456789",
    ] {
        let above = framed(lines(8)).await;
        let mut peer = above.stream().await;
        peer.write_all(text.as_bytes()).await.unwrap();
        if text.len() == 12 {
            // Nobody knows before the end whether an LF comes.
            peer.shutdown().await.unwrap();
        }
        assert_eq!(above.failed().await, "a line is longer than 8 bytes");
        let reason = above.reason().await;
        let expected = [DisconnectReason::Closed, DisconnectReason::PeerClosed];
        let is_expected = expected
            .iter()
            .any(|it| it.to_string() == reason.to_string());
        assert!(is_expected, "{reason}");
        assert_eq!(above.lines(), ["ok"]);
    }
}

#[tokio::test]
async fn line_001_a_line_that_is_too_long_is_left_out_by_choice() {
    let framed = framed(lines(8).keep_on()).await;
    let mut peer = framed.stream().await;
    peer.write_all(b"one\n").await.unwrap();
    for _ in 0..100 {
        peer.write_all(&[b'x'; 1000]).await.unwrap();
    }
    peer.write_all(b"\ntwo\n123456789\nthree\n").await.unwrap();
    for line in ["one", "two", "three"] {
        assert_eq!(framed.line().await, line);
    }
    let failures = framed.probe.all::<FramingFailed>();
    assert_eq!(failures.len(), 2, "each is told once");
}

#[tokio::test]
async fn line_001_a_stream_above_the_number_that_may_be_is_closed() {
    let framed = framed(lines(80).max_streams(2)).await;
    let mut first = framed.stream().await;
    let mut second = framed.stream().await;
    let mut third = framed.stream().await;
    first.write_all(b"1\n").await.unwrap();
    second.write_all(b"2\n").await.unwrap();
    framed.line().await;
    framed.line().await;
    third.write_all(b"3\n").await.unwrap();
    assert_eq!(framed.failed().await, FrameError::TooMany(2).to_string());
    assert!(matches!(framed.reason().await, DisconnectReason::Closed));
    drop(first);
    framed.reason().await;
    framed.ended().await;
    framed.ended().await;
    let mut fourth = framed.stream().await;
    fourth.write_all(b"4\n").await.unwrap();
    assert_eq!(framed.line().await, "4");
}

/// Answers each line, and ends a stream when it is told to.
#[component(channel = "talk")]
struct Talker;

#[component]
impl Talker {
    #[handler("line")]
    async fn line(&self, event: &Line, cx: &Context<Self>) -> Option<Bytes> {
        match &event.line[..] {
            b"quit" => {
                event.connection.close();
                Some("bye".into())
            }
            b"two" => {
                for part in ["first", "second"] {
                    let part = Outgoing::new(&event.connection, Bytes::from(part));
                    assert!(cx.on("stream").call(part).await.unwrap());
                }
                None
            }
            b"silent" => None,
            line => Some([b"<", line, b">"].concat().into()),
        }
    }
}

#[tokio::test]
async fn line_001_replies_and_outgoing_lines_are_written_in_order() {
    let system = System::new();
    system.register(Talker).await.unwrap();
    let lines = lines(80).on("talk");
    system.register(lines).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(1024);
    system
        .register(ByteStream::new("peer", stream))
        .await
        .unwrap();
    peer.write_all(b"a\nsilent\ntwo\nb\nquit\nlate\n")
        .await
        .unwrap();
    let mut told = String::new();
    soon(peer.read_to_string(&mut told)).await.unwrap();
    assert_eq!(
        told, "<a>\nfirst\nsecond\n<b>\nbye\n",
        "nothing after the end"
    );
}

/// Asks its framing for lines of each kind of stream.
async fn lines_on(channel: &str, add: impl AsyncFnOnce(&System)) -> Vec<Bytes> {
    let system = System::new();
    let probe = Probe::on(&system, channel).await.unwrap();
    system.register(lines(80)).channel(channel).await.unwrap();
    add(&system).await;
    probe.expect::<FramesEnded>().within(SOON).await.unwrap();
    let lines = probe.all::<Line>();
    lines.iter().map(|line| line.line.clone()).collect()
}

#[tokio::test]
async fn line_001_the_same_framing_serves_sockets_files_processes_and_serial_lines() {
    let expected = ["one", "two", "three"];
    let text = "one\ntwo\r\nthree";

    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, text).unwrap();
    let file = async |system: &System| drop(system.register(File::open(&path)).await.unwrap());
    assert_eq!(lines_on("file", file).await, expected);

    let process = async |system: &System| {
        let process = Process::new("printf").arg("%s").arg(text);
        let exited = system.on("process").wait::<Exited>();
        system.register(process).await.unwrap();
        soon(exited).await.unwrap();
    };
    assert_eq!(lines_on("process", process).await, expected);

    let socket = async |system: &System| {
        let listening = system.on("tcp").wait::<Listening>();
        let server = TcpServer::bind("127.0.0.1:0");
        system.register(server).await.unwrap();
        let address = soon(listening).await.unwrap().address;
        let mut peer = TcpStream::connect(address).await.unwrap();
        peer.write_all(text.as_bytes()).await.unwrap();
    };
    assert_eq!(lines_on("tcp", socket).await, expected);

    let serial = async |system: &System| {
        let (mut peer, ours) = SerialStream::pair().unwrap();
        system
            .register(Serial::from_stream("meter", ours))
            .await
            .unwrap();
        peer.write_all(b"one\ntwo\r\nthree\n").await.unwrap();
        system.on("serial").wait::<Line>().await.unwrap();
        drop(peer);
    };
    let lines = lines_on("serial", serial).await;
    assert!(lines.starts_with(&[Bytes::from("one")]), "{lines:?}");
}

/// Compares what it hears with what was sent, which it makes again by itself.
#[component(channel = "stream")]
struct Checker {
    expected: Noise,
    heard: u64,
}

#[component]
impl Checker {
    #[handler("line")]
    fn line(&mut self, event: &Line) {
        let (line, _) = self.expected.line();
        assert_eq!(event.line, line, "line {}", self.heard);
        self.heard += 1;
    }
}

/// A sequence of lines that is the same each time.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A line of bytes of all kinds but LF, and its end.
    fn line(&mut self) -> (Vec<u8>, &'static [u8]) {
        let length = (self.next() % 48) as usize;
        let mut line = Vec::with_capacity(length + 8);
        while line.len() < length {
            line.extend_from_slice(&self.next().to_le_bytes());
        }
        line.retain(|byte| *byte != b'\n');
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if line.last() == Some(&b'\r') {
            line.push(b'.');
        }
        let end: &[u8] = if self.next().is_multiple_of(2) {
            b"\n"
        } else {
            b"\r\n"
        };
        (line, end)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn line_001_a_million_random_lines_come_as_they_were_and_memory_stays_flat() {
    const LINES: u64 = 1_000_000;
    if std::env::var_os(ALONE).is_none() {
        // In a process of its own: memory is that of the whole process.
        let name =
            "framing::line_001_a_million_random_lines_come_as_they_were_and_memory_stays_flat";
        let mut alone = tokio::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", name]).env(ALONE, "1");
        let output = alone.kill_on_drop(true).output();
        let limit = Duration::from_secs(120);
        let output = tokio::time::timeout(limit, output).await.expect("in time");
        let output = output.unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.contains("1 passed"),
            "{text}"
        );
        return;
    }
    let system = System::new();
    let checker = Checker {
        expected: Noise(1),
        heard: 0,
    };
    let checker = system.register(checker).await.unwrap();
    system.register(lines(64)).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(64 * 1024);
    let stream = ByteStream::new("peer", stream).read_size(16 * 1024);
    let stream = system.register(stream).await.unwrap();
    let mut noise = Noise(1);
    let mut block = Vec::new();
    let mut resident = 0;
    for number in 0..LINES {
        let (line, end) = noise.line();
        block.extend_from_slice(&line);
        block.extend_from_slice(end);
        if block.len() > 7_000 || number + 1 == LINES {
            peer.write_all(&block).await.unwrap();
            block.clear();
        }
        if number == LINES / 4 {
            resident = memory();
        }
    }
    drop(peer);
    let limit = Duration::from_secs(60);
    tokio::select! {
        biased;
        down = checker.ended() => panic!("{down:?}"),
        down = tokio::time::timeout(limit, stream.ended()) => drop(down.expect("in time")),
    }
    let grown = memory().saturating_sub(resident);
    // Kept, the lines alone would be more.
    assert!(grown < 48 * 1024, "{grown} KiB more");
    assert_eq!(system.exceptions(), 0);
}

/// The KiB of memory that this process has.
fn memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words = line.unwrap().split_whitespace().nth(1);
    words.unwrap().parse().unwrap()
}

//! What comes over the wire from who is no bridge, or a bad one.

use circuits::bridge::{Bridge, Disconnected, LinkError, Refused};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::{App, Hello};
use crate::support::{Log, until, within};

/// No wait takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// A hello as the wire has it: a map with the names of the fields.
fn hello(magic: &str, version: u8) -> Vec<u8> {
    let mut bytes = vec![0x86];
    let text = |text: &str, bytes: &mut Vec<u8>| {
        bytes.push(0xa0 | text.len() as u8);
        bytes.extend_from_slice(text.as_bytes());
    };
    text("magic", &mut bytes);
    text(magic, &mut bytes);
    text("version", &mut bytes);
    bytes.push(version);
    for (name, value) in [("process", 1), ("max_in_flight", 4)] {
        text(name, &mut bytes);
        bytes.push(value);
    }
    text("max_frame", &mut bytes);
    bytes.extend_from_slice(&[0xce, 0, 1, 0, 0]);
    text("receives", &mut bytes);
    bytes.push(0x90);
    bytes
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut frame = (bytes.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(bytes);
    frame
}

/// Sends bytes as the first ones to a bridge that waits for them; returns how its
/// start fails.
async fn refused(bytes: &[u8]) -> String {
    let (mut peer, stream) = UnixStream::pair().unwrap();
    peer.write_all(bytes).await.unwrap();
    peer.shutdown().await.unwrap();
    let bridge = Bridge::over(stream).receive::<Hello>().on("app");
    let error = within(System::new().register(bridge)).await.unwrap_err();
    super::texts(&error).join(": ")
}

#[tokio::test]
async fn core_111_another_version_is_refused_with_both_numbers() {
    let text = refused(&framed(&hello("circuits bridge", 9))).await;
    let expected = "this side speaks version 1 and the other side version 9";
    assert!(text.contains(expected), "{text}");
}

#[tokio::test]
async fn core_111_whoever_is_no_bridge_is_refused() {
    let http = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let other = framed(&hello("another protocol", 1));
    let garbage = framed(b"garbage");
    for bytes in [&http[..], &other, &garbage] {
        let text = refused(bytes).await;
        assert!(text.contains("the other side is no bridge"), "{text}");
    }
    let text = refused(b"").await;
    assert!(
        text.contains("the other side has closed the link"),
        "{text}"
    );
}

/// A bridge that has been greeted rightly.
struct Greeted {
    peer: UnixStream,
    probe: Probe,
    _system: System,
    log: Log,
}

async fn greeted() -> Greeted {
    let (mut peer, stream) = UnixStream::pair().unwrap();
    peer.write_all(&framed(&hello("circuits bridge", 1)))
        .await
        .unwrap();
    let system = System::new();
    let log = Log::default();
    let app = log.clone();
    system.supervise(move || App(app.clone())).await.unwrap();
    let probe = Probe::on(&system, "bridge").await.unwrap();
    let bridge = Bridge::over(stream).receive::<Hello>().on("app");
    within(system.register(bridge)).await.unwrap();
    Greeted {
        peer,
        probe,
        _system: system,
        log,
    }
}

impl Greeted {
    /// Sends bytes and closes; returns why the link has ended.
    async fn end(mut self, bytes: &[u8]) -> LinkError {
        let _ = self.peer.write_all(bytes).await;
        let _ = self.peer.shutdown().await;
        let told = self.probe.expect::<Disconnected>().within(LIMIT).await;
        told.unwrap().reason.clone()
    }
}

#[tokio::test]
async fn core_111_a_frame_that_is_too_long_or_cut_ends_the_link() {
    let reason = greeted().await.end(&[0xff; 8]).await;
    assert!(
        matches!(reason, LinkError::TooLong(1_048_576)),
        "{reason:?}"
    );
    let reason = greeted().await.end(&[0, 0, 0, 9, 1]).await;
    assert!(matches!(reason, LinkError::Truncated), "{reason:?}");
    let reason = greeted().await.end(&[0, 0]).await;
    assert!(matches!(reason, LinkError::Truncated), "{reason:?}");
    let reason = greeted().await.end(&[]).await;
    assert!(matches!(reason, LinkError::PeerClosed), "{reason:?}");
}

#[tokio::test]
async fn core_111_an_answer_to_what_was_not_asked_ends_the_link() {
    // {"nothing": {"id": 7}}
    let frame = framed(b"\x81\xa7nothing\x81\xa2id\x07");
    let reason = greeted().await.end(&frame).await;
    let text = reason.to_string();
    assert!(
        text.contains("it answered 7, which waits for no answer"),
        "{text}"
    );
}

#[tokio::test]
async fn core_111_values_that_are_nested_too_deep_end_the_link() {
    let nested = vec![0x91; 100_000];
    let reason = greeted().await.end(&framed(&nested)).await;
    assert!(matches!(reason, LinkError::Protocol(_)), "{reason:?}");
}

#[tokio::test]
async fn core_111_more_events_than_agreed_end_the_link() {
    let (mut peer, stream) = UnixStream::pair().unwrap();
    peer.write_all(&framed(&hello("circuits bridge", 1)))
        .await
        .unwrap();
    let system = System::new();
    let log = Log::default();
    let app = log.clone();
    system.supervise(move || App(app.clone())).await.unwrap();
    let probe = Probe::on(&system, "bridge").await.unwrap();
    let bridge = Bridge::over(stream).receive::<super::Slow>().on("app");
    within(system.register(bridge.max_in_flight(2)))
        .await
        .unwrap();
    for id in 0..3 {
        // {"fire": {"id": .., "name": "slow", "event": <1 byte: 1>}}
        let mut frame = b"\x81\xa4fire\x83\xa2id".to_vec();
        frame.push(id);
        frame.extend_from_slice(b"\xa4name\xa4slow\xa5event\xc4\x01\x01");
        let _ = peer.write_all(&framed(&frame)).await;
    }
    let told = probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    let text = told.reason.to_string();
    assert!(text.contains("more than 2 events in flight"), "{text}");
}

#[tokio::test]
async fn core_083_the_bytes_of_a_frame_are_what_the_book_says() {
    let mut greeted = greeted().await;
    // {"fire": {"id": 0, "name": "hello", "event": {"name": "x"}}}
    let event = b"\x81\xa4name\xa1x";
    let mut frame = b"\x81\xa4fire\x83\xa2id\x00\xa4name\xa5hello\xa5event\xc4\x08".to_vec();
    frame.extend_from_slice(event);
    greeted.peer.write_all(&framed(&frame)).await.unwrap();
    until(|| greeted.log.len() == 1).await;
    assert_eq!(greeted.log.take(), ["hello x"]);
    let mut read = Vec::new();
    let answered = async {
        while !read.windows(5).any(|it| it == b"\xa4done") {
            greeted.peer.read_buf(&mut read).await.unwrap();
        }
    };
    within(answered).await;
    let reply = b"\x81\xa5reply\x82\xa2id\x00\xa5reply\xc4\x0a\xa9Hello, x!";
    assert!(read.windows(reply.len()).any(|it| it == reply), "{read:?}");
}

#[tokio::test]
async fn core_111_an_event_that_is_not_received_is_refused_and_the_link_goes_on() {
    let mut greeted = greeted().await;
    let unknown = b"\x81\xa4fire\x83\xa2id\x00\xa4name\xa6secret\xa5event\xc4\x01\x01";
    let known = b"\x81\xa4fire\x83\xa2id\x01\xa4name\xa5hello\xa5event\xc4\x08\x81\xa4name\xa1x";
    greeted.peer.write_all(&framed(unknown)).await.unwrap();
    greeted.peer.write_all(&framed(known)).await.unwrap();
    let refused = greeted.probe.expect::<Refused>().within(LIMIT).await;
    assert_eq!(refused.unwrap().name, "secret");
    until(|| greeted.log.len() == 1).await;
    let mut read = Vec::new();
    let told = async {
        while !read.windows(12).any(|it| it == b"not_received") {
            greeted.peer.read_buf(&mut read).await.unwrap();
        }
    };
    within(told).await;
}

/// Random bytes, the same ones at each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[tokio::test]
async fn core_111_random_frames_do_no_harm() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let valid = b"\x81\xa4fire\x83\xa2id\x00\xa4name\xa5hello\xa5event\xc4\x08\x81\xa4name\xa1x";
    for _ in 0..334 {
        let mut greeted = greeted().await;
        let mut bytes = Vec::new();
        for id in 0..300_u64 {
            let mut frame = valid.to_vec();
            frame[11] = (id % 128) as u8;
            // Some of the bytes are others.
            for _ in 0..random.next() % 4 {
                let at = random.next() as usize % frame.len();
                frame[at] = random.next() as u8;
            }
            bytes.extend(framed(&frame));
        }
        let (mut source, mut sink) = greeted.peer.split();
        let mut waste = Vec::new();
        let ended = async {
            tokio::join!(
                async {
                    let _ = sink.write_all(&bytes).await;
                    let _ = sink.shutdown().await;
                },
                source.read_to_end(&mut waste)
            )
        };
        let _ = within(ended).await;
        let told = greeted.probe.expect::<Disconnected>().within(LIMIT).await;
        told.unwrap();
    }
}

//! Frames of any codec, between streams and events.

use circuits::prelude::*;
use circuits::protocols::{
    DecodeOnly, FramesEnded, Framing, FramingFailed, FromFrame, Message, split,
};
use circuits::stream::{ByteStream, Bytes, Connection, DisconnectReason, Disconnected};
use circuits::testing::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::codec::{LengthDelimitedCodec, LinesCodec};

use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

/// A protocol's own event, with a reply of its own.
#[derive(Event)]
#[event(reply = Bytes)]
struct Command {
    words: Vec<String>,
}

impl FromFrame<Bytes> for Command {
    fn from_frame(_connection: Connection, frame: Bytes) -> Self {
        let text = String::from_utf8_lossy(&frame);
        let words = text.split_whitespace().map(str::to_owned).collect();
        Self { words }
    }
}

#[component(channel = "stream")]
struct Counter;

#[component]
impl Counter {
    #[handler("command")]
    fn command(&mut self, event: &Command) -> Bytes {
        format!("{};", event.words.len()).into()
    }
}

#[tokio::test]
async fn line_002_any_function_splits() {
    let records = split(|read| {
        let end = read.iter().position(|byte| *byte == b';')?;
        let mut record = read.split_to(end + 1);
        record.truncate(end);
        Some(record.freeze())
    });
    let framing: Framing<_, Command> = Framing::new(records);
    let system = System::new();
    system.register(Counter).await.unwrap();
    system.register(framing).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(1024);
    system
        .register(ByteStream::new("peer", stream))
        .await
        .unwrap();
    peer.write_all(b"one two;three;;rest").await.unwrap();
    let mut replies = [0; 6];
    soon(peer.read_exact(&mut replies)).await.unwrap();
    assert_eq!(&replies, b"2;1;0;");
}

#[component(channel = "stream")]
struct Doubler;

#[component]
impl Doubler {
    #[handler("message")]
    fn message(&mut self, event: &Message<tokio_util::bytes::BytesMut, Bytes>) -> Bytes {
        [&event.message[..], &event.message].concat().into()
    }
}

#[tokio::test]
async fn line_002_any_codec_frames_in_both_directions() {
    let framing: Framing<_, Message<_, Bytes>> = Framing::new(LengthDelimitedCodec::new());
    let system = System::new();
    system.register(Doubler).await.unwrap();
    system.register(framing).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(1024);
    system
        .register(ByteStream::new("peer", stream))
        .await
        .unwrap();
    peer.write_all(b"\0\0\0\x03abc\0\0\0\x01d").await.unwrap();
    let mut replies = [0; 16];
    soon(peer.read_exact(&mut replies)).await.unwrap();
    assert_eq!(&replies, b"\0\0\0\x06abcabc\0\0\0\x02dd");
}

#[tokio::test]
async fn line_002_a_codec_that_only_reads_and_one_that_stumbles_are_of_use_as_well() {
    let system = System::new();
    let probe = Probe::on(&system, "stream").await.unwrap();
    let codec = DecodeOnly(LinesCodec::new_with_max_length(4));
    let framing: Framing<_, Message<String, ()>> = Framing::new(codec).keep_on();
    system.register(framing).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(1024);
    system
        .register(ByteStream::new("peer", stream))
        .await
        .unwrap();
    peer.write_all(b"one\ntoo long\ntwo\n\xff\nsix\n")
        .await
        .unwrap();
    drop(peer);
    probe.expect::<FramesEnded>().within(SOON).await.unwrap();
    let messages = probe.all::<Message<String, ()>>();
    let messages: Vec<_> = messages.iter().map(|it| &*it.message).collect();
    assert_eq!(messages, ["one", "two", "six"]);
    assert_eq!(probe.all::<FramingFailed>().len(), 2);
}

#[tokio::test]
async fn line_002_a_frame_that_never_ends_is_held_to_the_limit() {
    let never = split(|_read| None::<Bytes>);
    let framing: Framing<_, Message<Bytes, Bytes>> = Framing::new(never).max_buffer(10_000);
    let system = System::new();
    let probe = Probe::on(&system, "stream").await.unwrap();
    system.register(framing).channel("stream").await.unwrap();
    let (mut peer, stream) = tokio::io::duplex(1024);
    system
        .register(ByteStream::new("peer", stream))
        .await
        .unwrap();
    peer.write_all(&[b'x'; 10_000]).await.unwrap();
    let none = probe.none::<FramingFailed>();
    none.within(Duration::from_millis(50)).await.unwrap();
    peer.write_all(b"x").await.unwrap();
    let failed = probe.expect::<FramingFailed>().within(SOON).await.unwrap();
    assert_eq!(
        failed.error.to_string(),
        "a frame is longer than 10000 bytes"
    );
    let end = probe.expect::<Disconnected>().within(SOON).await.unwrap();
    assert!(matches!(end.reason, DisconnectReason::Closed));
}

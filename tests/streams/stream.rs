//! Streams of any kind: what is promised of all of them, without sockets.

use circuits::prelude::*;
use circuits::stream::{ByteStream, Close, Connection, Peer, Write, WriteError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::support::{Heard, Told, listen, listen_closed, soon};

struct Opened {
    system: System,
    owner: Address<ByteStream<DuplexStream>>,
    heard: Heard,
    peer: DuplexStream,
    connection: Connection,
}

type Choose = fn(ByteStream<DuplexStream>) -> ByteStream<DuplexStream>;

async fn open_with(is_open: bool, choose: Choose) -> Opened {
    let system = System::new();
    let mut heard = match is_open {
        true => listen(&system, "stream").await,
        false => listen_closed(&system, "stream").await,
    };
    let (peer, stream) = tokio::io::duplex(1000);
    let owner = choose(ByteStream::new("peer", stream));
    let owner = system.register(owner).await.unwrap();
    let connection = heard.connected().await;
    Opened {
        system,
        owner,
        heard,
        peer,
        connection,
    }
}

async fn open(choose: Choose) -> Opened {
    open_with(true, choose).await
}

async fn rest(peer: &mut DuplexStream) -> String {
    let mut all = String::new();
    soon(peer.read_to_string(&mut all)).await.unwrap();
    all
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_told_in_order_and_its_component_ends_with_it() {
    let mut opened = open(|stream| stream.lines(10)).await;
    assert_eq!(*opened.connection.peer(), Peer::from("peer"));
    assert_eq!(opened.connection.id().owner(), opened.owner.id());
    opened.peer.write_all(b"one\r\n\ntwo").await.unwrap();
    opened.peer.shutdown().await.unwrap();
    assert_eq!(rest(&mut opened.peer).await, "onetwo");
    for line in ["one", "", "two"] {
        assert_eq!(opened.heard.read().await, line);
    }
    let (ended, reason) = opened.heard.left().await;
    assert_eq!(ended, opened.connection);
    assert_eq!(reason, "the peer has closed the connection");
    soon(opened.owner.ended()).await;
    assert!(opened.heard.is_silent());
    assert!(!opened.connection.is_open());
}

#[tokio::test(start_paused = true)]
async fn what_is_written_by_handle_by_event_and_by_reply_keeps_its_order() {
    let mut opened = open(|stream| stream).await;
    let target = opened.system.on("stream");
    opened.connection.write("1").await.unwrap();
    assert!(target.call(Write::new("2")).await.unwrap());
    assert!(
        target
            .call(Write::to(&opened.connection, "3"))
            .await
            .unwrap()
    );
    opened.connection.try_write("4").unwrap();
    opened.peer.write_all(b"5").await.unwrap();
    let mut got = [0; 5];
    soon(opened.peer.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"12345");
    assert!(target.call(Close::new()).await.unwrap());
    assert_eq!(rest(&mut opened.peer).await, "");
    assert_eq!(
        opened.heard.reason().await,
        "a component closed the connection"
    );
    assert_eq!(opened.connection.write("x").await, Err(WriteError::Ended));
    assert!(!opened.connection.close());
}

#[tokio::test(start_paused = true)]
async fn closing_writes_what_is_queued() {
    let mut opened = open(|stream| stream).await;
    let chunk = "x".repeat(10_000);
    opened.connection.try_write(chunk.clone()).unwrap();
    assert!(opened.connection.close());
    assert!(!opened.connection.close(), "it is closed already");
    assert_eq!(rest(&mut opened.peer).await, chunk);
}

#[tokio::test(start_paused = true)]
async fn the_write_queue_takes_its_limit_and_not_one_byte_more() {
    // The 64 bytes of overhead of a chunk count as well; no chunk fits into the pipe.
    let opened = open(|stream| stream.write_queue(2 * (2000 + 64))).await;
    opened.connection.try_write("a".repeat(2000)).unwrap();
    opened.connection.try_write("b".repeat(2000)).unwrap();
    let more = opened.connection.try_write("c");
    assert_eq!(more, Err(WriteError::Full("c".into())));
    // A writer that waits has its chunk in the queue, and goes on when there is room.
    let connection = opened.connection.clone();
    let writer = tokio::spawn(async move { connection.write("d").await });
    tokio::task::yield_now().await;
    assert!(!writer.is_finished());
    let (mut source, _sink) = tokio::io::split(opened.peer);
    let mut got = vec![0; 4001];
    soon(source.read_exact(&mut got)).await.unwrap();
    assert_eq!(got.last(), Some(&b'd'));
    soon(writer).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_empty_queue_takes_a_chunk_that_is_larger_than_its_limit() {
    let mut opened = open(|stream| stream.write_queue(0)).await;
    opened.connection.try_write("large").unwrap();
    let mut got = [0; 5];
    soon(opened.peer.read_exact(&mut got)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_line_at_the_limit_passes_and_one_above_ends_the_stream() {
    for (end, ending) in [
        ("\n", "at a line end"),
        ("\r\n", "at two bytes"),
        ("", "at none"),
    ] {
        let mut opened = open(|stream| stream.lines(10)).await;
        let line = "x".repeat(10);
        opened
            .peer
            .write_all(format!("{line}{end}").as_bytes())
            .await
            .unwrap();
        if end.is_empty() {
            opened.peer.shutdown().await.unwrap();
        }
        assert_eq!(opened.heard.read().await, line, "{ending}");
    }
    for end in ["\n", "\r\n", "x", "xxx"] {
        let mut opened = open(|stream| stream.lines(10)).await;
        let line = "x".repeat(11);
        opened
            .peer
            .write_all(format!("{line}{end}").as_bytes())
            .await
            .unwrap();
        assert_eq!(
            opened.heard.reason().await,
            "a line is longer than 10 bytes"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_says_nothing_is_disconnected_after_the_idle_time_and_not_before() {
    let mut opened = open(|stream| stream.idle_timeout(Duration::from_secs(10))).await;
    let begun = tokio::time::Instant::now();
    tokio::time::advance(Duration::from_millis(9_900)).await;
    opened.peer.write_all(b"x").await.unwrap();
    assert_eq!(opened.heard.read().await, "x");
    assert_eq!(opened.heard.reason().await, "the peer sent nothing for 10s");
    assert!(begun.elapsed() >= Duration::from_millis(19_900));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_sends_a_byte_a_second_is_not_idle_and_its_line_has_the_same_limit() {
    let choose: Choose = |stream| stream.lines(60).idle_timeout(Duration::from_secs(2));
    let mut opened = open(choose).await;
    let begun = tokio::time::Instant::now();
    // The 61st may be the first half of the terminator; the next is not.
    for second in 1..=62 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(opened.heard.is_silent(), "after {second} s");
        opened.peer.write_all(b"x").await.unwrap();
    }
    let reason = opened.heard.reason().await;
    assert_eq!(reason, "a line is longer than 60 bytes");
    assert!(begun.elapsed() < Duration::from_secs(63));
    assert_eq!(rest(&mut opened.peer).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_nothing_is_disconnected_after_the_write_time() {
    let mut opened = open(|stream| stream.write_queue(1000)).await;
    let begun = tokio::time::Instant::now();
    let waiting = opened.connection.write("x".repeat(5000)).await;
    assert_eq!(waiting, Err(WriteError::Ended));
    assert_eq!(opened.heard.reason().await, "the peer took nothing for 30s");
    assert!(begun.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_takes_a_byte_a_second_is_waited_for() {
    let mut opened = open(|stream| stream.write_queue(1000)).await;
    let connection = opened.connection.clone();
    let writer = tokio::spawn(async move {
        let written = connection.write("x".repeat(1200)).await;
        connection.close();
        written
    });
    let mut got = 0;
    while soon(opened.peer.read(&mut [0])).await.unwrap() == 1 {
        got += 1;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(got, 1200);
    writer.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_half_open_stream_is_written_to_after_its_end() {
    let mut opened = open(|stream| stream.half_open()).await;
    opened.peer.write_all(b"request").await.unwrap();
    opened.peer.shutdown().await.unwrap();
    assert_eq!(opened.heard.read().await, "request");
    let Told::Eof(connection) = opened.heard.told().await else {
        panic!("no end is told");
    };
    connection.write(", response").await.unwrap();
    assert!(connection.finish());
    assert_eq!(rest(&mut opened.peer).await, "request, response");
    let ended = "the peer has closed the connection";
    assert_eq!(opened.heard.reason().await, ended);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_sending_side_is_finished_is_read_on() {
    let mut opened = open(|stream| stream).await;
    assert!(opened.connection.finish());
    assert_eq!(rest(&mut opened.peer).await, "");
    opened.peer.write_all(b"still").await.unwrap();
    assert_eq!(opened.heard.read().await, "still");
    drop(opened.peer);
    let ended = "the peer has closed the connection";
    assert_eq!(opened.heard.reason().await, ended);
}

#[tokio::test(start_paused = true)]
async fn a_component_that_drains_answers_what_is_being_handled() {
    let mut opened = open_with(false, |stream| stream).await;
    opened.peer.write_all(b"last").await.unwrap();
    assert_eq!(opened.heard.read().await, "last");
    let owner = opened.owner.clone();
    let drained = tokio::spawn(async move { owner.drain().await });
    tokio::task::yield_now().await;
    opened.heard.gate.add_permits(1);
    assert_eq!(rest(&mut opened.peer).await, "last");
    assert_eq!(opened.heard.reason().await, "its component has stopped");
    soon(drained).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_component_that_is_killed_tells_the_end_and_wakes_who_waits() {
    let mut opened = open(|stream| stream.write_queue(0)).await;
    let connection = opened.connection.clone();
    let writer = tokio::spawn(async move { connection.write("x".repeat(5000)).await });
    tokio::task::yield_now().await;
    opened.owner.kill();
    assert_eq!(soon(writer).await.unwrap(), Err(WriteError::Ended));
    soon(opened.connection.ended()).await;
    assert_eq!(
        opened.heard.reason().await,
        "its component was killed or crashed"
    );
    soon(opened.owner.ended()).await;
    assert!(opened.heard.is_silent());
}

#[tokio::test(start_paused = true)]
async fn events_about_a_stream_of_another_owner_are_not_answered() {
    let opened = open(|stream| stream).await;
    let (_peer, stream) = tokio::io::duplex(1000);
    let other = opened.system.register(ByteStream::new("other", stream));
    let other = other.channel("other").await.unwrap();
    let write = Write::to(&opened.connection, "x");
    assert!(opened.system.to(&other).call(write).await.is_err());
    let close = Close::of(&opened.connection);
    assert!(opened.system.to(&other).call(close).await.is_err());
    assert!(opened.connection.is_open());
}

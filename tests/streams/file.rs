//! Files: opened, read, written, moved in, closed.

use std::fs;
use std::io::SeekFrom;
use std::path::Path;

use circuits::io::{File, Mode, Seek, SeekError};
use circuits::prelude::*;
use circuits::stream::{
    Close, Connected, Connection, DisconnectReason, Disconnected, Eof, Peer, Read, Write,
};
use circuits::testing::Probe;

use crate::folder::Folder;
use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

struct Opened {
    system: System,
    probe: Probe,
    file: Address<File>,
    connection: Connection,
}

/// Adds a file, and waits until it is open.
async fn opened(file: File) -> Opened {
    let system = System::new();
    let probe = Probe::with_capacity(&system, "file", 10_000).await.unwrap();
    let file = system.register(file).await.unwrap();
    let connected = probe.expect::<Connected>().within(SOON).await.unwrap();
    let connection = connected.connection.clone();
    Opened {
        system,
        probe,
        file,
        connection,
    }
}

impl Opened {
    /// Waits until it is closed; returns why.
    async fn end(&self) -> DisconnectReason {
        let end = self.probe.expect::<Disconnected>().within(SOON).await;
        end.unwrap().reason.clone()
    }

    async fn close(&self) -> DisconnectReason {
        assert!(self.system.on("file").call(Close::new()).await.unwrap());
        self.end().await
    }

    async fn write(&self, data: &'static str) {
        let written = self.system.on("file").call(Write::new(data));
        assert!(soon(written).await.unwrap());
    }

    async fn seek(&self, position: SeekFrom) -> u64 {
        let moved = self.system.on("file").call(Seek::new(position));
        soon(moved).await.unwrap()
    }

    /// All that was read so far.
    fn text(&self) -> String {
        let pieces = self.probe.all::<Read>();
        let bytes: Vec<u8> = pieces
            .iter()
            .flat_map(|piece| piece.data.to_vec())
            .collect();
        String::from_utf8(bytes).unwrap()
    }

    /// The names of the events of the stream, without repetitions.
    fn names(&self) -> Vec<String> {
        let mut names = self.probe.names();
        names.retain(|name| ["connected", "read", "eof", "disconnected"].contains(&&**name));
        names.dedup();
        names
    }
}

fn chain(error: impl Into<Error>) -> String {
    let error = error.into();
    let mut text = error.to_string();
    let mut source = error.as_dyn().source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn contents(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn io_001_a_file_tells_what_every_stream_tells_and_takes_what_every_stream_takes() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let file = opened(File::with_mode(&path, Mode::Rewrite)).await;
    assert_eq!(file.connection.peer(), &Peer::Path(path.clone()));
    file.probe.expect::<Eof>().within(SOON).await.unwrap();
    file.write("one").await;
    file.connection.write(" two").await.unwrap();
    assert!(file.connection.close());
    assert!(matches!(file.end().await, DisconnectReason::Closed));
    assert_eq!(contents(&path), "one two");
    assert_eq!(file.names(), ["connected", "eof", "disconnected"]);
}

#[tokio::test]
async fn io_010_a_file_is_read_in_pieces_to_its_end_and_closed() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let text = "circuits\n".repeat(5_000);
    fs::write(&path, &text).unwrap();
    let file = opened(File::open(&path).read_size(4096)).await;
    assert!(matches!(file.end().await, DisconnectReason::PeerClosed));
    assert_eq!(file.text(), text);
    let pieces = file.probe.all::<Read>();
    assert!(pieces.iter().all(|piece| piece.data.len() <= 4096));
    assert_eq!(file.names(), ["connected", "read", "disconnected"]);
    soon(file.file.ended()).await;
}

#[tokio::test]
async fn io_010_a_file_is_read_in_lines() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "one\ntwo\r\n\nthree").unwrap();
    let file = opened(File::open(&path).lines(80)).await;
    file.end().await;
    let lines = file.probe.all::<Read>();
    let lines: Vec<_> = lines.iter().map(|line| &line.data[..]).collect();
    assert_eq!(lines, [&b"one"[..], b"two", b"", b"three"]);

    fs::write(&path, "12345678\n123456789\n").unwrap();
    let file = opened(File::open(&path).lines(8)).await;
    assert!(matches!(file.end().await, DisconnectReason::LineTooLong(8)));
    assert_eq!(file.text(), "12345678");
}

#[tokio::test]
async fn io_010_an_open_file_is_taken_with_its_own_mode() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "before").unwrap();
    let reads = fs::File::open(&path).unwrap();
    let file = opened(File::from_std("given", reads)).await;
    assert_eq!(file.connection.peer().to_string(), "given");
    assert!(file.connection.write("x").await.is_err(), "it is only read");
    assert!(matches!(file.end().await, DisconnectReason::PeerClosed));
    assert_eq!(file.text(), "before");

    let appends = fs::File::options().append(true).open(&path).unwrap();
    let file = opened(File::from_std("given", appends)).await;
    file.write(", after").await;
    file.close().await;
    assert_eq!(contents(&path), "before, after");
    assert_eq!(file.names(), ["connected", "disconnected"]);
}

#[tokio::test]
async fn io_010_a_missing_file_is_told_as_failed() {
    let system = System::new();
    let started = system.supervise(|| File::open("/nowhere/a")).await;
    let text = chain(started.unwrap_err());
    let told = "`/nowhere/a` cannot be opened: name one that is there";
    assert!(text.contains(told), "{text}");

    let started = system.supervise(|| File::open("/tmp")).await;
    let text = chain(started.unwrap_err());
    assert!(
        text.contains("`/tmp` cannot be opened: name a file in it"),
        "{text}"
    );

    let folder = Folder::new();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let started = soon(system.register(File::open(&pipe))).await;
    let text = chain(started.unwrap_err());
    assert!(text.contains("it is a pipe"), "{text}");
}

#[tokio::test]
async fn io_011_everything_is_written_in_order_before_a_close() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let file = opened(File::create(&path).write_queue(1024)).await;
    let mut expected = String::new();
    for number in 0..1_000 {
        let line = format!("line {number}\n");
        expected += &line;
        file.system.on("file").fire(Write::new(line)).await;
    }
    file.system.on("file").fire(Close::new()).await;
    assert!(matches!(file.end().await, DisconnectReason::Closed));
    assert_eq!(contents(&path), expected);
}

#[tokio::test]
async fn io_011_every_mode_does_to_what_is_there_what_it_says() {
    let folder = Folder::new();
    let check = async |mode, before: Option<&str>, after: &str| {
        let path = folder.path().join(format!("{mode:?}{}", before.is_some()));
        if let Some(before) = before {
            fs::write(&path, before).unwrap();
        }
        let file = opened(File::with_mode(&path, mode)).await;
        if mode.reads() {
            file.probe.expect::<Eof>().within(SOON).await.unwrap();
        }
        file.write("new").await;
        file.close().await;
        assert_eq!(contents(&path), after, "{mode:?}");
        let was_read = if mode == Mode::Rewrite { None } else { before };
        let was_read = was_read.filter(|_| mode.reads());
        assert_eq!(file.text(), was_read.unwrap_or_default(), "{mode:?}");
    };
    check(Mode::Write, Some("old old"), "new").await;
    check(Mode::New, None, "new").await;
    check(Mode::Append, Some("old"), "oldnew").await;
    check(Mode::Append, None, "new").await;
    check(Mode::ReadWrite, Some("old"), "oldnew").await;
    check(Mode::Rewrite, Some("old old"), "new").await;
    check(Mode::ReadAppend, Some("old"), "oldnew").await;
    check(Mode::ReadAppend, None, "new").await;

    let system = System::new();
    let there = folder.path().join("Writetrue");
    let text = chain(
        system
            .register(File::with_mode(there, Mode::New))
            .await
            .unwrap_err(),
    );
    assert!(text.contains("cannot be opened"), "{text}");
}

#[tokio::test]
async fn io_011_a_write_that_fails_closes_the_file_with_the_reason() {
    let file = opened(File::with_mode("/dev/full", Mode::Append)).await;
    file.write("does not fit").await;
    let reason = file.end().await;
    assert!(matches!(reason, DisconnectReason::Failed(_)), "{reason}");
    assert!(reason.to_string().contains("space"), "{reason}");
}

#[tokio::test]
async fn io_012_a_file_that_is_written_stays_open_at_its_end() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "one").unwrap();
    let file = opened(File::with_mode(&path, Mode::ReadAppend)).await;
    file.probe.expect::<Eof>().within(SOON).await.unwrap();
    file.write(" two").await;
    let none = file.probe.none::<Disconnected>();
    none.within(Duration::from_millis(50)).await.unwrap();
    assert_eq!(file.text(), "one", "it is watched no more");
    file.close().await;
    assert_eq!(file.names(), ["connected", "read", "eof", "disconnected"]);
}

#[tokio::test]
async fn io_012_a_seek_comes_between_the_writes_before_and_after_it() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let file = opened(File::create(&path)).await;
    let on = file.system.on("file");
    on.fire(Write::new("0123456789")).await;
    on.fire(Seek::new(SeekFrom::Start(2))).await;
    on.fire(Write::new("ab")).await;
    assert_eq!(file.seek(SeekFrom::Current(2)).await, 6);
    on.fire(Write::new("cd")).await;
    assert_eq!(file.seek(SeekFrom::End(0)).await, 10);
    on.fire(Write::new("end")).await;
    file.close().await;
    assert_eq!(contents(&path), "01ab45cd89end");
}

#[tokio::test]
async fn io_012_a_file_that_was_read_is_written_where_it_is_moved_to() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let file = opened(File::with_mode(&path, Mode::Rewrite)).await;
    file.probe.expect::<Eof>().within(SOON).await.unwrap();
    file.write("0123456789").await;
    assert_eq!(file.seek(SeekFrom::Start(4)).await, 4);
    file.write("abc").await;
    file.close().await;
    assert_eq!(contents(&path), "0123abc789");
    assert_eq!(file.text(), "", "its end was told");
}

#[tokio::test]
async fn io_012_a_seek_reads_again_from_there() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "one\ntwo\nthr").unwrap();
    let file = opened(File::with_mode(&path, Mode::ReadWrite).lines(80)).await;
    file.probe.expect::<Eof>().within(SOON).await.unwrap();
    assert_eq!(file.text(), "onetwothr");
    let again = Seek::new(SeekFrom::Start(4)).and_read();
    let moved = file.system.on("file").call(again);
    assert_eq!(soon(moved).await.unwrap(), 4);
    file.probe.expect::<Eof>().within(SOON).await.unwrap();
    assert_eq!(file.text(), "onetwothrtwothr");

    let nowhere = file
        .system
        .on("file")
        .call(Seek::new(SeekFrom::Current(-100)));
    let text = chain(soon(nowhere).await.unwrap_err());
    assert!(text.contains("the file has no such place"), "{text}");
    file.write("!").await;
    file.close().await;
    assert_eq!(contents(&path), "one\ntwo\nthr!");
}

/// Seeks to the beginning in the middle of a file, and waits for it.
#[component(channel = "file")]
struct Rewinder {
    pieces: u32,
}

#[component]
impl Rewinder {
    #[handler("read", priority = 1)]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) -> Result<(), Error> {
        self.pieces += 1;
        if self.pieces == 3 {
            let again = Seek::of(&event.connection, SeekFrom::Start(0));
            assert_eq!(cx.call(again).await?, 0);
        }
        Ok(())
    }
}

#[tokio::test]
async fn io_012_a_handler_of_what_is_read_may_seek_and_wait() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "abcdefgh").unwrap();
    let system = System::new();
    let probe = Probe::on(&system, "file").await.unwrap();
    system.register(Rewinder { pieces: 0 }).await.unwrap();
    let file = File::with_mode(&path, Mode::ReadWrite).read_size(2);
    system.register(file).await.unwrap();
    probe.expect::<Eof>().within(SOON).await.unwrap();
    let pieces = probe.all::<Read>();
    let pieces: Vec<_> = pieces.iter().map(|piece| piece.data.to_vec()).collect();
    let pieces = String::from_utf8(pieces.concat()).unwrap();
    assert_eq!(pieces, "abcdefabcdefgh");
}

#[tokio::test]
async fn io_012_it_is_closed_with_all_written_when_the_system_drains() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let file = opened(File::append(&path)).await;
    for _ in 0..100 {
        file.system.on("file").fire(Write::new("0123456789"));
    }
    file.system.drain();
    let system = file.system;
    soon(system.join()).await.unwrap();
    assert_eq!(contents(&path), "0123456789".repeat(100));
    let end = file.probe.all::<Disconnected>();
    assert!(matches!(end[0].reason, DisconnectReason::OwnerStopped));
}

#[tokio::test]
async fn io_012_it_is_closed_at_once_when_it_is_taken_out_of_the_tree_or_killed() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    let system = System::new();
    let probe = Probe::on(&system, "file").await.unwrap();
    let append = || File::append(&path);
    let file = system.register(append()).await.unwrap();
    soon(file.unregister()).await;
    let end = probe.expect::<Disconnected>().within(SOON).await.unwrap();
    assert!(matches!(end.reason, DisconnectReason::OwnerStopped));

    let file = system.register(append()).await.unwrap();
    let connected = probe.expect::<Connected>();
    let connected = connected.matching(|it| it.connection != end.connection);
    let connection = connected.within(SOON).await.unwrap().connection.clone();
    file.kill();
    let killed = probe.expect::<Disconnected>().within(SOON).await.unwrap();
    assert!(matches!(killed.reason, DisconnectReason::OwnerFailed));
    assert!(connection.write("late").await.is_err());
}

#[tokio::test]
async fn io_013_two_files_on_one_channel_are_told_apart() {
    let folder = Folder::new();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    fs::write(&a, "from a").unwrap();
    let first = opened(File::with_mode(&a, Mode::ReadAppend)).await;
    first.probe.expect::<Eof>().within(SOON).await.unwrap();
    first.system.register(File::create(&b)).await.unwrap();
    let connected = first.probe.expect::<Connected>();
    let second = connected.within(SOON).await.unwrap().connection.clone();
    assert_ne!(first.connection, second);

    let on = first.system.on("file");
    assert!(on.call(Write::to(&second, "to b")).await.unwrap());
    assert!(
        on.call(Write::to(&first.connection, ", to a"))
            .await
            .unwrap()
    );
    assert!(on.call(Close::of(&second)).await.unwrap());
    let ended = first.probe.expect::<Disconnected>().within(SOON).await;
    assert_eq!(ended.unwrap().connection, second);
    let moved = on.call(Seek::of(&first.connection, SeekFrom::Start(0)));
    assert_eq!(soon(moved).await.unwrap(), 0);
    first.connection.close();
    first.end().await;
    assert_eq!(contents(&a), "from a, to a");
    assert_eq!(contents(&b), "to b");
    let opens = first.probe.all::<Connected>();
    assert_eq!(opens.len(), 2, "nobody opens again");
}

#[tokio::test]
async fn io_012_a_closed_file_does_not_move() {
    let folder = Folder::new();
    let path = folder.path().join("a");
    fs::write(&path, "followed").unwrap();
    let file = opened(File::follow(&path)).await;
    let seek = file.system.on("file").call(Seek::new(SeekFrom::Start(0)));
    let error = Error::from(soon(seek).await.unwrap_err());
    let mut cause = error.as_dyn().source();
    let mut is_closed = false;
    while let Some(error) = cause {
        is_closed |= matches!(error.downcast_ref(), Some(SeekError::Closed));
        cause = error.source();
    }
    assert!(is_closed, "{error:?}");
}

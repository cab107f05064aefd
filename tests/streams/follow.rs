//! Files that are followed, as `tail -F` does.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use circuits::io::File;
use circuits::prelude::*;
use circuits::stream::{Close, Connected, DisconnectReason, Disconnected, Read};
use circuits::testing::Probe;
use tokio::sync::oneshot;

use crate::folder::Folder;
use crate::support::soon;

const SOON: Duration = Duration::from_secs(10);

struct Followed {
    system: System,
    probe: Probe,
}

/// Follows a file, often enough for a test that nobody waits for.
async fn followed(file: File) -> Followed {
    let system = System::new();
    let probe = Probe::with_capacity(&system, "file", 100_000)
        .await
        .unwrap();
    let file = file.poll_interval(Duration::from_millis(5)).lines(1_000);
    system.register(file).await.unwrap();
    probe.expect::<Connected>().within(SOON).await.unwrap();
    Followed { system, probe }
}

impl Followed {
    async fn line(&self) -> String {
        let line = self.probe.expect::<Read>().within(SOON).await.unwrap();
        String::from_utf8(line.data.to_vec()).unwrap()
    }

    async fn lines(&self, count: usize) -> Vec<String> {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(self.line().await);
        }
        lines
    }
}

fn append(path: &Path, text: &str) {
    let file = fs::File::options().append(true).create(true).open(path);
    file.unwrap().write_all(text.as_bytes()).unwrap();
}

fn mv(from: &Path, to: &Path) {
    let status = Command::new("mv").arg("-f").arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

#[tokio::test]
async fn io_012_a_followed_file_is_read_from_its_end_on() {
    let folder = Folder::new();
    let path = folder.path().join("log");
    append(&path, "old\n");
    let tail = followed(File::follow(&path)).await;
    append(&path, "one\ntw");
    assert_eq!(tail.line().await, "one");
    append(&path, "o\n");
    assert_eq!(tail.line().await, "two");
    tail.system.on("file").fire(Close::new());
    let end = tail.probe.expect::<Disconnected>().within(SOON).await;
    assert!(matches!(end.unwrap().reason, DisconnectReason::Closed));

    let tail = followed(File::follow(&path).from_start()).await;
    assert_eq!(tail.lines(3).await, ["old", "one", "two"]);
}

#[tokio::test]
async fn io_012_a_followed_file_may_come_to_be_later() {
    let folder = Folder::new();
    let path = folder.path().join("log");
    let tail = followed(File::follow(&path)).await;
    append(&path, "one\n");
    assert_eq!(tail.line().await, "one");
}

#[tokio::test]
async fn io_012_a_followed_file_is_read_on_when_another_one_gets_its_name() {
    let folder = Folder::new();
    let (path, old) = (folder.path().join("log"), folder.path().join("log.1"));
    append(&path, "");
    let tail = followed(File::follow(&path)).await;
    let mut writer = fs::File::options().append(true).open(&path).unwrap();
    writer.write_all(b"one\n").unwrap();
    mv(&path, &old);
    writer.write_all(b"two, late\n").unwrap();
    append(&path, "three\n");
    writer.write_all(b"four, later st").unwrap();
    drop(writer);
    let lines = tail.lines(4).await;
    assert_eq!(lines, ["one", "two, late", "four, later st", "three"]);
    fs::remove_file(&path).unwrap();
    append(&path, "five\n");
    assert_eq!(tail.line().await, "five");
}

#[tokio::test]
async fn io_012_a_followed_file_that_is_cut_is_read_from_its_beginning() {
    let folder = Folder::new();
    let path = folder.path().join("log");
    append(&path, "");
    let tail = followed(File::follow(&path)).await;
    append(&path, "a long line\nand ha");
    assert_eq!(tail.line().await, "a long line");
    fs::write(&path, "short\n").unwrap();
    // What was read of the line that is lost counts as one, if it was read.
    let mut line = tail.line().await;
    if line == "and ha" {
        line = tail.line().await;
    }
    assert_eq!(line, "short");
}

#[tokio::test]
async fn io_012_files_that_follow_each_other_faster_than_they_are_read_are_all_read() {
    let folder = Folder::new();
    let path = folder.path().join("log");
    append(&path, "");
    let tail = followed(File::follow(&path)).await;
    let mut expected = Vec::new();
    for number in 0..40 {
        for line in 0..50 {
            let line = format!("{number}.{line}");
            append(&path, &format!("{line}\n"));
            expected.push(line);
        }
        // Each has the name until it is open; then it is gone for good.
        soon(async {
            while !is_open(&path) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(tail.lines(expected.len()).await, expected);
}

/// Tells whether this process has a file open.
fn is_open(path: &Path) -> bool {
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut open = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    open.any(|target| target == path)
}

/// The length of a line in the test of the rate, with its end.
const LINE: usize = 1_000;

/// Checks that lines come in order, none twice, none left out.
#[component(channel = "file")]
struct Counter {
    rest: Vec<u8>,
    next: u64,
    last: u64,
    done: Option<oneshot::Sender<()>>,
}

#[component]
impl Counter {
    #[handler("read")]
    fn read(&mut self, event: &Read) {
        self.rest.extend_from_slice(&event.data);
        let whole = self.rest.len() / LINE * LINE;
        for line in self.rest[..whole].chunks(LINE) {
            let number = std::str::from_utf8(&line[..16]).unwrap();
            assert_eq!(number.trim().parse::<u64>().unwrap(), self.next);
            assert_eq!(line.last(), Some(&b'\n'));
            self.next += 1;
        }
        self.rest.drain(..whole);
        if self.next == self.last {
            let _ = self.done.take().unwrap().send(());
        }
    }
}

/// Writes 200 MB a second, and gives the file another name each second.
fn write_fast(path: &Path, seconds: u64) {
    const STEPS: u64 = 100;
    const RATE: u64 = 200_000_000;
    let (mut number, begun) = (0, Instant::now());
    for second in 0..seconds {
        let mut file = fs::File::create_new(path).unwrap();
        for step in 0..STEPS {
            let mut block = Vec::with_capacity((RATE / STEPS) as usize);
            for _ in 0..RATE / STEPS / LINE as u64 {
                block.extend_from_slice(format!("{number:<16}").as_bytes());
                block.resize(block.len() + LINE - 17, b'.');
                block.push(b'\n');
                number += 1;
            }
            file.write_all(&block).unwrap();
            let due = Duration::from_millis(second * 1000 + (step + 1) * 1000 / STEPS);
            std::thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        if second + 1 < seconds {
            mv(path, &path.with_extension("old"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_012_a_file_written_at_200_mb_a_second_and_rotated_each_second_loses_no_line() {
    const SECONDS: u64 = 4;
    let folder = Folder::new();
    let path = folder.path().join("log");
    let system = System::new();
    let (done, is_done) = oneshot::channel();
    let counter = Counter {
        rest: Vec::new(),
        next: 0,
        last: SECONDS * 200_000,
        done: Some(done),
    };
    let counter = system.register(counter).await.unwrap();
    let file = File::follow(&path).read_size(64 * 1024);
    system.register(file).await.unwrap();
    let begun = Instant::now();
    let writer = std::thread::spawn(move || write_fast(&path, SECONDS));
    let limit = Duration::from_secs(120);
    tokio::select! {
        biased;
        done = tokio::time::timeout(limit, is_done) => done.expect("in time").unwrap(),
        down = counter.ended() => panic!("{down:?}"),
    }
    writer.join().unwrap();
    eprintln!("800 MB followed in {:?}", begun.elapsed());
    soon(async { system.kill() }).await;
}

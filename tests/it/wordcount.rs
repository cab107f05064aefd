//! The word counter, as a user runs it: real files, real sockets, a real
//! Ctrl-C, and its counts held against `tr | sort | uniq -c`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::support::example;

/// The input of the long run has at least so many bytes.
const BYTES: usize = 52 * 1024 * 1024;

/// One line in so many is poisonous.
const POISON: u64 = 25_000;

/// Nothing that a test waits for takes longer.
const PATIENCE: Duration = Duration::from_secs(300);

/// The word counter, while it runs.
struct Service {
    child: Child,
    tcp: String,
    http: String,
    reports: Receiver<String>,
}

impl Service {
    fn start(files: &[&Path]) -> Self {
        let mut child = Command::new(example("wordcount"))
            .args(["--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0"])
            .args(files)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, reports) = channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut service = Self {
            child,
            tcp: String::new(),
            http: String::new(),
            reports,
        };
        while service.tcp.is_empty() || service.http.is_empty() {
            let line = service.reports.recv_timeout(PATIENCE).unwrap();
            if let Some(address) = line.strip_prefix("lines on tcp ") {
                service.tcp = address.to_owned();
            } else if let Some(rest) = line.strip_prefix("counts on http://") {
                service.http = rest.trim_end_matches("/top").to_owned();
            }
        }
        service
    }

    /// Asks with curl, as a user does.
    fn get(&self, path: &str) -> serde_json::Value {
        let output = Command::new("curl")
            .args([
                "-sS",
                "--max-time",
                "60",
                &format!("http://{}{path}", self.http),
            ])
            .output()
            .expect("curl is installed");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Asks for the health until it is as expected.
    fn wait_for(&self, expected: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
        let start = Instant::now();
        loop {
            let health = self.get("/health");
            if expected(&health) {
                return health;
            }
            assert!(start.elapsed() < PATIENCE, "the health stays at {health}");
        }
    }

    /// Presses Ctrl-C; returns the standard output, and what was reported since.
    fn interrupt(mut self) -> (String, Vec<String>) {
        let kill = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        let mut output = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut output)
            .unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        (output, self.reports.iter().collect())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Only where an assertion failed before: it has ended otherwise.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Text from a seed: the same words in the same order, each time.
struct Text {
    seed: u64,
    words: Vec<String>,
}

impl Text {
    fn new(seed: u64) -> Self {
        let mut text = Self {
            seed,
            words: Vec::new(),
        };
        for _ in 0..20_000 {
            let length = 2 + text.next() % 9;
            let letters = (0..length).map(|_| (b'a' + (text.next() % 26) as u8) as char);
            let word = letters.collect();
            text.words.push(word);
        }
        text
    }

    fn next(&mut self) -> usize {
        // SplitMix64, by Sebastiano Vigna: https://prng.di.unimi.it/splitmix64.c
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.seed;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) >> 1) as usize
    }

    fn line(&mut self, line: &mut String) {
        line.clear();
        for _ in 0..4 + self.next() % 12 {
            // The product of two draws prefers the words in front.
            let at = self.next() % 20_000 * (self.next() % 20_000) / 20_000;
            let word = &self.words[at];
            let separator = [" ", ", ", " - ", ". ", "; "][at % 5];
            if at.is_multiple_of(7) {
                let _ = write!(line, "{}{separator}", word.to_uppercase());
            } else {
                let _ = write!(line, "{word}{separator}");
            }
        }
        line.push('\n');
    }
}

/// Writes text with poisonous lines, and once more without them.
struct Input {
    files: [PathBuf; 2],
    clean: PathBuf,
    lines: u64,
    poisonous: u64,
}

fn write_input(folder: &Path, bytes: usize) -> Input {
    let files = [folder.join("first.txt"), folder.join("second.txt")];
    let clean = folder.join("clean.txt");
    let mut outputs = files
        .each_ref()
        .map(|file| BufWriter::new(File::create(file).unwrap()));
    let mut cleaned = BufWriter::new(File::create(&clean).unwrap());
    let mut text = Text::new(20_261_122);
    let (mut lines, mut poisonous, mut written) = (0_u64, 0, 0);
    let mut line = String::new();
    while written < bytes {
        text.line(&mut line);
        let output = &mut outputs[usize::from(written > bytes / 3)];
        output.write_all(line.as_bytes()).unwrap();
        cleaned.write_all(line.as_bytes()).unwrap();
        written += line.len();
        lines += 1;
        if lines.is_multiple_of(POISON) {
            output.write_all(b"this is \xff no text\n").unwrap();
            poisonous += 1;
        }
    }
    for mut output in outputs.into_iter().chain([cleaned]) {
        output.flush().unwrap();
    }
    Input {
        files,
        clean,
        lines,
        poisonous,
    }
}

/// Counts words as everybody does.
fn count_independently(files: &[&Path]) -> BTreeMap<String, u64> {
    let script = "cat \"$@\" | tr -cs 'A-Za-z' '\\n' | tr 'A-Z' 'a-z' | sort | uniq -c";
    let output = Command::new("sh")
        .args(["-c", script, "sh"])
        .args(files)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let count = |line: &str| {
        let (count, word) = line.trim().split_once(' ')?;
        Some((word.to_owned(), count.parse().unwrap()))
    };
    output.lines().filter_map(count).collect()
}

fn number(value: &serde_json::Value, key: &str) -> u64 {
    value[key].as_u64().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("circuits-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn every_word_of_fifty_megabytes_is_counted_but_those_of_poisonous_lines() {
    let folder = folder("wordcount");
    let input = write_input(&folder, BYTES);
    let service = Service::start(&[&input.files[0], &input.files[1]]);

    // It serves while it counts.
    let early = service.get("/top?limit=3");
    assert!(early.as_array().unwrap().len() <= 3);
    let health = service.get("/health");
    assert!(
        number(&health, "lines") < input.lines,
        "the files are not counted yet"
    );

    // Lines by TCP, one of them poisonous.
    let sent = folder.join("sent.txt");
    fs::write(&sent, "from the network\nand once more from the network\n").unwrap();
    let mut peer = TcpStream::connect(&service.tcp).unwrap();
    peer.write_all(b"from the network\n\xff\xfe\nand once more from the network\n")
        .unwrap();
    drop(peer);

    let (lines, poisonous) = (input.lines + 2, input.poisonous + 1);
    let health = service.wait_for(|health| {
        number(health, "lines") == lines && number(health, "poisonous_lines") == poisonous
    });
    assert_eq!(number(&health, "restarts_of_the_counter"), poisonous);

    let expected = count_independently(&[&input.clean, &sent]);
    let counted = service.get("/top?limit=1000000");
    let pair = |entry: &serde_json::Value| {
        (
            entry["word"].as_str().unwrap().to_owned(),
            entry["count"].as_u64().unwrap(),
        )
    };
    let counted: BTreeMap<String, u64> = counted.as_array().unwrap().iter().map(pair).collect();
    assert_eq!(counted.len(), expected.len());
    assert!(
        counted == expected,
        "the counts are those of tr, sort and uniq"
    );

    let words: u64 = expected.values().sum();
    let (output, reports) = service.interrupt();
    let different = expected.len();
    assert!(output.starts_with(&format!(
        "{lines} lines, {words} words, {different} different\n"
    )));
    let reported = reports
        .iter()
        .filter(|line| line.starts_with("poisonous line: "))
        .count();
    assert_eq!(
        reported as u64, poisonous,
        "each poisonous line is reported"
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn ctrl_c_in_the_middle_counts_what_was_read_and_ends_in_order() {
    let folder = folder("interrupted");
    let input = write_input(&folder, BYTES / 4);
    let service = Service::start(&[&input.files[0], &input.files[1]]);
    service.wait_for(|health| number(health, "lines") > 0);
    let (output, reports) = service.interrupt();
    let lines: u64 = output.split(' ').next().unwrap().parse().unwrap();
    assert!(lines > 0);
    let stopped = reports
        .iter()
        .filter(|line| line.ends_with("stopped before its end"))
        .count();
    assert!(stopped > 0 || lines == input.lines, "{reports:?}");
    fs::remove_dir_all(folder).unwrap();
}

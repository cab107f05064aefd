//! Counts the words of files and of what is sent over TCP, and serves the
//! counts over HTTP while it counts.
//!
//! ```text
//! $ wordcount [--once] [--tcp ADDRESS] [--http ADDRESS] [FILE]...
//!
//! lines by TCP   http://…/top?limit=3   http://…/health
//!      │                  │                  │
//!   TcpServer ─► Lines    └──► Pages ◄───────┘
//!                  │             │ call
//!   FileReader ────┴─► Counter ◄─┘        Progress: the bar, the poisonous lines
//! ```
//!
//! A line that is not UTF-8 is poisonous: the counter panics on it. Its
//! supervisor starts it again, the lines that wait in its mailbox stay, and the
//! poisonous one is reported. Ctrl-C drains: whoever feeds the counter ends
//! first, the counter counts what it was given, and the program prints the top
//! words.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use circuits::event::{Exception, Started};
use circuits::net::{Bytes, Listening, Read, TcpServer};
use circuits::prelude::*;
use circuits::web::{Request, Response, Server};
use circuits::{Options, Restart};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

/// No line may be longer, from wherever it comes.
const LONGEST_LINE: usize = 1024 * 1024;

/// A file is read in steps of so many lines, so that it can be stopped between two.
const LINES_A_STEP: usize = 512;

/// One line of text, to be counted.
#[derive(Event)]
#[event(channel = "counter")]
struct Line {
    text: Bytes,
}

/// Asks for the most frequent words; goes before the lines that wait.
#[derive(Event)]
#[event(channel = "counter", priority = 10, reply = Vec<(String, u64)>)]
struct Top {
    limit: usize,
}

/// Asks how much was counted; goes before the lines that wait.
#[derive(Event)]
#[event(channel = "counter", priority = 10, reply = Totals)]
struct Sum;

#[derive(Clone, Copy, Default)]
struct Totals {
    lines: u64,
    words: u64,
    different: usize,
}

/// The counts. They outlive the lives of the counter, which begin anew after a
/// panic, so they are not part of its value.
#[derive(Clone, Default)]
struct Counts(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    lines: u64,
    words: HashMap<Box<str>, u64>,
}

impl Counts {
    fn with<T>(&self, look: impl FnOnce(&mut Table) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn top(&self, limit: usize) -> Vec<(String, u64)> {
        let by_count = |left: &(String, u64), right: &(String, u64)| {
            right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0))
        };
        let mut words: Vec<(String, u64)> = self.with(|table| {
            table
                .words
                .iter()
                .map(|(word, count)| (word.to_string(), *count))
                .collect()
        });
        if limit < words.len() {
            words.select_nth_unstable_by(limit, by_count);
            words.truncate(limit);
        }
        words.sort_unstable_by(by_count);
        words
    }

    fn totals(&self) -> Totals {
        self.with(|table| Totals {
            lines: table.lines,
            words: table.words.values().sum(),
            different: table.words.len(),
        })
    }
}

#[component(channel = "counter")]
struct Counter {
    counts: Counts,
}

#[component]
impl Counter {
    #[handler]
    fn line(&mut self, event: &Line) {
        // The bug of this program, for all to see.
        let text = std::str::from_utf8(&event.text).expect("a line is UTF-8");
        let words = text.split(|letter: char| !letter.is_ascii_alphabetic());
        self.counts.with(|table| {
            table.lines += 1;
            for word in words.filter(|word| !word.is_empty()) {
                let word = word.to_ascii_lowercase();
                match table.words.get_mut(word.as_str()) {
                    Some(count) => *count += 1,
                    None => drop(table.words.insert(word.into(), 1)),
                }
            }
        });
    }

    #[handler]
    fn top(&mut self, event: &Top) -> Vec<(String, u64)> {
        self.counts.top(event.limit)
    }

    #[handler]
    fn sum(&mut self, _: &Sum) -> Totals {
        self.counts.totals()
    }
}

/// Read on in the file.
#[derive(Event)]
struct Step;

/// So many bytes of a file were read; `done` with the last of them.
#[derive(Event)]
#[event(channel = "progress")]
struct Advanced {
    bytes: u64,
    done: bool,
}

/// Reads one file. Each reader is on a channel of its own.
#[component]
struct FileReader {
    path: PathBuf,
    file: Option<BufReader<File>>,
}

impl FileReader {
    fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }
}

#[component]
impl FileReader {
    #[handler]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result {
        let opened = File::open(&self.path).await;
        let file = opened.map_err(|error| self.error(&error.to_string()))?;
        self.file = Some(BufReader::with_capacity(256 * 1024, file));
        cx.to(&cx.address()).fire(Step);
        Ok(())
    }

    #[handler]
    async fn step(&mut self, _: &Step, cx: &Context<Self>) -> circuits::Result {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let (mut bytes, mut done) = (0, false);
        for _ in 0..LINES_A_STEP {
            let mut line = Vec::new();
            let read = file
                .take(LONGEST_LINE as u64 + 1)
                .read_until(b'\n', &mut line)
                .await?;
            if read > LONGEST_LINE {
                return Err(self.error("a line is longer than 1 MiB; the rest is not read"));
            }
            if read == 0 {
                done = true;
                break;
            }
            bytes += read as u64;
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            // Awaited: the file is read as fast as its lines are counted.
            cx.fire(Line { text: line.into() }).await;
        }
        if done {
            self.file = None;
        } else {
            cx.to(&cx.address()).fire(Step);
        }
        cx.fire(Advanced { bytes, done }).await;
        Ok(())
    }

    #[handler]
    fn stopped(&mut self) {
        if self.file.is_some() {
            eprintln!("{}: stopped before its end", self.path.display());
        }
    }
}

impl FileReader {
    fn error(&self, why: &str) -> Error {
        Error::new(format!("{}: {why}", self.path.display()))
    }
}

/// Takes lines from the TCP server.
#[component(channel = "tcp")]
struct Lines;

#[component]
impl Lines {
    #[handler("listening")]
    fn ready(&mut self, event: &Listening) {
        eprintln!("lines on tcp {}", event.address);
    }

    #[handler]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) {
        // Awaited: a peer cannot send faster than its lines are counted.
        cx.fire(Line {
            text: event.data.clone(),
        })
        .await;
    }
}

/// Answers HTTP requests.
#[component(channel = "web")]
struct Pages;

#[component]
impl Pages {
    #[handler("listening")]
    fn ready(&self, event: &Listening) {
        eprintln!("counts on http://{}/top", event.address);
    }

    #[handler("request", parallel)]
    async fn request(&self, event: &Request, cx: &Context<Self>) -> circuits::Result<Response> {
        match event.path() {
            "/top" => {
                let limit = event.query().and_then(|query| query.strip_prefix("limit="));
                let Ok(limit) = limit.unwrap_or("10").parse() else {
                    return Ok(Response::bad_request(
                        "limit is no number: write /top?limit=10",
                    ));
                };
                let words = cx.call(Top { limit }).await?;
                let words = words
                    .iter()
                    .map(|(word, count)| json!({ "word": word, "count": count }));
                Ok(Response::json(json!(words.collect::<Vec<_>>()).to_string()))
            }
            "/health" => {
                let totals = cx.call(Sum).await?;
                let (poisonous, lives) = cx.call(Incidents).await?;
                let health = json!({
                    "status": "counting",
                    "lines": totals.lines,
                    "words": totals.words,
                    "different_words": totals.different,
                    "poisonous_lines": poisonous,
                    "restarts_of_the_counter": lives.saturating_sub(1),
                });
                Ok(Response::json(health.to_string()))
            }
            _ => Ok(Response::not_found()),
        }
    }
}

/// Asks for the number of poisonous lines and of the counter's lives.
#[derive(Event)]
#[event(channel = "progress", priority = 10, reply = (u64, u64))]
struct Incidents;

/// Shows how far the files are, and reports what went wrong.
#[component(channel = "progress")]
struct Progress {
    bar: ProgressBar,
    files: usize,
    once: bool,
    poisonous: u64,
    lives: u64,
}

impl Progress {
    fn new(bytes: u64, files: usize, once: bool) -> Self {
        let bar = ProgressBar::new(bytes);
        let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            files,
            once,
            poisonous: 0,
            lives: 0,
        }
    }
}

#[component]
impl Progress {
    #[handler]
    fn advanced(&mut self, event: &Advanced, cx: &Context<Self>) {
        self.bar.inc(event.bytes);
        self.files -= usize::from(event.done);
        if self.files == 0 {
            self.bar.finish();
            if self.once {
                cx.system().drain();
            }
        }
    }

    /// Hears of the lives of all components on the counter's channel.
    #[handler(channel = "counter")]
    fn started(&mut self, event: &Started) {
        self.lives = event.life;
    }

    #[handler]
    fn exception(&mut self, event: &Exception) {
        let report = match event.event.downcast_ref::<Line>() {
            Some(line) => {
                self.poisonous += 1;
                format!("poisonous line: {:?}: {}", line.text, event.error)
            }
            None => format!("{}.{}: {}", event.name, event.handler, event.error),
        };
        self.bar.suspend(|| eprintln!("{report}"));
    }

    #[handler]
    fn incidents(&mut self, _: &Incidents) -> (u64, u64) {
        (self.poisonous, self.lives)
    }
}

struct Arguments {
    once: bool,
    tcp: String,
    http: String,
    files: Vec<PathBuf>,
}

fn arguments() -> Result<Arguments, lexopt::Error> {
    use lexopt::prelude::*;
    let (tcp, http) = ("127.0.0.1:7001".into(), "127.0.0.1:7002".into());
    let mut arguments = Arguments {
        once: false,
        tcp,
        http,
        files: Vec::new(),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("once") => arguments.once = true,
            Long("tcp") => arguments.tcp = parser.value()?.string()?,
            Long("http") => arguments.http = parser.value()?.string()?,
            Value(file) => arguments.files.push(file.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(arguments)
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let Arguments {
        once,
        tcp,
        http,
        files,
    } = arguments()?;
    let sizes = files.iter().filter_map(|file| file.metadata().ok());
    let bytes = sizes.map(|size| size.len()).sum();
    let number = files.len();
    let counts = Counts::default();

    // Poisonous lines may come in any number; the counter always comes back.
    let options = Options::new()
        .max_restarts(u32::MAX)
        .within(Duration::from_secs(1));
    let system = System::with(options);
    // In this order: what ends the system ends the last first.
    system
        .supervise(move || Progress::new(bytes, number, once))
        .named("progress")
        .await?;
    let counted = counts.clone();
    let counter = move || Counter {
        counts: counted.clone(),
    };
    system.supervise(counter).named("counter").await?;
    system.supervise(|| Pages).named("pages").await?;
    system.supervise(|| Lines).named("lines").await?;
    system
        .supervise(move || Server::bind(http.clone()))
        .named("http")
        .await?;
    let tcp = move || TcpServer::bind(tcp.clone()).lines(LONGEST_LINE);
    system.supervise(tcp).named("tcp").await?;
    for (file, number) in files.into_iter().zip(1..) {
        let reader = move || FileReader::new(file.clone());
        let reader = system.supervise(reader).channel(format!("file {number}"));
        reader.restart(Restart::Transient).await?;
    }
    system.run().await?;

    let totals = counts.totals();
    println!(
        "{} lines, {} words, {} different",
        totals.lines, totals.words, totals.different
    );
    for (word, count) in counts.top(10) {
        println!("{count:>10} {word}");
    }
    Ok(())
}

//! The chat as its members see it: a process, and real sockets.

use std::io::Write;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Nothing that a test waits for takes longer.
async fn soon<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(10);
    tokio::time::timeout(limit, future).await.expect("in time")
}

/// A file that is there as long as the value.
struct Settings(std::path::PathBuf);

impl Settings {
    fn new(name: &str, text: &str) -> Self {
        let file = format!("chat-{}-{name}.toml", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::File::create(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .unwrap();
        Self(path)
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn chat(settings: &Settings) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat"));
    command.arg(&settings.0).kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn refused(name: &str, text: &str) -> String {
    let settings = Settings::new(name, text);
    let Output { status, stderr, .. } = soon(chat(&settings).output()).await.unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

struct Service {
    process: Child,
    address: String,
}

impl Service {
    async fn start(name: &str, more: &str) -> Self {
        let settings = Settings::new(name, &format!("listen = \"127.0.0.1:0\"\n{more}"));
        let mut process = chat(&settings).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        soon(output.read_line(&mut line)).await.unwrap();
        let address = line.trim().strip_prefix("chat on ").expect("it listens");
        let address = address.to_owned();
        Self { process, address }
    }

    /// Comes in, and reads all that is said to who does.
    async fn member(&self) -> Member {
        let stream = soon(TcpStream::connect(&self.address)).await.unwrap();
        let mut member = Member(BufReader::new(stream));
        assert!(member.line().await.starts_with("Welcome!"));
        assert!(member.line().await.starts_with("* you are guest"));
        assert!(member.line().await.starts_with("* in lobby: "));
        member
    }

    async fn terminate(&mut self) {
        let id = self.process.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-TERM", &id]).status();
        assert!(soon(kill).await.unwrap().success());
    }
}

struct Member(BufReader<TcpStream>);

impl Member {
    async fn says(&mut self, text: &str) {
        let line = format!("{text}\n");
        soon(self.0.write_all(line.as_bytes())).await.unwrap();
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        soon(self.0.read_line(&mut line)).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn hears(&mut self, expected: &str) {
        assert_eq!(self.line().await, expected);
    }

    async fn is_called(&mut self, name: &str) {
        self.says(&format!("/nick {name}")).await;
        self.hears(&format!("* you are {name}")).await;
    }

    async fn ends(&mut self) {
        self.hears("").await;
    }
}

#[tokio::test]
async fn what_is_said_is_heard_by_all_others_in_the_room_alone() {
    let service = Service::start("rooms", "").await;
    let mut ada = service.member().await;
    ada.is_called("ada").await;
    let mut bob = service.member().await;
    ada.hears("* guest2 has come").await;
    bob.is_called("bob").await;
    ada.hears("* guest2 is now bob").await;
    bob.says("hello").await;
    ada.hears("<bob> hello").await;

    ada.says("/join tea").await;
    ada.hears("* in tea: ada").await;
    bob.hears("* ada has left").await;
    bob.says("nobody hears this").await;
    bob.says("/join tea").await;
    bob.hears("* in tea: ada, bob").await;
    ada.hears("* bob has come").await;
    ada.says("/who").await;
    ada.hears("* in tea: ada, bob").await;
}

#[tokio::test]
async fn a_name_is_taken_as_long_as_its_owner_is_there() {
    let service = Service::start("names", "").await;
    let (mut ada, mut bob) = (service.member().await, service.member().await);
    ada.hears("* guest2 has come").await;
    ada.is_called("ada").await;
    bob.hears("* guest1 is now ada").await;
    bob.says("/nick ada").await;
    bob.hears("! ada is taken").await;
    bob.says("/nick not a name").await;
    bob.hears("! a name has 1 to 16 letters or digits").await;
    ada.says("/quit").await;
    ada.hears("* goodbye").await;
    ada.ends().await;
    bob.hears("* ada has left").await;
    bob.is_called("ada").await;
}

#[tokio::test]
async fn who_hangs_up_has_left() {
    let service = Service::start("hangup", "").await;
    let (ada, mut bob) = (service.member().await, service.member().await);
    drop(ada);
    bob.hears("* guest1 has left").await;
    bob.says("/who").await;
    bob.hears("* in lobby: guest2").await;
}

#[tokio::test]
async fn a_line_that_is_too_long_is_left_out_and_control_characters_are() {
    let service = Service::start("long", "max_line = 20").await;
    let (mut ada, mut bob) = (service.member().await, service.member().await);
    ada.hears("* guest2 has come").await;
    ada.says(&"x".repeat(100_000)).await;
    ada.hears("! a line has at most 20 bytes").await;
    ada.says("\x1b[2Jshort").await;
    bob.hears("<guest1> [2Jshort").await;
    ada.says("/dance").await;
    ada.hears("! /nick NAME, /join ROOM, /who or /quit").await;
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_is_turned_away() {
    let service = Service::start("places", "max_members = 1").await;
    let mut ada = service.member().await;
    let mut late = soon(TcpStream::connect(&service.address)).await.unwrap();
    assert_eq!(soon(late.read(&mut [0; 16])).await.unwrap_or(0), 0);
    ada.says("/who").await;
    ada.hears("* in lobby: guest1").await;
}

#[tokio::test]
async fn who_is_silent_for_too_long_has_to_leave() {
    let service = Service::start("idle", "idle_seconds = 1").await;
    service.member().await.ends().await;
}

#[tokio::test]
async fn who_does_not_read_keeps_nobody_waiting_and_is_disconnected() {
    let service = Service::start("slow", "max_line = 60000").await;
    let mut deaf = service.member().await;
    deaf.is_called("deaf").await;
    let (mut ada, mut bob) = (service.member().await, service.member().await);
    ada.hears("* guest3 has come").await;
    let word = "x".repeat(50_000);
    let heard = format!("<guest2> {word}");
    let mut left = false;
    for _ in 0..400 {
        ada.says(&word).await;
        let mut line = bob.line().await;
        if line == "* deaf has left" {
            left = true;
            line = bob.line().await;
        }
        assert!(line == heard, "another line");
    }
    // It gets what was queued, then the end; so nothing has to be waited for but that.
    let mut rest = Vec::new();
    soon(deaf.0.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() < 400 * word.len());
    if !left {
        bob.hears("* deaf has left").await;
    }
}

#[tokio::test]
async fn sigterm_says_goodbye_and_ends_with_code_0() {
    let mut service = Service::start("term", "").await;
    let mut nc = Command::new("nc");
    let (host, port) = service.address.split_once(':').unwrap();
    nc.args(["-d", host, port]).kill_on_drop(true);
    let mut nc = nc.stdout(Stdio::piped()).spawn().expect("nc is installed");
    let mut output = BufReader::new(nc.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        soon(output.next_line()).await.unwrap().expect("a line");
    }
    service.terminate().await;
    let last = soon(output.next_line()).await.unwrap();
    assert_eq!(last.unwrap(), "* the service ends: goodbye");
    assert_eq!(soon(output.next_line()).await.unwrap(), None);
    assert_eq!(soon(service.process.wait()).await.unwrap().code(), Some(0));
}

#[tokio::test]
async fn a_mistake_in_the_configuration_is_told_with_its_place() {
    let unknown = refused("unknown", "max_membrs = 3").await;
    assert!(unknown.contains("unknown.toml: "), "{unknown}");
    assert!(
        unknown.contains("line 1") && unknown.contains("max_membrs"),
        "{unknown}"
    );
    let small = refused("small", "max_line = 3").await;
    assert!(
        small.ends_with("small.toml: max_line must be at least 16\n"),
        "{small}"
    );
    let address = refused("address", "listen = \"nowhere\"").await;
    assert!(address.contains("nowhere"), "{address}");
}

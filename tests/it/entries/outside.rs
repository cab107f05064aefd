//! What Python needs and Rust has by other means: imports, deprecation, pollers;
//! and the harness for tests (CORE-144 to 151).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use circuits::event::{Exception, Started};
use circuits::net::{Listening, TcpServer};
use circuits::prelude::*;
use circuits::testing::{Probe, crash, settle};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UnixStream};

use crate::support::within;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn core_144_optional_parts_are_features_that_are_off_unless_asked_for() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../circuits/Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let features = manifest.split("[features]").nth(1).unwrap();
    let features = features.split("\n[").next().unwrap();
    assert!(features.contains("default = [\"macros\"]"), "{features}");
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../circuits/src/lib.rs");
    let library = fs::read_to_string(library).unwrap();
    let lines: Vec<_> = library.lines().collect();
    let leaves = lines
        .windows(2)
        .filter(|two| two[1].starts_with("pub mod "));
    let mut seen = BTreeSet::new();
    for two in leaves {
        let name = two[1]
            .trim_start_matches("pub mod ")
            .trim_end_matches([';', '{', ' ']);
        if name != "prelude" && name != "__private" {
            let feature = format!("#[cfg(feature = \"{name}\")]");
            assert_eq!(two[0], feature, "{name} is a feature of its own");
            assert!(features.contains(&format!("\n{name} = [")), "{name}");
            seen.insert(name);
        }
    }
    assert!(seen.contains("net") && seen.contains("timer"), "{seen:?}");
}

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Count;

#[component(channel = "old")]
struct Old;

#[component]
impl Old {
    #[deprecated = "fire `Count`"]
    fn count_now(&self) -> u32 {
        7
    }

    #[handler("count")]
    #[expect(deprecated, reason = "that the compiler warns is what is tested")]
    fn count(&self, _: &Count) -> u32 {
        self.count_now()
    }
}

#[tokio::test(start_paused = true)]
async fn core_145_what_is_deprecated_is_warned_of_by_the_compiler() {
    let system = System::new();
    system.register(Old).await.unwrap();
    assert_eq!(system.on("old").call(Count).await.unwrap(), 7);
}

#[derive(Event, Debug, Clone)]
struct Tick(u32);

#[component(channel = "clock")]
struct Clock;

#[component]
impl Clock {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.every(60 * SECOND, Tick(1));
    }
}

#[tokio::test(start_paused = true)]
async fn core_146_a_probe_expects_events_and_none_on_a_paused_clock_and_after_a_crash() {
    let system = System::new();
    let probe = Probe::on(&system, "clock").await.unwrap();
    let clock = system.supervise(|| Clock).await.unwrap();
    probe.none::<Tick>().within(59 * SECOND).await.unwrap();
    let tick = probe.expect::<Tick>().on("clock").within(60 * SECOND);
    assert_eq!(tick.await.unwrap().0, 1);
    let missing = probe.expect::<Tick>().on("other").within(3_600 * SECOND);
    let error = missing.await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no tick on other within 3600s; instead came")
    );
    probe.clear();
    crash(&system, &clock, Error::new("on demand"))
        .await
        .unwrap();
    settle().await;
    assert_eq!(probe.all::<Started>()[0].life, 2);
    let exception = probe.expect::<Exception>().on("*").within(SECOND);
    assert_eq!(exception.await.unwrap().error.to_string(), "on demand");
}

#[derive(Event, Debug)]
struct Line(String);

/// Reads lines from a socket, and fires each: no poller is asked for.
#[component(channel = "reader")]
struct Reader(Option<UnixStream>);

#[component]
impl Reader {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        let (socket, system) = (self.0.take().unwrap(), cx.system());
        cx.spawn(async move {
            let mut lines = BufReader::new(socket).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                system.on("reader").fire(Line(line)).await;
            }
            system.on("reader").fire(Line("closed".to_owned())).await;
        });
    }
}

#[tokio::test]
async fn core_150_a_socket_is_waited_for_without_a_poller_and_its_end_is_seen() {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let system = System::new();
    let probe = Probe::on(&system, "reader").await.unwrap();
    system.register(Reader(Some(ours))).await.unwrap();
    theirs.write_all(b"one\ntwo\n").await.unwrap();
    for text in ["one", "two"] {
        let line = probe.expect::<Line>().within(30 * SECOND).await.unwrap();
        assert_eq!(line.0, text);
    }
    drop(theirs);
    let line = probe.expect::<Line>().within(30 * SECOND).await.unwrap();
    assert_eq!(line.0, "closed");
}

#[tokio::test]
async fn core_151_servers_share_what_waits_for_their_sockets_without_a_component_for_it() {
    let system = System::new();
    let mut addresses = Vec::new();
    for channel in ["one", "two"] {
        let listening = system.on(channel).wait::<Listening>();
        let server = TcpServer::bind("127.0.0.1:0");
        system.register(server).channel(channel).await.unwrap();
        addresses.push(within(listening).await.unwrap().address);
    }
    let probe = Probe::on(&system, "*").await.unwrap();
    for address in addresses {
        let _peer = within(TcpStream::connect(address)).await.unwrap();
        let connected = probe.expect::<circuits::net::Connected>();
        connected.within(30 * SECOND).await.unwrap();
    }
    let count = system.children().count().await.unwrap();
    assert_eq!(count.active, 3, "two servers and the probe");
}

//! Links: how they come about and how they end.

use circuits::CallError;
use circuits::bridge::{Bridge, BridgeError, CrossError, Disconnected, LinkError, Ready};
use circuits::event::Event as _;
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::net::{UnixListener, UnixStream};

use super::{App, Hello, Pair, Slow, crossed};
use crate::support::{Log, until, within};

/// No wait takes longer.
const LIMIT: Duration = Duration::from_secs(30);

/// A folder of its own, which goes when this is dropped.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("circuits-bridge-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn greeter() -> impl Fn() -> App + Send + Sync {
    let log = Log::default();
    move || App(log.clone())
}

#[tokio::test]
async fn a_unix_socket_joins_two_systems() {
    let folder = Folder::new("joins");
    let path = folder.0.join("socket");
    let there = System::new();
    there.supervise(greeter()).await.unwrap();
    let listener = std::sync::Arc::new(UnixListener::bind(&path).unwrap());
    let accepting = move || {
        Bridge::accept(listener.clone())
            .receive::<Hello>()
            .on("app")
    };
    there.supervise(accepting).await.unwrap();
    let here = System::new();
    let connecting = move || Bridge::connect(&path).send::<Hello>();
    within(here.supervise(connecting)).await.unwrap();
    let answer = within(here.on("bridge").call(Hello::from("socket"))).await;
    assert_eq!(answer.unwrap(), "Hello, socket!");
}

#[tokio::test]
async fn calls_in_flight_fail_at_once_when_the_link_ends() {
    let pair = Pair::usual().await;
    let probe = Probe::on(&pair.here, "bridge").await.unwrap();
    let calls = async {
        tokio::join!(pair.call(Slow(1)), pair.call(Slow(2)), async {
            until(|| pair.log.len() == 2).await;
            pair.other.kill();
        })
    };
    let (one, two, ()) = within(calls).await;
    for answer in [one, two] {
        let error = crossed(answer);
        let CrossError::Disconnected(reason) = &error else {
            panic!("{error:?}")
        };
        assert!(matches!(reason, LinkError::PeerClosed), "{reason:?}");
    }
    let told = probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    assert!(matches!(told.reason, LinkError::PeerClosed));
    // It leaves: later calls reach the probe alone, which answers nothing.
    within(pair.bridge.ended()).await;
    let answer = pair.call(Hello::from("nobody")).await;
    assert!(matches!(answer, Err(CallError::NoReply)), "{answer:?}");
}

#[tokio::test]
async fn a_bridge_that_stops_closes_the_link_in_order() {
    let pair = Pair::usual().await;
    let probe = Probe::on(&pair.there, "bridge").await.unwrap();
    let last = pair.here.on("bridge").fire(Hello::from("last")).completed();
    within(pair.bridge.drain()).await;
    within(last).await.unwrap();
    let told = probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    assert!(matches!(told.reason, LinkError::PeerClosed), "{told:?}");
    assert_eq!(pair.log.take(), ["hello last"]);
}

#[tokio::test]
async fn a_start_fails_where_nobody_listens() {
    let folder = Folder::new("nobody");
    let path = folder.0.join("socket");
    let system = System::new();
    let error = within(system.register(Bridge::connect(path)))
        .await
        .unwrap_err();
    let text = super::texts(&error).join(": ");
    assert!(text.contains("the link failed"), "{text}");
}

#[tokio::test]
async fn a_bridge_that_reconnects_finds_its_peer_again_and_again() {
    let folder = Folder::new("again");
    let path = folder.0.join("socket");
    let here = System::new();
    let probe = Probe::on(&here, "bridge").await.unwrap();
    let to = path.clone();
    let (first, longest) = (Duration::from_millis(1), Duration::from_millis(20));
    let bridge = move || {
        Bridge::connect(&to)
            .send::<Hello>()
            .reconnect(first, longest)
    };
    here.supervise(bridge).await.unwrap();
    // Nobody is there yet: told, and calls fail at once.
    probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    let error = crossed(within(here.on("bridge").call(Hello::from("early"))).await);
    assert!(matches!(error, CrossError::NotConnected), "{error:?}");
    for round in 1..=3 {
        let listener = UnixListener::bind(&path).unwrap();
        let there = System::new();
        there.supervise(greeter()).await.unwrap();
        let other = Bridge::accept(listener).receive::<Hello>().on("app");
        there.register(other).await.unwrap();
        let ready = probe.expect::<Ready>().within(LIMIT).await.unwrap();
        assert_eq!(ready.count, round);
        let answer = within(here.on("bridge").call(Hello::from("you"))).await;
        assert_eq!(answer.unwrap(), "Hello, you!");
        probe.clear();
        std::fs::remove_file(&path).unwrap();
        there.kill();
        probe.expect::<Disconnected>().within(LIMIT).await.unwrap();
    }
}

#[tokio::test]
async fn a_stream_cannot_be_opened_again() {
    let (one, _two) = UnixStream::pair().unwrap();
    let second = Duration::from_secs(1);
    let bridge = Bridge::over(one).reconnect(second, second);
    let error = within(System::new().register(bridge)).await.unwrap_err();
    assert_eq!(cause(error), BridgeError::CannotReconnect);
}

#[tokio::test]
async fn two_events_of_one_name_are_refused() {
    #[derive(Event, serde::Serialize, serde::Deserialize)]
    #[event(name = "hello")]
    struct Again;
    assert_eq!(Again::NAME, Hello::NAME);
    let (one, _two) = UnixStream::pair().unwrap();
    let system = System::new();
    let bridge = Bridge::over(one).send::<Hello>().send::<Again>();
    let error = within(system.register(bridge)).await.unwrap_err();
    assert_eq!(cause(error), BridgeError::SameName("hello"));
}

#[tokio::test]
async fn what_would_be_sent_back_is_refused() {
    for channel in ["*", "bridge"] {
        let (one, _two) = UnixStream::pair().unwrap();
        let system = System::new();
        let bridge = Bridge::over(one).send::<Hello>().receive::<Hello>();
        let error = within(system.register(bridge.on(channel)))
            .await
            .unwrap_err();
        assert_eq!(cause(error), BridgeError::Echo("hello"));
    }
}

fn cause(error: circuits::StartError) -> BridgeError {
    match error {
        circuits::StartError::Failed { error, .. } => {
            error.downcast_ref::<BridgeError>().unwrap().clone()
        }
        other => panic!("{other}"),
    }
}

//! Channels: who hears an event, and what becomes of names that are no channels.

use std::process::Command;

use circuits::event::{DeadLetter, Reason};
use circuits::prelude::*;
use circuits::{CallError, ChannelError, StartError, WaitError};

use crate::log::Log;

#[derive(Event, Debug)]
struct Ping;

#[derive(Event)]
#[event(channel = "red")]
struct RedPing;

#[component(channel = "red")]
struct Red(Log);

#[component]
impl Red {
    #[handler("ping")]
    fn ping(&mut self, _: &Ping, cx: &Context<Self>) {
        self.0.add(format!("red {}", cx.channel()));
    }

    #[handler("red_ping")]
    fn red_ping(&mut self, _: &RedPing) {
        self.0.add("red ping");
    }

    #[handler("ping", channel = "blue")]
    fn other(&mut self, _: &Ping) {
        self.0.add("red on blue");
    }
}

#[component(channel = "blue")]
struct Blue(Log);

#[component]
impl Blue {
    #[handler("ping")]
    fn ping(&mut self, _: &Ping) {
        self.0.add("blue");
    }

    #[handler("relay")]
    fn relay(&mut self, _: &Relay, cx: &Context<Self>) {
        cx.fire(Ping);
        cx.fire(RedPing);
    }
}

#[derive(Event)]
struct Relay;

/// Listens on `*` as most components do that say nothing.
#[component]
struct Every(Log);

#[component]
impl Every {
    #[handler("ping")]
    fn ping(&mut self, _: &Ping) {
        self.0.add("every");
    }
}

#[component(channel = "green")]
struct Override(Log);

#[component]
impl Override {
    #[handler("ping", channel = "*")]
    fn ping(&mut self, _: &Ping) {
        self.0.add("override");
    }
}

#[component(channel = "many")]
struct Many(Log);

#[component]
impl Many {
    #[handler("*", channel = "*")]
    fn any(&mut self, event: &AnyEvent) {
        if event.is::<Ping>() {
            self.0.add("many");
        }
    }
}

#[component]
struct Morgue(Log);

#[component]
impl Morgue {
    #[handler("dead_letter")]
    fn letter(&mut self, letter: &DeadLetter) {
        self.0
            .add(format!("{:?} {:?}", letter.event, letter.reason));
    }
}

async fn heard(system: &System, log: &Log, channel: &str) -> Vec<String> {
    log.take();
    system.on(channel).fire(Ping).completed().await.unwrap();
    let mut lines = log.take();
    lines.sort();
    lines
}

async fn everybody() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    let share = || log.clone();
    system.register(Red(share())).await.unwrap();
    system.register(Blue(share())).await.unwrap();
    system.register(Every(share())).await.unwrap();
    system.register(Override(share())).await.unwrap();
    (system, log)
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_its_channel_and_those_who_listen_on_all() {
    let (system, log) = everybody().await;
    let on_red = heard(&system, &log, "red").await;
    assert_eq!(on_red, ["every", "override", "red red"]);
    let on_blue = heard(&system, &log, "blue").await;
    assert_eq!(on_blue, ["blue", "every", "override", "red on blue"]);
    let on_green = heard(&system, &log, "green").await;
    assert_eq!(on_green, ["every", "override"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_on_all_channels_reaches_every_handler_once() {
    let (system, log) = everybody().await;
    let all = heard(&system, &log, "*").await;
    assert_eq!(all, ["blue", "every", "override", "red on blue", "red red"]);
}

#[tokio::test(start_paused = true)]
async fn a_component_fires_on_the_events_channel_else_on_its_own() {
    let (system, log) = everybody().await;
    let relay = system.on("blue").fire(Relay);
    relay.completed().await.unwrap();
    let mut lines = log.take();
    lines.sort();
    let expected = ["blue", "every", "override", "red on blue", "red ping"];
    assert_eq!(lines, expected);
}

#[tokio::test(start_paused = true)]
async fn an_instance_may_listen_on_a_channel_of_its_own() {
    let (system, log) = (System::new(), Log::default());
    for channel in ["one", "two"] {
        let share = log.clone();
        let red = system.supervise(move || Red(share.clone()));
        red.channel(channel).await.unwrap();
    }
    assert_eq!(heard(&system, &log, "one").await, ["red one"]);
    assert_eq!(heard(&system, &log, "two").await, ["red two"]);
    assert!(heard(&system, &log, "red").await.is_empty());
    let on_blue = heard(&system, &log, "blue").await;
    assert_eq!(on_blue, ["red on blue", "red on blue"]);
}

#[tokio::test(start_paused = true)]
async fn an_addressed_event_reaches_that_component_alone() {
    let (system, log) = everybody().await;
    let share = log.clone();
    let second = system.supervise(move || Blue(share.clone())).await.unwrap();
    log.take();
    let ping = system.to(&second).fire(Ping);
    ping.completed().await.unwrap();
    assert_eq!(log.take(), ["blue"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_matches_in_several_ways_runs_once() {
    let (system, log) = (System::new(), Log::default());
    let many = system.register(Many(log.clone())).await.unwrap();
    assert_eq!(heard(&system, &log, "many").await, ["many"]);
    assert_eq!(heard(&system, &log, "*").await, ["many"]);
    assert!(!many.is_gone());
}

#[tokio::test(start_paused = true)]
async fn a_component_that_leaves_is_heard_no_more_whatever_was_fired_before() {
    let (system, log) = (System::new(), Log::default());
    for _ in 0..2 {
        let red = system.register(Red(log.clone())).await.unwrap();
        let every = system.register(Every(log.clone())).await.unwrap();
        assert_eq!(heard(&system, &log, "red").await, ["every", "red red"]);
        assert_eq!(heard(&system, &log, "else").await, ["every"]);
        every.stop().await;
        assert_eq!(heard(&system, &log, "red").await, ["red red"]);
        assert!(heard(&system, &log, "else").await.is_empty());
        red.stop().await;
        assert!(heard(&system, &log, "*").await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_is_no_channel_is_refused_by_each_verb() {
    let (system, log) = (System::new(), Log::default());
    system.register(Every(log.clone())).await.unwrap();
    system.register(Morgue(log.clone())).await.unwrap();
    let long = "x".repeat(256);
    for (name, expected) in [
        ("", ChannelError::Empty),
        (&*long, ChannelError::TooLong { length: 256 }),
    ] {
        system.on(name).fire(Ping).await;
        let called = system.on(name).call(Ping).await;
        assert!(matches!(called, Err(CallError::BadChannel(error)) if error == expected));
        let all = system.on(name).call_all(Ping).await;
        assert!(matches!(&all[..], [Err(CallError::BadChannel(error))] if *error == expected));
        let waited = system.on(name).wait::<Ping>().await;
        assert_eq!(waited.unwrap_err(), WaitError::BadChannel(expected));
        let share = log.clone();
        let started = system.supervise(move || Red(share.clone())).channel(name);
        let error = started.await.unwrap_err();
        assert!(matches!(error, StartError::BadChannel(error) if error == expected));
        system.on("x").fire(Ping).completed().await.unwrap();
        assert_eq!(log.take().len(), 2);
    }
    assert_eq!(system.dead_letters(), 2);
    let longest = "x".repeat(255);
    system.on(&longest).fire(Ping).completed().await.unwrap();
    assert_eq!(log.take(), ["every"]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_says_why_it_went_nowhere() {
    let (system, log) = (System::new(), Log::default());
    let morgue = system.register(Morgue(log.clone())).await.unwrap();
    let blue = system.register(Blue(log.clone())).await.unwrap();
    system.on("").fire(Ping).await;
    system.on("nowhere").fire(Ping).await;
    blue.stop().await;
    system.to(&blue).fire(Ping).await;
    morgue.drain().await;
    let expected = ["Ping BadChannel", "Ping NoHandler", "Ping Stopped"];
    assert_eq!(log.take(), expected);
    assert_eq!(system.dead_letters(), 3);
    assert_eq!(Reason::NoHandler.to_string(), "nobody handles it");
}

/// Runs in a process of its own, where nobody else allocates.
#[tokio::test(start_paused = true)]
async fn a_million_channels_leave_nothing_behind() {
    const ALONE: &str = "CIRCUITS_TEST_ALONE";
    let name = "channels::a_million_channels_leave_nothing_behind";
    if std::env::var_os(ALONE).is_none() {
        let itself = std::env::current_exe().unwrap();
        let alone = Command::new(itself)
            .args(["--exact", name])
            .env(ALONE, "1")
            .output();
        let alone = alone.unwrap();
        let text = String::from_utf8_lossy(&alone.stdout);
        assert!(alone.status.success(), "{text}");
        assert!(text.contains("1 passed"), "{text}");
        return;
    }
    let (system, log) = (System::new(), Log::default());
    system.register(Red(log.clone())).await.unwrap();
    let before = resident_kilobytes();
    for number in 0..1_000_000 {
        system.on(&format!("channel {number}")).fire(Ping);
    }
    assert_eq!(system.dead_letters(), 1_000_000);
    assert_eq!(heard(&system, &log, "red").await, ["red red"]);
    // A million names alone would take more than this.
    assert!(resident_kilobytes() < before + 8 * 1024);
}

/// What was allocated; not the pages of the program itself, which come and go.
fn resident_kilobytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.unwrap().parse().unwrap()
}

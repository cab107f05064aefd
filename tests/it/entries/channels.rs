//! Channels: where events go, and who hears them (CORE-020 to 026).

use circuits::prelude::*;
use circuits::testing::{Probe, settle};

use crate::support::Log;

#[derive(Event, Debug)]
#[event(reply = &'static str)]
struct Foo;

#[derive(Event, Debug)]
#[event(reply = &'static str, channel = "a")]
struct Homed;

#[derive(Event, Debug)]
struct Relay;

/// Answers on channel `a`.
#[component(channel = "a")]
struct A;

#[component]
impl A {
    #[handler("foo")]
    fn foo(&self, _: &Foo) -> &'static str {
        "Foo"
    }

    #[handler("homed")]
    fn homed(&self, _: &Homed) -> &'static str {
        "Foo"
    }
}

/// Answers on channel `b`.
#[component(channel = "b")]
struct B;

#[component]
impl B {
    #[handler("foo")]
    fn foo(&self, _: &Foo) -> &'static str {
        "Hello World!"
    }

    #[handler("homed")]
    fn homed(&self, _: &Homed) -> &'static str {
        "Hello World!"
    }

    #[handler("relay")]
    fn relay(&self, _: &Relay, cx: &Context<Self>) {
        cx.fire(Foo);
        cx.fire(Homed);
    }
}

/// Says nothing of channels, so it listens on all.
#[component]
struct Everywhere;

#[component]
impl Everywhere {
    #[handler("foo")]
    fn foo(&self, _: &Foo) -> &'static str {
        "everywhere"
    }
}

async fn answers(system: &System, channel: &str) -> Vec<&'static str> {
    let all = system.on(channel).call_all(Foo).await;
    all.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn core_020_a_channel_is_set_by_type_or_instance_and_is_all_unless_said() {
    let system = System::new();
    let by_type = system.register(A).await.unwrap();
    let by_instance = system.register(A).channel("c").await.unwrap();
    let unsaid = system.register(Everywhere).await.unwrap();
    assert_eq!((by_type.channel(), by_instance.channel()), ("a", "c"));
    assert_eq!(unsaid.channel(), "*");
    // Any text is a channel, such as one per connection.
    let odd = system.register(A).channel("(1, 1)").await.unwrap();
    assert_eq!(odd.channel(), "(1, 1)");
    assert_eq!(answers(&system, "(1, 1)").await, ["everywhere", "Foo"]);
    // What is falsy in Python is an error here.
    assert!(system.register(A).channel("").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn core_021_the_sender_names_the_channel_else_the_event_else_the_component() {
    let system = System::new();
    system.register(A).await.unwrap();
    system.register(B).await.unwrap();
    assert_eq!(system.call(Homed).await.unwrap(), "Foo");
    assert_eq!(system.on("b").call(Homed).await.unwrap(), "Hello World!");
    let all = system.call_all(Foo).await;
    assert_eq!(all.len(), 2, "neither is named: on all channels");

    let probe = Probe::on(&system, "*").await.unwrap();
    system.on("b").fire(Relay);
    settle().await;
    let heard = probe.events().into_iter();
    let heard: Vec<_> = heard
        .map(|event| format!("{}[{}]", event.name(), event.channel().unwrap()))
        .collect();
    assert_eq!(heard, ["relay[b]", "foo[b]", "homed[a]"]);
}

#[tokio::test(start_paused = true)]
async fn core_022_a_handler_hears_its_channel_and_all_hear_all() {
    let system = System::new();
    system.register(A).await.unwrap();
    // Wherever it is in the tree.
    let parent = system.register(B).await.unwrap();
    let child = parent.children().register(Everywhere).await.unwrap();
    assert_eq!(answers(&system, "a").await, ["Foo", "everywhere"]);
    assert_eq!(answers(&system, "b").await, ["Hello World!", "everywhere"]);
    assert_eq!(answers(&system, "zzz").await, ["everywhere"]);
    let all = answers(&system, "*").await;
    assert_eq!(all, ["Foo", "Hello World!", "everywhere"]);
    assert_eq!(system.to(&child).call(Foo).await.unwrap(), "everywhere");
}

#[tokio::test(start_paused = true)]
async fn core_023_a_broadcast_runs_each_handler_once() {
    let system = System::new();
    system.register(A).await.unwrap();
    system.register(A).channel("c").await.unwrap();
    system.register(B).await.unwrap();
    assert_eq!(answers(&system, "*").await, ["Foo", "Foo", "Hello World!"]);
}

#[tokio::test(start_paused = true)]
async fn core_024_an_address_reaches_one_component_and_neither_child_nor_namesake() {
    let system = System::new();
    let parent = system.register(B).await.unwrap();
    let child = parent.children().register(A).await.unwrap();
    system.register(A).await.unwrap();
    let one = system.to(&child).call_all(Foo).await;
    assert_eq!(one.len(), 1);
    assert_eq!(system.to(&child).call(Foo).await.unwrap(), "Foo");
    assert_eq!(system.to(&parent).call(Foo).await.unwrap(), "Hello World!");
    assert_eq!(system.to(&parent).call_all(Foo).await.len(), 1);
}

/// On `h`, but for two handlers with channels of their own.
#[component(channel = "h")]
struct Elsewhere(Log);

#[component]
impl Elsewhere {
    #[handler("foo", channel = "q")]
    fn on_q(&mut self, _: &Foo) {
        self.0.add("q");
    }

    #[handler("foo", channel = "*")]
    fn on_all(&mut self, _: &Foo) {
        self.0.add("all");
    }
}

#[tokio::test(start_paused = true)]
async fn core_026_a_handler_may_listen_on_a_channel_of_its_own_or_on_all() {
    let (system, log) = (System::new(), Log::default());
    system.register(Elsewhere(log.clone())).await.unwrap();
    for (channel, expected) in [
        ("q", &["q", "all"][..]),
        ("h", &["all"]),
        ("other", &["all"]),
    ] {
        system.on(channel).fire(Foo);
        settle().await;
        let mut heard = log.take();
        heard.sort_by_key(|line| line == "all");
        assert_eq!(heard, expected, "{channel}");
    }
}

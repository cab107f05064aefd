//! Handlers: how they are declared, ordered, added and removed (CORE-030 to 038).

use circuits::CallError;
use circuits::component::{Component, Handles};
use circuits::prelude::*;
use circuits::testing::settle;
use trybuild::TestCases;

use crate::support::Log;

#[derive(Event, Debug)]
struct Notice;

#[derive(Event, Debug)]
struct Privmsg;

#[derive(Event, Debug)]
struct Reset;

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Test;

#[component(channel = "irc")]
struct Client(Log);

#[component]
impl Client {
    #[handler("notice", "privmsg")]
    fn on_text(&mut self, event: &AnyEvent) {
        self.0.add(event.name());
    }

    /// Takes the name of its method.
    #[handler]
    fn test(&mut self, _: &Test) -> u32 {
        self.reset();
        7
    }
}

impl Client {
    /// Public, and still no handler: only what is marked is one.
    pub(crate) fn reset(&mut self) {
        self.0.add("reset");
    }
}

async fn client() -> (System, Address<Client>, Log) {
    let (system, log) = (System::new(), Log::default());
    let client = system.register(Client(log.clone())).await.unwrap();
    (system, client, log)
}

#[tokio::test(start_paused = true)]
async fn core_030_one_handler_hears_several_names_and_is_told_which() {
    let (system, _client, log) = client().await;
    system.on("irc").fire(Notice);
    system.on("irc").fire(Privmsg);
    settle().await;
    assert_eq!(log.take(), ["notice", "privmsg"]);
}

#[tokio::test(start_paused = true)]
async fn core_031_a_method_without_the_attribute_is_no_handler() {
    let (system, _client, log) = client().await;
    system.on("irc").fire(Reset);
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(system.dead_letters(), 1);
    let handlers = <Client as Component>::HANDLERS.iter();
    assert!(!handlers.map(|h| h.method()).any(|name| name == "reset"));
}

#[tokio::test(start_paused = true)]
async fn core_032_a_handler_takes_the_name_of_its_method_and_leaves_with_its_component() {
    fn handles<C: Handles<E>, E: Event>() {}
    handles::<Client, Test>();
    let (system, client, _log) = client().await;
    assert_eq!(system.on("irc").call(Test).await.unwrap(), 7);
    client.unregister().await;
    let answer = system.on("irc").call(Test).await;
    assert!(matches!(answer, Err(CallError::NoHandler)));
}

/// Hears every event of its channel.
#[component(channel = "irc")]
struct Local(Log);

#[component]
impl Local {
    #[handler("*", priority = 1)]
    fn any(&mut self, event: &AnyEvent) {
        self.0.add(format_args!("local {}", event.name()));
    }
}

/// Hears every event of every channel, before the others.
#[component(channel = "spy")]
struct Global(Log);

#[component]
impl Global {
    #[handler("*", channel = "*", priority = 2)]
    fn any(&mut self, event: &AnyEvent) {
        self.0.add(format_args!("global {}", event.name()));
    }
}

#[tokio::test(start_paused = true)]
async fn core_033_a_star_hears_its_channel_or_all_once_and_by_priority() {
    let (system, _client, log) = client().await;
    system.register(Local(log.clone())).await.unwrap();
    system.register(Global(log.clone())).await.unwrap();
    settle().await;
    log.take();
    system.on("irc").fire(Test);
    settle().await;
    assert_eq!(log.take(), ["global test", "local test", "reset"]);
    system.on("other").fire(Notice);
    settle().await;
    assert_eq!(log.take(), ["global notice"]);
    system.on("*").fire(Privmsg);
    settle().await;
    // Once each, though `*` matches in several ways.
    assert_eq!(log.take(), ["global privmsg", "local privmsg", "privmsg"]);
}

#[component(channel = "forms")]
struct Forms(Log);

#[component]
impl Forms {
    #[handler("test", priority = 3)]
    fn with_both(&mut self, event: &Test, cx: &Context<Self>) {
        self.0.add(format_args!("{event:?} at {}", cx.name()));
    }

    #[handler("test", priority = 2)]
    fn with_event(&mut self, event: &Test) {
        self.0.add(format_args!("{event:?}"));
    }

    #[handler("test", priority = 1)]
    fn with_context(&mut self, cx: &Context<Self>) {
        self.0.add(cx.channel());
        cx.stop_propagation();
    }

    #[handler("test")]
    fn with_nothing(&mut self) {
        self.0.add("not reached");
    }
}

#[tokio::test(start_paused = true)]
async fn core_034_a_handler_takes_the_event_and_the_context_or_neither() {
    let (system, log) = (System::new(), Log::default());
    let forms = Forms(log.clone());
    system.register(forms).named("forms").await.unwrap();
    system.on("forms").fire(Test);
    settle().await;
    assert_eq!(log.take(), ["Test at forms", "Test", "forms"]);
}

/// A mismatch is found by the compiler, so the failing programs are compiled here.
#[test]
fn core_035_a_handler_with_the_wrong_arguments_does_not_compile() {
    let cases = TestCases::new();
    cases.compile_fail("ui/fail/parameters_too_many.rs");
    cases.compile_fail("ui/fail/parameters_two_events.rs");
}

/// Answers with its priority.
macro_rules! ranked {
    ($($type:ident $priority:literal $answer:literal;)*) => {$(
        #[component(channel = "ranks")]
        struct $type;

        #[component]
        impl $type {
            #[handler("test", priority = $priority)]
            fn test(&self, _: &Test) -> u32 {
                $answer
            }
        }
    )*};
}

ranked! {
    Zero 0 0;
    Three 3 3;
    Two 2 2;
    Half 2.5 25;
    Below -1 99;
}

async fn ranks(system: &System) -> Vec<u32> {
    let all = system.on("ranks").call_all(Test).await;
    all.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn core_036_higher_priorities_come_first_and_equal_ones_in_order_of_registration() {
    let system = System::new();
    system.register(Zero).await.unwrap();
    system.register(Three).await.unwrap();
    system.register(Two).await.unwrap();
    assert_eq!(ranks(&system).await, [3, 2, 0]);
    system.register(Below).await.unwrap();
    system.register(Half).await.unwrap();
    assert_eq!(ranks(&system).await, [3, 25, 2, 0, 99]);
    system.register(Three).await.unwrap();
    assert_eq!(ranks(&system).await, [3, 3, 25, 2, 0, 99]);
}

#[tokio::test(start_paused = true)]
async fn core_038_handlers_are_added_and_removed_while_the_component_runs() {
    let (system, client, log) = client().await;
    let id = client
        .add_handler(|client: &mut Client, _: &Reset, _| {
            client.reset();
            Ok(None)
        })
        .unwrap();
    system.on("irc").fire(Reset);
    settle().await;
    assert_eq!(log.take(), ["reset"]);
    assert!(client.remove_handler(id));
    system.on("irc").fire(Reset);
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    assert_eq!(system.dead_letters(), 1);
    assert!(!client.remove_handler(id), "it is not there any more");
}

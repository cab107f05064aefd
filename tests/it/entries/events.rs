//! Events: what they are, and how they are stopped and cancelled (CORE-001 to 015, 027).

use circuits::CallError;
use circuits::event::{
    Complete, DeadLetter, Event, Exception, PrepareUnregister, Reason, Registered, Started,
    Stopped, Success, Unregistered,
};
use circuits::prelude::*;
use circuits::testing::{Probe, settle};

use crate::support::Log;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Event, Clone, Debug, PartialEq)]
#[event(reply = &'static str, success, complete)]
struct Hello {
    number: u32,
    who: &'static str,
}

const HELLO: Hello = Hello {
    number: 1,
    who: "you",
};

#[derive(Event, Debug)]
#[event(name = "greeting")]
struct Renamed;

#[component(channel = "greeter")]
struct Greeter(Log);

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, event: &Hello) -> &'static str {
        let Hello { number, who } = event;
        self.0.add(format_args!("hello {number} {who}"));
        "Hello World!"
    }

    #[handler("greeting")]
    fn greeting(&mut self, _: &Renamed) {
        self.0.add("greeting");
    }
}

async fn greeter() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    system.register(Greeter(log.clone())).await.unwrap();
    (system, log)
}

#[tokio::test(start_paused = true)]
async fn core_001_an_event_is_a_type_with_a_name_and_fields() {
    assert_eq!((Hello::NAME, Renamed::NAME), ("hello", "greeting"));
    let (system, log) = greeter().await;
    system.on("greeter").fire(HELLO);
    system.on("greeter").fire(Renamed);
    settle().await;
    assert_eq!(log.take(), ["hello 1 you", "greeting"]);
}

#[tokio::test(start_paused = true)]
async fn core_001_an_event_that_is_fired_twice_is_handled_twice() {
    let (system, log) = greeter().await;
    let event = HELLO;
    system.on("greeter").fire(event.clone());
    system.on("greeter").fire(event);
    settle().await;
    assert_eq!(log.take(), ["hello 1 you", "hello 1 you"]);
}

/// Answers like the greeter, and lets nobody of lower priority do the same.
#[component(channel = "greeter")]
struct Selfish;

#[component]
impl Selfish {
    #[handler("hello", priority = 1)]
    fn hello(&mut self, _: &Hello, cx: &Context<Self>) -> &'static str {
        cx.stop_propagation();
        "only me"
    }
}

/// Stops whatever it hears on its channel.
#[component(channel = "greeter")]
struct Censor;

#[component]
impl Censor {
    #[handler("*", priority = 2.5)]
    fn any(&mut self, _: &AnyEvent, cx: &Context<Self>) {
        cx.stop_propagation();
    }
}

async fn answers(system: &System) -> Vec<&'static str> {
    let all = system.on("greeter").call_all(HELLO).await;
    all.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(start_paused = true)]
async fn core_012_a_stopped_event_reaches_no_lower_priority_and_keeps_its_answers() {
    let (system, log) = greeter().await;
    system.register(Greeter(log.clone())).await.unwrap();
    assert_eq!(answers(&system).await, ["Hello World!", "Hello World!"]);
    let selfish = system.register(Selfish).await.unwrap();
    log.take();
    let probe = Probe::on(&system, "greeter").await.unwrap();
    assert_eq!(answers(&system).await, ["only me"]);
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    // It was handled with success all the same (CORE-007).
    assert_eq!(probe.names(), ["hello_success", "hello_complete"]);

    selfish.stop().await;
    let censor = system.register(Censor).await.unwrap();
    assert_eq!(answers(&system).await, [""; 0], "a `*` handler stops it");
    censor.stop().await;
    assert_eq!(answers(&system).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn core_013_a_cancelled_event_runs_no_handler_and_is_no_success() {
    let (system, log) = greeter().await;
    let probe = Probe::on(&system, "greeter").await.unwrap();
    let hello = system.on("greeter").fire(HELLO).cancelable();
    hello.cancel();
    settle().await;
    assert_eq!(log.take(), [""; 0]);
    // Ours: who waits for the end is told that it will not go on.
    assert_eq!(probe.names(), ["hello_complete"]);
    assert_eq!((system.dead_letters(), system.exceptions()), (0, 0));
}

#[derive(Event, Debug)]
struct Break;

#[component(channel = "life")]
struct Life;

#[component]
impl Life {
    #[handler("break")]
    fn fail(&mut self, _: &Break) -> circuits::Result<()> {
        Err(Error::new("broken"))
    }
}

#[tokio::test(start_paused = true)]
async fn core_015_the_life_of_a_component_is_told_by_events() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let life = system.register(Life).named("life").await.unwrap();
    system.on("life").fire(Break).completed().await.unwrap();
    life.unregister().await;
    settle().await;
    let expected = [
        "registered",
        "started",
        "break",
        "exception",
        "prepare_unregister",
        "stopped",
        "unregistered",
    ];
    assert_eq!(probe.names(), expected);
    let registered = &probe.all::<Registered>()[0];
    assert_eq!(
        (registered.component, &*registered.name),
        (life.id(), "life")
    );
    assert_eq!(registered.parent, life.parent());
    assert_eq!(probe.all::<Started>()[0].life, 1);
    let exception = &probe.all::<Exception>()[0];
    assert_eq!(exception.error.to_string(), "broken");
    assert!(exception.event.is::<Break>());
    assert_eq!(probe.all::<PrepareUnregister>()[0].component, life.id());
    assert_eq!(probe.all::<Stopped>()[0].life, 1);
    assert_eq!(probe.all::<Unregistered>()[0].parent, life.parent());
    // The seventh is `signal`: core_063 sends some to a process of its own.
}

#[tokio::test(start_paused = true)]
async fn core_027_an_event_without_handlers_is_no_error_but_a_call_says_so() {
    let system = System::new();
    let nobody = system.on("nobody");
    let answer = nobody.call(HELLO).await;
    assert!(matches!(answer, Err(CallError::NoHandler)));
    assert!(nobody.call_all(HELLO).await.is_empty());
    assert_eq!(system.dead_letters(), 0, "who called was told");
    nobody.fire(HELLO).completed().await.unwrap();
    assert_eq!(system.dead_letters(), 1);
    let _probe = Probe::on(&system, "nobody").await.unwrap();
    let answer = nobody.call(HELLO).await;
    assert!(
        matches!(answer, Err(CallError::NoReply)),
        "heard, but not answered"
    );
}

/// Hears what becomes of an event that nobody handles.
#[component(channel = "nobody")]
struct Mourner(Log);

#[component]
impl Mourner {
    #[handler("dead_letter", channel = "*")]
    fn letter(&mut self, letter: &DeadLetter) {
        assert_eq!(letter.reason, Reason::NoHandler);
        self.0.add(format_args!("dead {}", letter.event.name()));
    }

    #[handler("hello_success")]
    fn success(&mut self, _: &Success<Hello>) {
        self.0.add("success");
    }

    #[handler("hello_complete")]
    fn complete(&mut self, _: &Complete<Hello>) {
        self.0.add("complete");
    }
}

#[tokio::test(start_paused = true)]
async fn core_027_what_nobody_handles_is_counted_told_and_still_complete() {
    let (system, log) = (System::new(), Log::default());
    system.register(Mourner(log.clone())).await.unwrap();
    let wait = system
        .on("nobody")
        .wait::<Complete<Hello>>()
        .timeout(SECOND);
    system.on("nobody").fire(HELLO);
    wait.await.unwrap();
    settle().await;
    let (dead, lines): (Vec<_>, Vec<_>) = log
        .take()
        .into_iter()
        .partition(|line| line == "dead hello");
    assert_eq!(
        (dead.len(), &lines[..]),
        (1, &["success".to_owned(), "complete".to_owned()][..])
    );
    assert_eq!(system.dead_letters(), 1);
}

//! Feedback: events about events (CORE-006, 008, 009, 010).

use circuits::event::{Complete, Event, Failure, Success};
use circuits::prelude::*;
use circuits::testing::{Probe, settle};

use crate::support::Log;

#[derive(Event, Debug)]
#[event(reply = u32, success, failure, complete)]
struct Test(How);

#[derive(Debug, PartialEq)]
enum How {
    Well,
    Badly,
    BadlyLater,
    Panics,
}

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("test")]
    async fn test(&mut self, event: &Test) -> Result<u32, Error> {
        match event.0 {
            How::Well => return Ok(1),
            How::Badly => {}
            How::BadlyLater => tokio::time::sleep(Duration::from_secs(1)).await,
            How::Panics => panic!("Hello World!"),
        }
        Err(Error::new("Hello World!"))
    }
}

/// Writes down the feedback of `Test`, and that its event is the one that was fired.
#[component(channel = "app")]
struct Listener(Log);

#[component]
impl Listener {
    #[handler("test_success")]
    fn success(&mut self, event: &Success<Test>) {
        self.0.add(format_args!("success of {:?}", event.event));
    }

    #[handler("test_failure")]
    fn failure(&mut self, event: &Failure<Test>) {
        self.0.add(format_args!(
            "failure of {:?}: {}",
            event.event, event.error
        ));
    }

    #[handler("exception")]
    fn exception(&mut self) {
        self.0.add("exception");
    }

    #[handler("test_complete")]
    fn complete(&mut self, event: &Complete<Test>) {
        self.0.add(format_args!("complete of {:?}", event.event));
    }
}

async fn check(how: How, expected: &[&str]) {
    let (system, log) = (System::new(), Log::default());
    system.register(Listener(log.clone())).await.unwrap();
    system.supervise(|| App).await.unwrap();
    system.on("app").fire(Test(how)).completed().await.unwrap();
    settle().await;
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn core_006_feedback_is_named_after_its_event_and_holds_it() {
    assert_eq!(Success::<Test>::NAME, "test_success");
    assert_eq!(Failure::<Test>::NAME, "test_failure");
    assert_eq!(Complete::<Test>::NAME, "test_complete");
    check(
        How::Well,
        &["success of Test(Well)", "complete of Test(Well)"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn core_008_a_failure_is_told_with_its_error_then_as_exception_and_is_no_success() {
    let badly = "failure of Test(Badly): Hello World!";
    check(How::Badly, &[badly, "exception", "complete of Test(Badly)"]).await;
    let panics = "failure of Test(Panics): panicked: Hello World!";
    check(
        How::Panics,
        &[panics, "exception", "complete of Test(Panics)"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn core_008_a_failure_after_an_await_is_complete_as_well() {
    let later = "failure of Test(BadlyLater): Hello World!";
    let complete = "complete of Test(BadlyLater)";
    check(How::BadlyLater, &[later, "exception", complete]).await;
}

#[derive(Event, Debug)]
#[event(success, complete)]
struct Change;

#[derive(Event, Debug)]
struct Nested1;

#[derive(Event, Debug)]
struct Nested2;

#[derive(Event, Debug)]
struct Nested3(&'static str);

/// Changes its state three events away from where it was asked to.
#[component(channel = "nested")]
struct Nested {
    state: &'static str,
    log: Log,
}

#[component]
impl Nested {
    #[handler("change")]
    async fn change(&self, _: &Change, cx: &Context<Self>) {
        cx.fire(Nested1);
    }

    #[handler("nested1")]
    async fn nested1(&self, _: &Nested1, cx: &Context<Self>) {
        // Resumed later: what it fires then belongs to `Change` all the same.
        tokio::time::sleep(Duration::from_secs(60)).await;
        cx.on("nested").fire(Nested2);
    }

    #[handler("nested2")]
    fn nested2(&mut self, _: &Nested2, cx: &Context<Self>) {
        cx.fire(Nested3("New state"));
        cx.fire(Nested3("Final state"));
    }

    #[handler("nested3")]
    fn nested3(&mut self, event: &Nested3) -> circuits::Result<()> {
        self.state = event.0;
        Err(Error::new("an error keeps nothing from being complete"))
    }

    #[handler("change_success")]
    fn success(&mut self, _: &Success<Change>) {
        self.log.add(format_args!("success: {}", self.state));
    }

    #[handler("change_complete")]
    fn complete(&mut self, _: &Complete<Change>) {
        self.log.add(format_args!("complete: {}", self.state));
    }
}

#[tokio::test(start_paused = true)]
async fn core_009_complete_waits_for_all_effects_also_those_fired_after_an_await() {
    let (system, log) = (System::new(), Log::default());
    let nested = Nested {
        state: "Old state",
        log: log.clone(),
    };
    system.register(nested).await.unwrap();
    let begun = tokio::time::Instant::now();
    system.on("nested").fire(Change).completed().await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 60);
    settle().await;
    let expected = ["success: Old state", "complete: Final state"];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn core_010_the_end_of_a_call_is_no_event_and_leaves_no_handler() {
    #[derive(Event, Debug)]
    #[event(reply = u32)]
    struct Quiet;
    #[component(channel = "quiet")]
    struct Answerer;
    #[component]
    impl Answerer {
        #[handler("quiet")]
        fn quiet(&self, _: &Quiet) -> u32 {
            7
        }
    }
    let system = System::new();
    let answerer = system.register(Answerer).await.unwrap();
    let probe = Probe::on(&system, "*").await.unwrap();
    assert_eq!(system.on("quiet").call(Quiet).await.unwrap(), 7);
    settle().await;
    assert_eq!(probe.names(), ["quiet"], "there is no quiet_done");
    answerer.stop().await;
    let answer = system.on("quiet").call_all(Quiet).await;
    assert!(answer.is_empty(), "only the answerer had an answer");
}

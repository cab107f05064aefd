//! The queue and the dispatch: order, priorities, isolation of errors (CORE-041 to 048).

use circuits::event::Exception;
use circuits::prelude::*;
use circuits::testing::{Probe, crash, settle};
use circuits::{CallError, Options, Restart};

use crate::support::Log;

#[derive(Event, Clone, Debug)]
#[event(reply = u32)]
struct Foo(u32);

#[derive(Event, Debug)]
struct Bar;

#[derive(Event, Debug)]
struct Quit(u8);

/// Fires a `Bar` for each `Foo`, and then answers.
#[component(channel = "queue")]
struct Queue(Log);

#[component]
impl Queue {
    #[handler("foo")]
    fn foo(&mut self, event: &Foo, cx: &Context<Self>) -> u32 {
        cx.fire(Bar);
        self.0.add(format_args!("foo {}", event.0));
        event.0
    }

    #[handler("bar")]
    fn bar(&mut self, _: &Bar) {
        self.0.add("bar");
    }
}

async fn queue() -> (System, Address<Queue>, Log) {
    let (system, log) = (System::new(), Log::default());
    let queue = system.register(Queue(log.clone())).await.unwrap();
    (system, queue, log)
}

#[tokio::test(start_paused = true)]
async fn core_041_what_a_handler_fires_comes_after_what_was_queued_before() {
    let (system, _queue, log) = queue().await;
    system.on("queue").fire(Foo(1));
    system.on("queue").fire(Foo(2));
    settle().await;
    assert_eq!(log.take(), ["foo 1", "foo 2", "bar", "bar"]);
}

#[tokio::test(start_paused = true)]
async fn core_042_an_event_of_higher_priority_is_taken_first_as_with_handlers() {
    let (system, _queue, log) = queue().await;
    let order = async |priorities: &[i32]| {
        for (number, priority) in (1..).zip(priorities) {
            system.on("queue").priority(*priority).fire(Foo(number));
        }
        settle().await;
        let mut lines = log.take();
        lines.retain(|line| line != "bar");
        lines
    };
    // In the original the lowest number goes first: one direction is enough.
    assert_eq!(order(&[0, 2]).await, ["foo 2", "foo 1"]);
    assert_eq!(order(&[0, 0]).await, ["foo 1", "foo 2"]);
    assert_eq!(order(&[0, 5, -3]).await, ["foo 2", "foo 1", "foo 3"]);
    assert_eq!(order(&[7, 9, 7]).await, ["foo 2", "foo 1", "foo 3"]);
}

/// A handler of its own added to `queue`, which writes down its name.
fn added(
    name: &'static str,
) -> impl Fn(&mut Queue, &Bar, &Context<Queue>) -> circuits::Result<Option<()>> {
    move |queue, _, _| {
        queue.0.add(name);
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn core_045_the_next_event_knows_of_handlers_that_came_and_went() {
    let (system, queue, log) = queue().await;
    let heard = async || {
        system.on("queue").fire(Bar).completed().await.unwrap();
        log.take()
    };
    // The route is made by the first event, so a stale one would show.
    assert_eq!(heard().await, ["bar"]);
    let id = queue.add_handler(added("added")).unwrap();
    assert_eq!(heard().await, ["bar", "added"]);
    let second = system.register(Queue(log.clone())).await.unwrap();
    assert_eq!(heard().await.len(), 3);
    queue.remove_handler(id);
    second.unregister().await;
    assert_eq!(heard().await, ["bar"]);
}

/// Fails at each event, before the others hear it.
#[component(channel = "queue")]
struct Failing;

#[component]
impl Failing {
    #[handler("foo", priority = 1)]
    fn foo(&mut self, event: &Foo) -> Result<u32, Error> {
        Err(Error::new(format!("no {}", event.0)))
    }
}

#[tokio::test(start_paused = true)]
async fn core_046_the_failure_of_one_handler_stops_no_other_and_not_the_system() {
    let (system, _queue, log) = queue().await;
    system.register(Failing).await.unwrap();
    let all = system.on("queue").call_all(Foo(2)).await;
    assert!(matches!(&all[0], Err(CallError::Failed(e)) if e.to_string() == "no 2"));
    assert!(matches!(all[1], Ok(2)));
    assert_eq!(system.on("queue").call(Foo(3)).await.unwrap(), 3);
    for number in 0..1_000 {
        system.on("queue").fire(Foo(number)).await;
    }
    assert_eq!(system.on("queue").call(Foo(4)).await.unwrap(), 4);
    settle().await;
    assert_eq!(log.take().len(), 2 * 1_003);
    assert_eq!(system.exceptions(), 1_003);
    assert_eq!(system.restarts(), 0);
}

#[derive(Debug, thiserror::Error)]
#[error("undefined")]
struct Undefined;

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("foo")]
    async fn on_foo(&mut self, event: &Foo) -> Result<u32, Undefined> {
        tokio::task::yield_now().await;
        assert!(event.0 > 0, "too small");
        Err(Undefined)
    }
}

#[tokio::test(start_paused = true)]
async fn core_047_an_exception_says_what_failed_where_over_which_event() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let app = system.supervise(|| App).named("app").await.unwrap();
    for (number, crashed, text) in [(1, false, "undefined"), (0, true, "panicked: too small")] {
        system.on("app").fire(Foo(number));
        let exception = probe.expect::<Exception>().within(Duration::from_secs(1));
        let exception = exception.await.unwrap();
        assert_eq!((exception.component, &*exception.name), (app.id(), "app"));
        // Also where it waited: in the original a coroutine has no name.
        assert_eq!(exception.handler, "on_foo");
        assert_eq!(exception.event.downcast_ref::<Foo>().unwrap().0, number);
        assert_eq!(
            (exception.crashed, &*exception.error.to_string()),
            (crashed, text)
        );
        assert_eq!(
            exception.error.downcast_ref::<Undefined>().is_some(),
            !crashed
        );
    }
}

/// Ends the program, in one turn or after a wait, and writes down that it was stopped.
#[component(channel = "exit")]
struct Exit(Log);

#[component]
impl Exit {
    #[handler("quit")]
    async fn quit(&mut self, event: &Quit, cx: &Context<Self>) {
        if event.0 > 1 {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        cx.system().exit(event.0);
    }

    #[handler("bar")]
    fn bar(&mut self, _: &Bar, cx: &Context<Self>) {
        cx.system().fail(Undefined);
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.0.add("stopped");
    }
}

#[tokio::test(start_paused = true)]
async fn core_048_a_handler_ends_the_program_with_a_code_also_after_an_await() {
    for code in 0..4 {
        let (system, log) = (System::new(), Log::default());
        system.register(Exit(log.clone())).await.unwrap();
        system.on("exit").fire(Quit(code));
        assert_eq!(system.join().await.unwrap(), code);
        assert_eq!(log.take(), ["stopped"]);
    }
}

#[tokio::test(start_paused = true)]
async fn core_048_a_handler_ends_the_program_with_an_error() {
    let (system, log) = (System::new(), Log::default());
    system.register(Exit(log.clone())).await.unwrap();
    system.on("exit").fire(Bar);
    let error = system.join().await.unwrap_err();
    assert!(error.downcast_ref::<Undefined>().is_some());
    assert_eq!(log.take(), ["stopped"]);
    // The first error counts, and an error counts more than a code.
    system.exit(3);
    system.fail(Error::new("late"));
    assert!(
        system
            .join()
            .await
            .unwrap_err()
            .downcast_ref::<Undefined>()
            .is_some()
    );
}

#[tokio::test(start_paused = true)]
async fn core_048_a_component_that_keeps_failing_ends_the_program_with_its_error() {
    let system = System::with(Options::new().max_restarts(0));
    let app = system.supervise(|| App).restart(Restart::Permanent);
    let app = app.await.unwrap();
    crash(&system, &app, Undefined).await.unwrap();
    let error = system.join().await.unwrap_err();
    assert!(
        format!("{error:?}").ends_with("\n  because undefined"),
        "{error:?}"
    );
}

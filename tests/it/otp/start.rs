//! Start: one after the other, and all back where one of them fails.

use circuits::prelude::*;
use circuits::supervisor::{ChildStartError, Supervisor};
use circuits::{CallError, StartError};

use super::{Do, Start, Step, Trace, World, cases, child};

cases!(
    s01_children_start_one_after_the_other,
    s02_an_error_at_the_start_of_one_takes_back_the_others,
    s03_a_panic_at_the_start_of_one_takes_back_the_others,
    s06_a_start_that_never_ends_is_cut_at_its_limit,
    s09_what_a_start_sends_to_itself_arrives_after_it,
    s10_a_supervisor_that_fails_to_start_is_a_failed_start_for_its_parent,
);

async fn s01_children_start_one_after_the_other(world: World) {
    let system = world.system().await;
    let slow = |name| child(name).start(Start::Slow(world.secs(1)));
    let boss = child("boss").children([slow("a"), slow("b"), slow("c")]);
    world.start(&system, boss).await.unwrap();
    world.trace.note("the start has returned");
    let expected = [
        "a 1 starting",
        "a 1 started",
        "b 1 starting",
        "b 1 started",
        "c 1 starting",
        "c 1 started",
        "boss 1 started",
        "the start has returned",
    ];
    let entries = world.expect(&expected).await;
    assert!(!world.is_paused() || entries[7].at == world.secs(3));
}

/// Starts three below one; the third fails, and with it the whole.
async fn check_failed_start(world: World, wrong: Start, cause: &str) {
    let system = world.system().await;
    let failing = child("c").start(wrong);
    let boss = child("boss").children([child("a"), child("b"), failing]);
    let started = world.start(&system, boss).await;
    world.trace.note("the start has returned");
    let Err(StartError::Failed { error, .. }) = started else {
        panic!("{started:?}");
    };
    assert!(format!("{error:?}").ends_with(cause), "{error:?}");
    let expected = [
        "a 1 started",
        "b 1 started",
        "c 1 failed: no start",
        "boss 1 failed: `c` failed to start",
        "b 1 stopping",
        "b 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
        "the start has returned",
    ];
    world.expect(&expected).await;
    for name in ["a", "b", "c", "boss"] {
        let called = system.on(name).call(Do(Step::Work)).await;
        assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
    }
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    // Nothing is left in the way of another try.
    world.start(&system, child("boss")).await.unwrap();
    world.expect(&["boss 1 started"]).await;
}

/// The same in a declared tree, whose error also names the one that failed.
async fn check_failed_tree(world: World, wrong: Start, cause: &str) {
    let system = world.system().await;
    let trace = world.trace.clone();
    let tree = move || {
        let scripts = [child("a"), child("b"), child("c").start(wrong)];
        scripts
            .into_iter()
            .fold(Supervisor::one_for_one(), |tree, script| {
                tree.child(script.spec(&trace))
            })
    };
    let started = system.supervise(tree).named("tree").await;
    let Err(StartError::Failed { error, .. }) = started else {
        panic!("{started:?}");
    };
    let failed = error.downcast_ref::<ChildStartError>().unwrap();
    assert_eq!(failed.child(), "c");
    assert!(format!("{error:?}").ends_with(cause), "{error:?}");
    let expected = [
        "a 1 started",
        "b 1 started",
        "c 1 failed: no start",
        "b 1 stopping",
        "b 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
    ];
    world.expect(&expected).await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
}

async fn s02_an_error_at_the_start_of_one_takes_back_the_others(world: World) {
    check_failed_start(world.clone(), Start::Error, "because no start").await;
    let reports = [
        "c crashed in started: no start",
        "boss crashed in started: `c` failed to start",
    ];
    world.expect_reports(&reports).await;
    check_failed_tree(world, Start::Error, "because no start").await;
}

async fn s03_a_panic_at_the_start_of_one_takes_back_the_others(world: World) {
    check_failed_start(world.clone(), Start::Panic, "because panicked: no start").await;
    let reports = [
        "c crashed in started: panicked: no start",
        "dead started: Crashed",
        "boss crashed in started: `c` failed to start",
    ];
    world.expect_reports(&reports).await;
    check_failed_tree(world, Start::Panic, "because panicked: no start").await;
}

async fn s06_a_start_that_never_ends_is_cut_at_its_limit(world: World) {
    let system = world.system().await;
    let limit = world.ms(100);
    let never = child("c").start(Start::Never).start_limit(limit);
    let boss = child("boss").children([child("a"), child("b"), never]);
    let started = world.start(&system, boss).await;
    let Err(StartError::Failed { error, .. }) = &started else {
        panic!("{started:?}");
    };
    let cause = error.downcast_ref::<StartError>();
    assert!(
        matches!(cause, Some(StartError::TimedOut { limit: after, .. }) if *after == limit),
        "{cause:?}"
    );
    let failed = format!("boss 1 failed: `c` did not start within {limit:?}");
    let expected = [
        "a 1 started",
        "b 1 started",
        "c 1 starting",
        "c 1 killed",
        &failed,
        "b 1 stopping",
        "b 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
    ];
    let entries = world.expect(&expected).await;
    assert!(entries[3].at >= limit);
    let all_at_once = entries[3..].iter().all(|entry| entry.at == limit);
    assert!(!world.is_paused() || all_at_once, "{entries:?}");
    assert_eq!(system.restarts(), 0);
}

#[derive(Event)]
struct Message;

#[derive(Event)]
struct Due;

/// Sends to itself while it starts, and takes longer than what it sent.
#[component(channel = "eager")]
struct Eager {
    trace: Trace,
    time: Duration,
}

#[component]
impl Eager {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) {
        self.trace.add(cx.name(), cx.life(), "starting");
        cx.fire(Message);
        cx.after(Duration::ZERO, Due);
        tokio::time::sleep(self.time).await;
        self.trace.add(cx.name(), cx.life(), "started");
    }

    #[handler("message")]
    fn message(&mut self, _event: &Message, cx: &Context<Self>) {
        self.trace.add(cx.name(), cx.life(), "hears the message");
    }

    #[handler("due")]
    fn due(&mut self, _event: &Due, cx: &Context<Self>) {
        self.trace.add(cx.name(), cx.life(), "hears the timer");
    }
}

async fn s09_what_a_start_sends_to_itself_arrives_after_it(world: World) {
    let system = world.system().await;
    let (trace, time) = (world.trace.clone(), world.secs(1));
    let eager = move || Eager {
        trace: trace.clone(),
        time,
    };
    let eager = system.supervise(eager).named("a").await.unwrap();
    assert_eq!(eager.life(), 1);
    let expected = [
        "a 1 starting",
        "a 1 started",
        "a 1 hears the message",
        "a 1 hears the timer",
    ];
    world.expect(&expected).await;
}

async fn s10_a_supervisor_that_fails_to_start_is_a_failed_start_for_its_parent(world: World) {
    let system = world.system().await;
    let failing = child("low").start(Start::Error);
    let middle = child("middle").children([child("b"), failing]);
    let top = child("top").children([child("a"), middle]);
    let started = world.start(&system, top).await;
    assert!(
        matches!(started, Err(StartError::Failed { .. })),
        "{started:?}"
    );
    let expected = [
        "a 1 started",
        "b 1 started",
        "low 1 failed: no start",
        "middle 1 failed: `low` failed to start",
        "b 1 stopping",
        "b 1 stopped",
        "top 1 failed: `middle` failed to start",
        "a 1 stopping",
        "a 1 stopped",
    ];
    world.expect(&expected).await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
}

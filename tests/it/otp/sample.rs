//! The recorder itself: each step, start and stop of a child leaves its entries.

use circuits::prelude::*;
use circuits::{Backoff, CallError, Options, Restart, StartError};
use tokio::time::Instant;

use super::{Do, Gate, Start, Step, Stop, World, cases, child};

cases!(
    every_step_leaves_its_entry,
    every_start_leaves_its_entry,
    every_stop_leaves_its_entry,
    a_tree_starts_and_stops_in_order,
    time_passes_as_the_case_says,
);

async fn every_step_leaves_its_entry(world: World) {
    let system = world.system_with(Options::new().max_restarts(9)).await;
    world.start(&system, child("a")).await.unwrap();
    let a = system.on("a");
    assert_eq!(a.call(Do(Step::Work)).await.unwrap(), 1);
    assert_eq!(a.call(Do(Step::Slow(world.secs(1)))).await.unwrap(), 2);
    let (opener, gate) = Gate::new();
    drop(opener);
    assert_eq!(a.call(Do(Step::Block(gate))).await.unwrap(), 3);
    let failed = a.call(Do(Step::Error)).await;
    assert!(matches!(failed, Err(CallError::Failed(_))), "{failed:?}");
    let expected = [
        "a 1 started",
        "a 1 works",
        "a 1 works",
        "a 1 worked",
        "a 1 blocks",
        "a 1 errs",
    ];
    world.expect(&expected).await;
    world.expect_reports(&["a failed in act: error"]).await;
    a.fire(Do(Step::Panic)).await;
    a.fire(Do(Step::Fatal)).await;
    a.fire(Do(Step::Leave)).await;
    world
        .until("it has left", || world.trace.has("a 4 started"))
        .await;
    let expected = [
        "a 1 failed: panic",
        "a 2 started",
        "a 2 failed: fatal",
        "a 3 started",
        "a 3 leaves",
        "a 3 stopping",
        "a 3 stopped",
        "a 4 started",
    ];
    world.expect(&expected).await;
    let expected = [
        "a crashed in act: panicked: panic",
        "dead do: Crashed",
        "a crashed in act: fatal",
    ];
    world.expect_reports(&expected).await;
}

async fn every_start_leaves_its_entry(world: World) {
    let system = world.system().await;
    let start = |script| world.start(&system, script);
    start(child("a").start(Start::Slow(world.secs(1))))
        .await
        .unwrap();
    for wrong in [Start::Error, Start::Panic] {
        let failed = start(child("b").start(wrong)).await;
        assert!(
            matches!(failed, Err(StartError::Failed { .. })),
            "{failed:?}"
        );
    }
    let never = child("c").start(Start::Never).start_limit(world.secs(1));
    let failed = start(never).await;
    assert!(
        matches!(failed, Err(StartError::TimedOut { .. })),
        "{failed:?}"
    );
    let expected = [
        "a 1 starting",
        "a 1 started",
        "b 1 failed: no start",
        "b 1 failed: no start",
        "c 1 starting",
        "c 1 killed",
    ];
    world.expect(&expected).await;
}

async fn every_stop_leaves_its_entry(world: World) {
    let system = world.system().await;
    let stops = [Stop::Ok, Stop::Slow(world.secs(1)), Stop::Panic, Stop::Hang];
    for stop in stops {
        let limit = match stop {
            Stop::Hang => world.secs(1),
            _ => Duration::from_secs(30),
        };
        let a = child("a")
            .stop(stop)
            .shutdown(limit)
            .restart(Restart::Transient);
        world.start(&system, a).await.unwrap().stop().await;
        let end = match stop {
            Stop::Ok | Stop::Slow(_) => "a 1 stopped",
            Stop::Panic => "a 1 failed: no end",
            Stop::Hang => "a 1 killed",
        };
        world.expect(&["a 1 started", "a 1 stopping", end]).await;
    }
}

async fn a_tree_starts_and_stops_in_order(world: World) {
    let system = world.system().await;
    let top = child("top").children([child("a"), child("b").children([child("c")])]);
    let top = world.start(&system, top).await.unwrap();
    let started = ["a 1 started", "c 1 started", "b 1 started", "top 1 started"];
    world.expect_in_any_order(&started).await;
    system.on("a").fire(Do(Step::Hang)).await;
    world.expect(&["a 1 hangs"]).await;
    top.kill();
    let killed = ["top 1 killed", "c 1 killed", "b 1 killed", "a 1 killed"];
    let again = ["a 1 started", "c 1 started", "b 1 started", "top 2 started"];
    world.expect_in_any_order(&[killed, again].concat()).await;
}

async fn time_passes_as_the_case_says(world: World) {
    let system = world.system().await;
    let a = child("a").backoff(Backoff::constant(world.secs(2)));
    world.start(&system, a).await.unwrap();
    system.on("a").fire(Do(Step::Panic));
    world.expect(&["a 1 started", "a 1 failed: panic"]).await;
    let begun = Instant::now();
    world.pass(world.secs(1)).await;
    if world.is_paused() {
        world.expect(&[]).await;
    }
    world
        .until("it is back", || world.trace.has("a 2 started"))
        .await;
    let entries = world.expect(&["a 2 started"]).await;
    // Only the paused clock has an upper bound.
    assert!(begun.elapsed() >= world.secs(1));
    assert!(
        !world.is_paused() || entries[0].at == world.secs(2),
        "{entries:?}"
    );
}

//! Strategies: who is restarted with the one that failed.

use super::{Do, Step, World, cases, child};

cases!(s28_one_for_one_restarts_only_the_child_that_failed);

async fn s28_one_for_one_restarts_only_the_child_that_failed(world: World) {
    let system = world.system().await;
    let boss = child("boss").children([child("a"), child("b")]);
    let boss = world.start(&system, boss).await.unwrap();
    system.on("a").fire(Do(Step::Panic));
    let expected = [
        "a 1 started",
        "b 1 started",
        "boss 1 started",
        "a 1 failed: panic",
        "a 2 started",
    ];
    world.expect(&expected).await;
    let reports = ["a crashed in act: panicked: panic", "dead do: Crashed"];
    world.expect_reports(&reports).await;
    assert_eq!(system.restarts(), 1);
    // The order has not changed: the last one still is `b`, in its first life.
    boss.stop().await;
    let expected = [
        "b 1 stopping",
        "b 1 stopped",
        "a 2 stopping",
        "a 2 stopped",
        "boss 1 stopping",
        "boss 1 stopped",
    ];
    world.expect(&expected).await;
}

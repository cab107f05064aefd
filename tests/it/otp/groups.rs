//! Groups: who is stopped and started along with the one that failed; and
//! restarts that go on and on.

use std::sync::Arc;

use circuits::prelude::*;
use circuits::supervisor::{ChildError, ChildState, Supervisor};
use circuits::{Backoff, Restart, StartError};
use tokio::sync::Semaphore;

use super::{Script, Start, Step, Stop, Tree, World, called, cases, child};

cases!(
    s29_one_for_all_stops_all_in_reverse_and_starts_all_in_order,
    s30_rest_for_one_leaves_those_before_the_failed_child_alone,
    s31_one_for_all_is_tried_anew_when_one_fails_while_all_restart,
    s32_rest_for_one_goes_on_from_the_one_that_fails_while_restarting,
    s33_a_temporary_bystander_is_stopped_and_not_started_again,
    s34_a_group_waits_for_each_shutdown_time_and_kills_then,
    s35_two_that_fail_in_one_instant_are_one_restart,
    s41_a_child_that_is_restarted_again_and_again_can_be_terminated_only,
    s42_a_supervisor_that_is_stopped_tries_no_further_restart,
);

const HOUR: Duration = Duration::from_secs(3600);

/// Fails to start in the given lives.
fn failing<const N: usize>(name: &str, lives: [u64; N]) -> Script {
    child(name).starts(move |life| match lives.contains(&life) {
        true => Start::Error,
        false => Start::Ok,
    })
}

async fn s29_one_for_all_stops_all_in_reverse_and_starts_all_in_order(world: World) {
    let tree = Tree::start(&world, Supervisor::one_for_all, called(["a", "b", "c"])).await;
    tree.tell("b", Step::Panic);
    let expected = [
        "b 1 failed: panic",
        "c 1 stopping",
        "c 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
        "a 2 started",
        "b 2 started",
        "c 2 started",
    ];
    let entries = world.expect(&expected).await;
    let at_once = entries.iter().all(|entry| entry.at == Duration::ZERO);
    assert!(!world.is_paused() || at_once, "{entries:?}");
    assert_eq!(tree.system.restarts(), 1);
    let reports = ["b crashed in act: panicked: panic", "dead do: Crashed"];
    world.expect_reports(&reports).await;
    // One restart was allowed: the next failure stops all in reverse.
    tree.tell("a", Step::Panic);
    tree.gone().await;
    let expected = [
        "a 2 failed: panic",
        "c 2 stopping",
        "c 2 stopped",
        "b 2 stopping",
        "b 2 stopped",
    ];
    world.expect(&expected).await;
    assert_eq!(tree.system.restarts(), 1);
}

async fn s30_rest_for_one_leaves_those_before_the_failed_child_alone(world: World) {
    let tree = Tree::start(&world, Supervisor::rest_for_one, called(["a", "b", "c"])).await;
    tree.tell("b", Step::Panic);
    let expected = [
        "b 1 failed: panic",
        "c 1 stopping",
        "c 1 stopped",
        "b 2 started",
        "c 2 started",
    ];
    world.expect(&expected).await;
    assert_eq!(tree.system.restarts(), 1);
    let running = ChildState::Running;
    let listed = [("a", 1), ("b", 2), ("c", 2)].map(|(name, life)| (name.into(), running, life));
    assert_eq!(tree.list().await, listed);
    // One restart was allowed.
    tree.tell("c", Step::Panic);
    tree.gone().await;
    let expected = [
        "c 2 failed: panic",
        "b 2 stopping",
        "b 2 stopped",
        "a 1 stopping",
        "a 1 stopped",
    ];
    world.expect(&expected).await;
}

async fn s31_one_for_all_is_tried_anew_when_one_fails_while_all_restart(world: World) {
    let empty = |restarts| move || Supervisor::one_for_all().max_restarts(restarts);
    let scripts = [child("a"), failing("b", [2, 3]), child("c")];
    let tree = Tree::start(&world, empty(3), scripts.clone()).await;
    tree.tell("c", Step::Panic);
    let tries = [
        "c 1 failed: panic",
        "b 1 stopping",
        "b 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
        "a 2 started",
        "b 2 failed: no start",
        "a 2 stopping",
        "a 2 stopped",
        "a 3 started",
        "b 3 failed: no start",
        "a 3 stopping",
        "a 3 stopped",
    ];
    let healed = ["a 4 started", "b 4 started", "c 2 started"];
    world.expect(&[&tries[..], &healed].concat()).await;
    assert_eq!(tree.system.restarts(), 3);
    tree.boss.stop().await;
    drop(world.trace.take());
    // Each of them is counted: with one less, it gives up.
    let tree = Tree::start(&world, empty(2), scripts).await;
    tree.tell("c", Step::Panic);
    tree.gone().await;
    world.expect(&tries).await;
    assert_eq!(tree.system.restarts(), 2);
}

async fn s32_rest_for_one_goes_on_from_the_one_that_fails_while_restarting(world: World) {
    let empty = |restarts| move || Supervisor::rest_for_one().max_restarts(restarts);
    let scripts = [child("z"), child("a"), failing("b", [2, 3]), child("c")];
    let tree = Tree::start(&world, empty(3), scripts.clone()).await;
    tree.tell("a", Step::Panic);
    let tries = [
        "a 1 failed: panic",
        "c 1 stopping",
        "c 1 stopped",
        "b 1 stopping",
        "b 1 stopped",
        "a 2 started",
        "b 2 failed: no start",
        "b 3 failed: no start",
    ];
    let healed = ["b 4 started", "c 2 started"];
    world.expect(&[&tries[..], &healed].concat()).await;
    assert_eq!(tree.system.restarts(), 3);
    tree.boss.stop().await;
    drop(world.trace.take());
    // Each of them is counted: with one less, it gives up.
    let tree = Tree::start(&world, empty(2), scripts).await;
    tree.tell("a", Step::Panic);
    tree.gone().await;
    let stopped = ["a 2 stopping", "a 2 stopped", "z 1 stopping", "z 1 stopped"];
    world.expect(&[&tries[..], &stopped].concat()).await;
    assert_eq!(tree.system.restarts(), 2);
}

async fn s33_a_temporary_bystander_is_stopped_and_not_started_again(world: World) {
    let temporary = |name: &str| child(name).restart(Restart::Temporary);
    let scripts = [temporary("s"), child("a"), temporary("t"), child("b")];
    let tree = Tree::start(&world, Supervisor::one_for_all, scripts.clone()).await;
    tree.tell("a", Step::Panic);
    let expected = [
        "a 1 failed: panic",
        "b 1 stopping",
        "b 1 stopped",
        "t 1 stopping",
        "t 1 stopped",
        "s 1 stopping",
        "s 1 stopped",
        "a 2 started",
        "b 2 started",
    ];
    world.expect(&expected).await;
    let running = ChildState::Running;
    let listed = ["a", "b"].map(|name| (name.into(), running, 2));
    assert_eq!(tree.list().await, listed);
    tree.boss.stop().await;
    drop(world.trace.take());
    let tree = Tree::start(&world, Supervisor::rest_for_one, scripts).await;
    tree.tell("a", Step::Panic);
    let expected = [
        "a 1 failed: panic",
        "b 1 stopping",
        "b 1 stopped",
        "t 1 stopping",
        "t 1 stopped",
        "a 2 started",
        "b 2 started",
    ];
    world.expect(&expected).await;
    let listed = [("s", 1), ("a", 2), ("b", 2)].map(|(name, life)| (name.into(), running, life));
    assert_eq!(tree.list().await, listed);
    assert_eq!(tree.system.restarts(), 1);
}

async fn s34_a_group_waits_for_each_shutdown_time_and_kills_then(world: World) {
    // The period is shorter than the wait: what is counted falls out of it, and
    // nothing else comes of that.
    let (limit, period) = (world.secs(2), world.secs(1));
    let empty = move || Supervisor::one_for_all().within(period);
    let hanging = child("b").stop(Stop::Hang).shutdown(limit);
    let scripts = [child("a"), hanging, child("c")];
    let tree = Tree::start(&world, empty, scripts).await;
    for life in [1, 2] {
        let begun = world.trace.elapsed();
        tree.tell("c", Step::Panic);
        let next = life + 1;
        let expected = [
            format!("c {life} failed: panic"),
            format!("b {life} stopping"),
            format!("b {life} killed"),
            format!("a {life} stopping"),
            format!("a {life} stopped"),
            format!("a {next} started"),
            format!("b {next} started"),
            format!("c {next} started"),
        ];
        world
            .until("all are back", || {
                world.trace.has(&format!("c {next} started"))
            })
            .await;
        let expected = expected.each_ref().map(String::as_str);
        let entries = world.expect(&expected).await;
        assert!(entries[2].at - begun >= limit);
        if world.is_paused() {
            assert_eq!(entries[1].at, begun);
            let rest_at_limit = entries[2..].iter().all(|entry| entry.at == begun + limit);
            assert!(rest_at_limit, "{entries:?}");
        }
    }
    assert_eq!(tree.system.restarts(), 2);
}

async fn s35_two_that_fail_in_one_instant_are_one_restart(world: World) {
    let tree = Tree::start(&world, Supervisor::one_for_all, called(["a", "b", "c"])).await;
    let permits = Arc::new(Semaphore::new(0));
    for name in ["a", "c"] {
        tree.tell(name, Step::PanicAfter(permits.clone()));
    }
    world.expect_in_any_order(&["a 1 works", "c 1 works"]).await;
    permits.add_permits(2);
    let expected = [
        "a 1 failed: panic",
        "c 1 failed: panic",
        "b 1 stopping",
        "b 1 stopped",
        "a 2 started",
        "b 2 started",
        "c 2 started",
    ];
    match world.is_paused() {
        true => world.expect(&expected).await,
        false => world.expect_in_any_order(&expected).await,
    };
    assert_eq!(tree.system.restarts(), 1);
}

/// Starts a child whose second and later lives come to nothing; lets it fail.
async fn endless(world: &World, hangs: bool) -> Tree {
    let (pause, limit) = (world.secs(1), Duration::from_secs(1));
    let a = child("a").starts(move |life| match (life, hangs) {
        (1, _) => Start::Ok,
        (_, true) => Start::Never,
        (_, false) => Start::Error,
    });
    let a = match hangs {
        true => a.shutdown(limit),
        false => a.backoff(Backoff::constant(pause)),
    };
    let empty = || Supervisor::one_for_one().unlimited_restarts();
    let tree = Tree::start(world, empty, [a, child("b")]).await;
    tree.tell("a", Step::Panic);
    tree
}

async fn s41_a_child_that_is_restarted_again_and_again_can_be_terminated_only(world: World) {
    for hangs in [true, false] {
        let tree = endless(&world, hangs).await;
        match hangs {
            true => world.expect(&["a 1 failed: panic", "a 2 starting"]).await,
            false => world.expect(&["a 1 failed: panic"]).await,
        };
        let before = world.trace.elapsed();
        let children = &tree.children;
        let restart = children.restart("a").await;
        assert!(
            matches!(restart, Err(ChildError::Restarting(_))),
            "{restart:?}"
        );
        let delete = children.delete("a").await;
        assert!(
            matches!(delete, Err(ChildError::Restarting(_))),
            "{delete:?}"
        );
        let start = children.start(tree.spec(&child("a"))).await;
        assert!(
            matches!(start, Err(StartError::Restarting { .. })),
            "{start:?}"
        );
        assert_eq!(tree.state("a").await, Some(ChildState::Restarting));
        assert!(!world.is_paused() || world.trace.elapsed() == before);
        children.terminate("a").await.unwrap();
        assert_eq!(tree.state("a").await, Some(ChildState::Stopped));
        let tries = world.trace.take();
        match hangs {
            true => assert_eq!((tries.len(), &*tries[0].text), (1, "a 2 killed")),
            // On the real clock some may have come.
            false => assert!(!world.is_paused() || tries.is_empty()),
        }
        // There is no further try.
        world.pass(world.secs(10)).await;
        world.expect(&[]).await;
        tree.boss.stop().await;
        world.expect(&["b 1 stopping", "b 1 stopped"]).await;
    }
}

async fn s42_a_supervisor_that_is_stopped_tries_no_further_restart(world: World) {
    for hangs in [true, false] {
        let tree = endless(&world, hangs).await;
        match hangs {
            true => world.expect(&["a 1 failed: panic", "a 2 starting"]).await,
            false => world.expect(&["a 1 failed: panic"]).await,
        };
        let begun = world.trace.elapsed();
        tree.boss.stop().await;
        let limit = Duration::from_secs(u64::from(hangs));
        assert!(!world.is_paused() || world.trace.elapsed() - begun == limit);
        match hangs {
            true => {
                let expected = ["b 1 stopping", "b 1 stopped", "a 2 killed"];
                world.expect(&expected).await;
            }
            // On the real clock there may have been some tries before.
            false if !world.is_paused() => drop(world.trace.take()),
            false => drop(world.expect(&["b 1 stopping", "b 1 stopped"]).await),
        }
        world.pass(world.secs(10)).await;
        world.expect(&[]).await;
    }
    // Also where one try follows the other at once.
    let busy = child("a").starts(|life| match life {
        1 => Start::Ok,
        _ => Start::Error,
    });
    let empty = || Supervisor::one_for_all().unlimited_restarts().within(HOUR);
    let tree = Tree::start(&world, empty, [busy, child("b")]).await;
    tree.tell("a", Step::Panic);
    while !world.trace.has("a 9 failed: no start") {
        tokio::task::yield_now().await;
    }
    tree.boss.stop().await;
    drop(world.trace.take());
    world.pass(world.secs(10)).await;
    world.expect(&[]).await;
}

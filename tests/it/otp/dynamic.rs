//! Dynamic children: many of one kind, each with an argument of its own.

use circuits::prelude::*;
use circuits::supervisor::{ChildError, ChildState, Dynamic, Start};
use circuits::{CallError, Options, Restart};

use super::{Child, Do, Script, Step, Stop, World, cases, child};

cases!(
    s56_children_of_one_kind_keep_their_own_arguments,
    s57_dynamic_children_are_told_together_and_killed_one_by_one,
    s58_only_children_are_terminated_by_address,
);

type Boss = Address<Dynamic<Script, Child>>;

/// Starts a supervisor of scripted children, whose argument is the script.
async fn dynamic(
    world: &World,
    set: impl Fn(Dynamic<Script, Child>) -> Dynamic<Script, Child> + Send + Sync + 'static,
) -> (System, Boss) {
    let system = world.system_with(Options::new().max_restarts(0)).await;
    let trace = world.trace.clone();
    let make = move || {
        let trace = trace.clone();
        set(Dynamic::new(move |script: &Script| {
            script.factory(&trace)()
        }))
    };
    let boss = system.supervise(make).restart(Restart::Temporary);
    (system.clone(), boss.await.unwrap())
}

async fn start(system: &System, boss: &Boss, script: Script) -> Address<Child> {
    system.to(boss).call(Start::new(script)).await.unwrap()
}

async fn s56_children_of_one_kind_keep_their_own_arguments(world: World) {
    let (system, boss) = dynamic(&world, |boss| boss.max_restarts(3)).await;
    let a = start(&system, &boss, child("a")).await;
    let b = start(&system, &boss, child("b")).await;
    assert_ne!(a.id(), b.id());
    for _ in 0..2 {
        system.to(&b).fire(Do(Step::Panic));
        system.to(&b).call(Do(Step::Work)).await.unwrap();
    }
    system.to(&a).fire(Do(Step::Panic));
    assert_eq!(system.to(&a).call(Do(Step::Work)).await.unwrap(), 1);
    let expected = [
        "a 1 started",
        "b 1 started",
        "b 1 failed: panic",
        "b 2 started",
        "b 2 works",
        "b 2 failed: panic",
        "b 3 started",
        "b 3 works",
        "a 1 failed: panic",
        "a 2 started",
        "a 2 works",
    ];
    world.expect(&expected).await;
    assert_eq!((a.life(), b.life(), system.restarts()), (2, 3, 3));
    let list = boss.children().list().await.unwrap();
    let listed: Vec<_> = list
        .iter()
        .map(|child| (child.component, child.state, child.life))
        .collect();
    let running = ChildState::Running;
    assert_eq!(listed, [(a.id(), running, 2), (b.id(), running, 3)]);
    // All of them count together.
    system.to(&a).fire(Do(Step::Panic));
    world.until("it gives up", || boss.is_gone()).await;
    world
        .expect(&["a 2 failed: panic", "b 3 stopping", "b 3 stopped"])
        .await;
}

async fn s57_dynamic_children_are_told_together_and_killed_one_by_one(world: World) {
    // On the real clock the time is longer than any machine needs for the
    // others, and the third never ends.
    let limit = Duration::from_secs(if world.is_paused() { 2 } else { 1 });
    let (second, fifth) = (Stop::Slow(world.secs(1)), Duration::from_secs(5));
    let third = match world.is_paused() {
        true => Stop::Slow(fifth),
        false => Stop::Hang,
    };
    let (system, boss) = dynamic(&world, move |boss| boss.shutdown(limit)).await;
    for (name, stop) in [("a", second), ("b", second), ("c", third)] {
        start(&system, &boss, child(name).stop(stop)).await;
    }
    world
        .expect(&["a 1 started", "b 1 started", "c 1 started"])
        .await;
    let begun = world.trace.elapsed();
    boss.stop().await;
    let took = world.trace.elapsed() - begun;
    let expected = [
        "a 1 stopping",
        "b 1 stopping",
        "c 1 stopping",
        "a 1 stopped",
        "b 1 stopped",
        "c 1 killed",
    ];
    let entries = world.expect_in_any_order(&expected).await;
    assert!(took >= limit);
    // Nobody ends before all were told.
    let ended = |entry: &super::trace::Entry| !entry.text.ends_with("stopping");
    assert!(entries[3..].iter().all(ended), "{entries:?}");
    if world.is_paused() {
        let times: Vec<_> = entries
            .iter()
            .map(|entry| (entry.at - begun).as_secs())
            .collect();
        assert_eq!((times, took), (vec![0, 0, 0, 1, 1, 2], limit));
    }
    assert_eq!(system.restarts(), 0);
}

async fn s58_only_children_are_terminated_by_address(world: World) {
    let (system, boss) = dynamic(&world, |boss| boss).await;
    let foreign = world.start(&system, child("foreign")).await.unwrap();
    let (_, other) = dynamic(&world, |boss| boss).await;
    let elsewhere = start(&system, &other, child("elsewhere")).await;
    let a = start(&system, &boss, child("a")).await;
    let b = start(&system, &boss, child("b")).await;
    drop(world.trace.take());
    let children = boss.children();
    children.terminate(&a).await.unwrap();
    assert!(a.is_gone());
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    // It is a success again, and nothing is kept of it.
    children.terminate(&a).await.unwrap();
    let restarted = children.restart(&a).await;
    assert!(
        matches!(restarted, Err(ChildError::NotFound(_))),
        "{restarted:?}"
    );
    for not_its_own in [&foreign, &elsewhere] {
        let refused = children.terminate(not_its_own).await;
        assert!(
            matches!(refused, Err(ChildError::NotFound(_))),
            "{refused:?}"
        );
        assert!(!not_its_own.is_gone());
        system.to(not_its_own).call(Do(Step::Work)).await.unwrap();
    }
    world
        .expect(&["foreign 1 works", "elsewhere 1 works"])
        .await;
    // Nor is one that ended elsewhere.
    other.children().terminate(&elsewhere).await.unwrap();
    foreign.stop().await;
    drop(world.trace.take());
    for not_its_own in [&foreign, &elsewhere] {
        let refused = children.terminate(not_its_own).await;
        assert!(
            matches!(refused, Err(ChildError::NotFound(_))),
            "{refused:?}"
        );
    }
    let list = children.list().await.unwrap();
    let ids: Vec<_> = list.iter().map(|child| child.component).collect();
    assert_eq!(ids, [b.id()]);
    assert_eq!(system.restarts(), 0);
    // One that was killed and has ended for good is no surprise either.
    let temporary = |boss: Dynamic<Script, Child>| boss.restart(Restart::Temporary);
    let (system, boss) = dynamic(&world, temporary).await;
    let c = start(&system, &boss, child("c")).await;
    system.to(&c).fire(Do(Step::Panic));
    world.until("it has ended", || c.is_gone()).await;
    world.expect(&["c 1 started", "c 1 failed: panic"]).await;
    boss.children().terminate(&c).await.unwrap();
    let called = system.to(&c).call(Do(Step::Work)).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
}

//! Restart kinds: permanent, transient, temporary; and what a restart brings back.

use std::sync::Arc;

use circuits::prelude::*;
use circuits::{Address, CallError, Options, Restart};

use super::{Child, Do, Step, World, cases, child};

cases!(
    s22_a_permanent_child_is_restarted_and_counted_however_it_ends,
    s24_a_transient_child_that_fails_or_is_killed_is_restarted,
    s25_a_temporary_child_is_forgotten_and_not_counted_however_it_ends,
    s26_a_restart_builds_the_state_anew_and_counts_the_life,
    s27_children_that_have_ended_leave_nothing_of_their_arguments,
);

const HOUR: Duration = Duration::from_secs(3600);

/// How a life can end by itself.
#[derive(Clone, Copy, Debug)]
enum How {
    Leave,
    Panic,
    Fatal,
    Kill,
}

/// Ends the life of `a`; returns what `a` writes at that.
fn end(system: &System, a: &Address<Child>, how: How) -> &'static [&'static str] {
    let (step, entries): (_, &[_]) = match how {
        How::Leave => (Step::Leave, &["leaves", "stopping", "stopped"]),
        How::Panic => (Step::Panic, &["failed: panic"]),
        How::Fatal => (Step::Fatal, &["failed: fatal"]),
        How::Kill => {
            a.kill();
            return &["killed"];
        }
    };
    system.on("a").fire(Do(step));
    entries
}

/// Ends each life of `a` in another way; each time it must come back.
async fn check_restarted(world: &World, restart: Restart, ways: &[How]) {
    let allowed = ways.len() as u32;
    let system = world
        .system_with(Options::new().max_restarts(allowed).within(HOUR))
        .await;
    let a = world
        .start(&system, child("a").restart(restart))
        .await
        .unwrap();
    world.expect(&["a 1 started"]).await;
    for (how, life) in ways.iter().zip(1..) {
        let entries = end(&system, &a, *how);
        let ended = entries.iter().map(|entry| format!("a {life} {entry}"));
        let lines: Vec<_> = ended.chain([format!("a {} started", life + 1)]).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        world.expect(&lines).await;
        assert_eq!((a.life(), system.restarts()), (life + 1, life), "{how:?}");
    }
    // Each was counted: the next one is one too many.
    a.kill();
    assert!(system.join().await.is_err());
    let killed = format!("a {} killed", allowed + 1);
    world.expect(&[&killed]).await;
}

async fn s22_a_permanent_child_is_restarted_and_counted_however_it_ends(world: World) {
    let ways = [How::Leave, How::Panic, How::Fatal, How::Kill];
    check_restarted(&world, Restart::Permanent, &ways).await;
}

async fn s24_a_transient_child_that_fails_or_is_killed_is_restarted(world: World) {
    let ways = [How::Panic, How::Fatal, How::Kill];
    check_restarted(&world, Restart::Transient, &ways).await;
}

async fn s25_a_temporary_child_is_forgotten_and_not_counted_however_it_ends(world: World) {
    // One restart would be one too many.
    let system = world.system_with(Options::new().max_restarts(0)).await;
    for how in [How::Leave, How::Panic, How::Fatal, How::Kill] {
        let temporary = child("a").restart(Restart::Temporary);
        // The name is free each time: nothing is left of the one before.
        let a = world.start(&system, temporary).await.unwrap();
        world.expect(&["a 1 started"]).await;
        let entries = end(&system, &a, how);
        let lines: Vec<_> = entries.iter().map(|entry| format!("a 1 {entry}")).collect();
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        world.expect(&lines).await;
        world.until("it is gone", || a.is_gone()).await;
        let called = system.on("a").call(Do(Step::Work)).await;
        assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
        assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    }
}

async fn s26_a_restart_builds_the_state_anew_and_counts_the_life(world: World) {
    let system = world.system().await;
    let a = world.start(&system, child("a")).await.unwrap();
    let target = system.to(&a);
    assert_eq!(target.call(Do(Step::Work)).await.unwrap(), 1);
    assert_eq!(target.call(Do(Step::Work)).await.unwrap(), 2);
    assert_eq!(a.life(), 1);
    target.fire(Do(Step::Panic));
    assert_eq!(target.call(Do(Step::Work)).await.unwrap(), 1);
    assert_eq!(a.life(), 2);
    let expected = [
        "a 1 started",
        "a 1 works",
        "a 1 works",
        "a 1 failed: panic",
        "a 2 started",
        "a 2 works",
    ];
    world.expect(&expected).await;
}

/// Holds a large argument.
#[component(channel = "heavy")]
struct Heavy {
    argument: Arc<[u64; 1000]>,
}

#[component]
impl Heavy {
    #[handler("do")]
    fn act(&mut self, _event: &Do) -> u32 {
        self.argument.len() as u32
    }
}

async fn s27_children_that_have_ended_leave_nothing_of_their_arguments(world: World) {
    let system = world.system_with(Options::new().max_restarts(0)).await;
    let argument = Arc::new([7; 1000]);
    let mut children = Vec::new();
    for _ in 0..10_000 {
        let held = argument.clone();
        let heavy = move || Heavy {
            argument: held.clone(),
        };
        let heavy = system.supervise(heavy).restart(Restart::Temporary);
        children.push(heavy.await.unwrap());
    }
    let answers = system.on("heavy").call_all(Do(Step::Work)).await;
    assert_eq!(answers.len(), 10_000);
    children.iter().for_each(Address::kill);
    world
        .until("all are gone", || children.iter().all(Address::is_gone))
        .await;
    // Also while their addresses are kept.
    world
        .until("all let go", || Arc::strong_count(&argument) == 1)
        .await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
}

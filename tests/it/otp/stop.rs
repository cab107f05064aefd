//! Stop: in reverse order, each within its time, and once.

use std::sync::Arc;

use circuits::prelude::*;
use circuits::{Address, CallError, Restart, Shutdown};
use tokio::sync::Semaphore;

use super::trace::on_many_threads;
use super::{Child, Do, Gate, Script, Step, Stop, World, cases, child};

cases!(
    s11_children_stop_in_reverse_each_wholly_before_the_next,
    s12_a_child_that_ends_in_its_time_holds_up_nobody,
    s13_a_child_that_does_not_end_in_its_time_is_killed_alone,
    s14_a_brutal_child_is_dropped_at_once,
    s15_a_child_without_a_limit_is_waited_for,
    s16_a_child_that_ends_while_it_is_stopped_ends_once,
    s17_a_panic_in_a_stopped_handler_does_not_end_the_stop,
    s19_a_stop_lets_the_running_call_be_answered_and_refuses_those_behind,
    s20_a_second_stop_waits_for_the_same_end,
    s21_a_tree_stops_depth_first_and_in_reverse,
);

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

/// Starts three below one, `a`, `b`, `c`, with `b` as said.
async fn boss(world: &World, b: Script) -> (System, Address<Child>) {
    let system = world.system().await;
    let boss = child("boss").children([child("a"), b, child("c")]);
    let boss = world.start(&system, boss).await.unwrap();
    let expected = [
        "a 1 started",
        "b 1 started",
        "c 1 started",
        "boss 1 started",
    ];
    world.expect(&expected).await;
    (system, boss)
}

/// Stops the three; returns when each entry was written, since the stop.
async fn check_stop(world: &World, boss: Address<Child>, b: &[&str]) -> Vec<Duration> {
    let begun = world.trace.elapsed();
    boss.stop().await;
    let before = ["c 1 stopping", "c 1 stopped"];
    let after = [
        "a 1 stopping",
        "a 1 stopped",
        "boss 1 stopping",
        "boss 1 stopped",
    ];
    let entries = world.expect(&[&before, b, &after].concat()).await;
    assert!(boss.is_gone());
    entries.iter().map(|entry| entry.at - begun).collect()
}

async fn s11_children_stop_in_reverse_each_wholly_before_the_next(world: World) {
    let b = child("b").stop(Stop::Slow(world.secs(1)));
    let (system, boss) = boss(&world, b).await;
    check_stop(&world, boss, &["b 1 stopping", "b 1 stopped"]).await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    world.expect_reports(&[]).await;
}

async fn s12_a_child_that_ends_in_its_time_holds_up_nobody(world: World) {
    let time = world.ms(900);
    let limit = match world.is_paused() {
        true => world.secs(1),
        false => HALF_A_MINUTE,
    };
    let b = child("b").stop(Stop::Slow(time)).shutdown(limit);
    let (_system, boss) = boss(&world, b).await;
    let times = check_stop(&world, boss, &["b 1 stopping", "b 1 stopped"]).await;
    assert!(times[3] >= time);
    if world.is_paused() {
        let zero = Duration::ZERO;
        assert_eq!(times, [zero, zero, zero, time, time, time, time, time]);
    }
    world.expect_reports(&[]).await;
}

async fn s13_a_child_that_does_not_end_in_its_time_is_killed_alone(world: World) {
    let limit = world.secs(1);
    let check_times = |times: Vec<Duration>| {
        assert!(times[3] >= limit);
        let at_once = times[3..].iter().all(|time| *time == limit);
        assert!(!world.is_paused() || at_once, "{times:?}");
    };
    // In its `stopped` handler, or in another one.
    let b = child("b").shutdown(limit);
    let (_system, hanging) = boss(&world, b.clone().stop(Stop::Hang)).await;
    check_times(check_stop(&world, hanging, &["b 1 stopping", "b 1 killed"]).await);
    world.expect_reports(&["dead stopped: Crashed"]).await;
    let (system, hanging) = boss(&world, b).await;
    system.on("b").fire(Do(Step::Hang));
    world.expect(&["b 1 hangs"]).await;
    let begun = world.trace.elapsed();
    hanging.stop().await;
    let expected = [
        "c 1 stopping",
        "c 1 stopped",
        "b 1 killed",
        "a 1 stopping",
        "a 1 stopped",
        "boss 1 stopping",
        "boss 1 stopped",
    ];
    let entries = world.expect(&expected).await;
    let took = entries[2].at - begun;
    assert!(took >= limit && (!world.is_paused() || took == limit));
    world.expect_reports(&["dead do: Crashed"]).await;
}

async fn s14_a_brutal_child_is_dropped_at_once(world: World) {
    let b = child("b").shutdown(Shutdown::Brutal);
    let (system, idle) = boss(&world, b.clone()).await;
    check_stop(&world, idle, &["b 1 killed"]).await;
    assert_eq!(system.restarts(), 0);
    let (system, busy) = boss(&world, b).await;
    system.on("b").fire(Do(Step::Hang));
    world.expect(&["b 1 hangs"]).await;
    let times = check_stop(&world, busy, &["b 1 killed"]).await;
    let at_once = times.iter().all(Duration::is_zero);
    assert!(!world.is_paused() || at_once, "{times:?}");
    assert_eq!(system.restarts(), 0);
    world.expect_reports(&["dead do: Crashed"]).await;
}

async fn s15_a_child_without_a_limit_is_waited_for(world: World) {
    // Ten minutes, and half a second on the real clock.
    let time = world.secs(if world.is_paused() { 600 } else { 25 });
    let b = child("b")
        .stop(Stop::Slow(time))
        .shutdown(Shutdown::Infinite);
    let (system, boss) = boss(&world, b).await;
    let times = check_stop(&world, boss, &["b 1 stopping", "b 1 stopped"]).await;
    assert!(times[3] >= time);
    assert!(!world.is_paused() || times[3..].iter().all(|at| *at == time));
    assert_eq!(system.restarts(), 0);
    world.expect_reports(&[]).await;
}

async fn s16_a_child_that_ends_while_it_is_stopped_ends_once(world: World) {
    // On the real clock the stop may lose the race: a permanent child would
    // then rightly begin a second life.
    let restart = match world.is_paused() {
        true => Restart::Permanent,
        false => Restart::Transient,
    };
    let b = child("b").restart(restart);
    // First it is told to end, then it wants to.
    let (system, told) = boss(&world, b.clone()).await;
    let permits = Arc::new(Semaphore::new(0));
    system.on("b").fire(Do(Step::LeaveAfter(permits.clone())));
    world.expect(&["b 1 works"]).await;
    let leave = async {
        world.pass(world.secs(1)).await;
        permits.add_permits(1);
    };
    let ended = ["b 1 leaves", "b 1 stopping", "b 1 stopped"];
    tokio::join!(check_stop(&world, told, &ended), leave);
    // First it ends, then it is told to.
    let b = b.stop(Stop::Slow(world.secs(15))).shutdown(HALF_A_MINUTE);
    let (system, leaving) = boss(&world, b).await;
    system.on("b").fire(Do(Step::Leave));
    world.expect(&["b 1 leaves", "b 1 stopping"]).await;
    check_stop(&world, leaving, &["b 1 stopped"]).await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    world.expect_reports(&[]).await;
}

async fn s17_a_panic_in_a_stopped_handler_does_not_end_the_stop(world: World) {
    let (system, boss) = boss(&world, child("b").stop(Stop::Panic)).await;
    check_stop(&world, boss, &["b 1 stopping", "b 1 failed: no end"]).await;
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    let reports = [
        "b crashed in stopped: panicked: no end",
        "dead stopped: Crashed",
    ];
    world.expect_reports(&reports).await;
}

/// Needs a second thread.
#[test]
fn s18_a_child_that_blocks_its_thread_is_abandoned() {
    on_many_threads(s18);
}

async fn s18(world: World) {
    let (system, boss) = boss(&world, child("b").shutdown(world.secs(1))).await;
    let (opener, gate) = Gate::new();
    system.on("b").fire(Do(Step::Block(gate)));
    world.expect(&["b 1 blocks"]).await;
    let handle = system.handle();
    let queued = tokio::spawn(async move { handle.on("b").call(Do(Step::Work)).await });
    check_stop(&world, boss, &[]).await;
    let answer = queued.await.unwrap();
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
    let later = system.on("b").call(Do(Step::Work)).await;
    assert!(matches!(later, Err(CallError::NoHandler)), "{later:?}");
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    assert_eq!(system.stuck(), 1);
    // Once it awaits again, it is dropped.
    drop(opener);
    world.expect(&["b 1 killed"]).await;
}

async fn s19_a_stop_lets_the_running_call_be_answered_and_refuses_those_behind(world: World) {
    let system = world.system().await;
    let a = world.start(&system, child("a")).await.unwrap();
    let call = |step| {
        let (handle, trace) = (system.handle(), world.trace.clone());
        tokio::spawn(async move {
            let answer = handle.on("a").call(Do(step)).await;
            (answer, trace.elapsed())
        })
    };
    let permits = Arc::new(Semaphore::new(0));
    let running = call(Step::Wait(permits.clone()));
    world.expect(&["a 1 started", "a 1 works"]).await;
    let queued = [call(Step::Work), call(Step::Work)];
    world.until("both wait", || a.waiting() == 2).await;
    let finish = async {
        world.pass(world.ms(100)).await;
        permits.add_permits(1);
    };
    tokio::join!(a.stop(), finish);
    let (answer, at) = running.await.unwrap();
    assert_eq!(answer.unwrap(), 1);
    assert!(!world.is_paused() || at == world.ms(100));
    for call in queued {
        let (answer, at) = call.await.unwrap();
        assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
        assert!(!world.is_paused() || at <= world.ms(100));
    }
    world
        .expect(&["a 1 worked", "a 1 stopping", "a 1 stopped"])
        .await;
    world
        .expect_reports(&["dead do: Stopped", "dead do: Stopped"])
        .await;
}

async fn s20_a_second_stop_waits_for_the_same_end(world: World) {
    let system = world.system().await;
    let a = child("a").stop(Stop::Slow(world.secs(1)));
    let a = world.start(&system, a).await.unwrap();
    let stop = || async {
        a.stop().await;
        world.trace.note("a stop has returned");
    };
    tokio::join!(stop(), stop());
    stop().await;
    let expected = [
        "a 1 started",
        "a 1 stopping",
        "a 1 stopped",
        "a stop has returned",
        "a stop has returned",
        "a stop has returned",
    ];
    world.expect(&expected).await;
    world.expect_reports(&[]).await;
}

async fn s21_a_tree_stops_depth_first_and_in_reverse(world: World) {
    let system = world.system().await;
    let low = |name: &str| {
        let names = [format!("{name}1"), format!("{name}2")];
        child(name).children(names.map(child))
    };
    let top = child("top").children([low("a"), low("b")]);
    world.start(&system, top).await.unwrap();
    let started = ["a1", "a2", "a", "b1", "b2", "b", "top"].map(|name| format!("{name} 1 started"));
    world.expect(&started.each_ref().map(String::as_str)).await;
    system.stop();
    assert_eq!(system.join().await.unwrap(), 0);
    let stopped: Vec<_> = ["b2", "b1", "b", "a2", "a1", "a"]
        .iter()
        .flat_map(|name| [format!("{name} 1 stopping"), format!("{name} 1 stopped")])
        .chain(["top 1 stopping".to_owned(), "top 1 stopped".to_owned()])
        .collect();
    let stopped: Vec<_> = stopped.iter().map(String::as_str).collect();
    world.expect(&stopped).await;
}

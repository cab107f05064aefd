//! Timers by key: the one before is gone, with what it has fired.

use std::sync::Arc;

use circuits::Restart;
use circuits::prelude::*;
use tokio::sync::Semaphore;

use crate::actor::{Actor, Hold, Note, run, start, system};
use crate::support::{Log, settle, watch};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

async fn ask(
    system: &System,
    actor: &Address<Actor>,
    job: impl Fn(&Context<Actor>) + Send + Sync + 'static,
) {
    let job = run(move |_, cx| job(cx));
    system.to(actor).call(job).await.unwrap();
}

/// Says which keys are active.
async fn active(system: &System, actor: &Address<Actor>, log: &Log) -> Vec<String> {
    ask(system, actor, {
        let log = log.clone();
        move |cx| {
            let keys = ["k", "l"].map(|key| cx.timer(key).is_active());
            log.add(format_args!("{keys:?}"));
        }
    })
    .await;
    log.take()
}

#[tokio::test(start_paused = true)]
async fn starting_a_key_again_replaces_its_timer() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    ask(&system, &a, |cx| {
        cx.timer("k").after(ms(100), Note(1));
        cx.timer("l").every(ms(70), Note(2));
    })
    .await;
    assert_eq!(active(&system, &a, &log).await, ["[true, true]"]);
    tokio::time::sleep(ms(80)).await;
    ask(&system, &a, |cx| {
        cx.timer("k").every(ms(100), Note(3));
        cx.timer("l").after(ms(250), Note(4));
    })
    .await;
    tokio::time::sleep(ms(330)).await;
    let notes = [2, 3, 3, 4, 3].map(|note| format!("a 1 note {note}"));
    assert_eq!(log.take(), notes);
    // One that has fired its only event is not active; one that repeats is.
    assert_eq!(active(&system, &a, &log).await, ["[true, false]"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_timer_before_has_fired_and_still_waits_is_void() {
    let (system, log) = (system(), Log::default());
    let dead = watch(&system).await;
    let a = start(&system, &log, "a", Restart::Permanent).await;
    ask(&system, &a, |cx| {
        cx.timer("k").after(ms(10), Note(1));
        cx.timer("l").every(ms(10), Note(2));
    })
    .await;
    let permits = Arc::new(Semaphore::new(0));
    system.to(&a).fire(Hold(permits.clone()));
    let again = log.clone();
    system.to(&a).fire(run(move |_, cx| {
        // They have fired, and what they fired stands behind this.
        let active = ["k", "l"].map(|key| cx.timer(key).is_active());
        cx.timer("k").after(ms(10), Note(3));
        let cancelled = [cx.timer("l").cancel(), cx.timer("l").cancel()];
        again.add(format_args!("{active:?} {cancelled:?}"));
    }));
    tokio::time::sleep(ms(35)).await;
    assert_eq!(a.waiting(), 5, "the closure and four ticks");
    permits.add_permits(1);
    tokio::time::sleep(ms(100)).await;
    assert_eq!(log.take(), ["[true, true] [true, false]", "a 1 note 3"]);
    assert_eq!(active(&system, &a, &log).await, ["[false, false]"]);
    assert_eq!(dead.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_the_timer_finds_it_over_and_may_start_it_again() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    let again = log.clone();
    a.add_handler(move |_, event: &Note, cx| {
        let active = cx.timer("k").is_active();
        let ended = cx.timer("k").cancel();
        again.add(format_args!("{} {active} {ended}", event.0));
        if event.0 < 3 {
            cx.timer("k").after(ms(10), Note(event.0 + 1));
        }
        Ok(None)
    })
    .unwrap();
    ask(&system, &a, |cx| {
        cx.timer("k").after(Duration::ZERO, Note(1))
    })
    .await;
    tokio::time::sleep(ms(100)).await;
    let lines = log.take();
    let added: Vec<_> = lines.iter().filter(|line| !line.starts_with('a')).collect();
    assert_eq!(added, ["1 false false", "2 false false", "3 false false"]);
}

#[tokio::test(start_paused = true)]
async fn keyed_timers_end_with_their_life() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    ask(&system, &a, |cx| {
        cx.timer("k").after(ms(10), Note(1));
        cx.timer("l").every(ms(10), Note(2));
    })
    .await;
    system.to(&a).fire(Hold(Arc::new(Semaphore::new(0))));
    tokio::time::sleep(ms(25)).await;
    assert_eq!(a.waiting(), 3);
    a.kill();
    tokio::time::sleep(ms(100)).await;
    assert_eq!(active(&system, &a, &log).await, ["[false, false]"]);
}

#[tokio::test(start_paused = true)]
async fn many_keys_are_as_good_as_one() {
    let (system, log) = (system(), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    for round in 0..3_u32 {
        ask(&system, &a, move |cx| {
            for key in 0..1000_u32 {
                let after = ms(u64::from(key % 50) + 1);
                cx.timer(&format!("{round} {key}")).after(after, Note(key));
            }
        })
        .await;
        tokio::time::sleep(ms(60)).await;
        settle().await;
        let mut notes: Vec<u32> = log
            .take()
            .iter()
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        notes.sort_unstable();
        assert_eq!(notes, (0..1000).collect::<Vec<_>>());
    }
}

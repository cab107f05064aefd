//! Timers as components: what they fire when, how they are reset and cancelled,
//! and that they leave the tree when they are done.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use circuits::event::Unregistered;
use circuits::prelude::*;
use circuits::timer::{Cancel, Cron, Expiry, Reset, Timer};
use tokio::time::Instant;

use crate::support::{Log, settle, watch, within};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

#[derive(Event, Clone)]
struct Tick;

#[derive(Event, Clone)]
#[event(channel = "own")]
struct Placed;

#[derive(Event)]
struct Busy(Duration);

/// Writes down what it hears, and when.
#[component(channel = "ear", mailbox = 1)]
struct Ear {
    log: Log,
    begun: Instant,
}

impl Ear {
    fn add(&self, what: &str) {
        let now = self.begun.elapsed().as_millis();
        self.log.add(format_args!("{what} at {now}"));
    }
}

#[component]
impl Ear {
    #[handler("tick")]
    fn tick(&mut self, _event: &Tick) {
        self.add("tick");
    }

    #[handler("tick", channel = "other")]
    fn tick_elsewhere(&mut self, _event: &Tick) {
        self.add("other");
    }

    #[handler("placed", channel = "own")]
    fn placed(&mut self, _event: &Placed) {
        self.add("placed");
    }

    #[handler("unregistered", channel = "timer")]
    fn unregistered(&mut self, event: &Unregistered) {
        self.add(&format!("{} unregistered", event.name));
    }

    #[handler("busy")]
    async fn busy(&mut self, event: &Busy) {
        tokio::time::sleep(event.0).await;
    }
}

/// A system with an ear.
async fn system() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    let begun = Instant::now();
    let ear = Ear {
        log: log.clone(),
        begun,
    };
    system.register(ear).await.unwrap();
    (system, log)
}

/// Registers a timer under the name `t`.
async fn add<E: Event + Clone>(system: &System, timer: Timer<E>) -> Address<Timer<E>> {
    system.register(timer).named("t").await.unwrap()
}

/// A wall clock that goes with the paused one, from half a minute after the epoch.
fn wall_clock() -> impl Fn() -> SystemTime + Clone + Send + Sync + 'static {
    let begun = Instant::now();
    move || UNIX_EPOCH + secs(30) + begun.elapsed()
}

async fn check_one_shot() {
    let system = System::new();
    let watched = watch(&system).await;
    let ticked = system.on("ear").wait::<Tick>();
    let timer = add(&system, Timer::after(ms(20), Tick).on("ear")).await;
    within(ticked).await.unwrap();
    within(timer.ended()).await;
    assert!(timer.is_gone());
    assert_eq!(system.children().count().await.unwrap().active, 1);
    let failed = |line: &String| line.starts_with("exception");
    assert!(!watched.take().iter().any(failed));
}

#[tokio::test]
async fn core_090_a_one_shot_ends_in_order_on_one_thread() {
    check_one_shot().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn core_090_a_one_shot_ends_in_order_on_many_threads() {
    check_one_shot().await;
}

#[tokio::test(start_paused = true)]
async fn core_090_a_one_shot_fires_once_and_leaves_the_tree() {
    let (system, log) = system().await;
    // Not started again, although it is supervised.
    let timer = system.supervise(|| Timer::after(ms(100), Tick).on("ear"));
    let timer = timer.named("t").await.unwrap();
    tokio::time::sleep(secs(1)).await;
    assert_eq!(log.take(), ["tick at 100", "t unregistered at 100"]);
    assert!(timer.is_gone());
}

#[tokio::test(start_paused = true)]
async fn core_090_a_persistent_timer_fires_again_and_again() {
    let (system, log) = system().await;
    let timer = add(&system, Timer::every(ms(100), Tick).on("ear")).await;
    tokio::time::sleep(ms(1050)).await;
    let ticks: Vec<_> = (1..=10).map(|n| format!("tick at {}", n * 100)).collect();
    assert_eq!(log.take(), ticks);
    assert!(!timer.is_gone());
}

#[tokio::test(start_paused = true)]
async fn core_090_a_persistent_timer_keeps_its_beat_and_leaves_out_what_it_missed() {
    let (system, log) = system().await;
    add(&system, Timer::every(ms(100), Tick).on("ear")).await;
    tokio::time::sleep(ms(50)).await;
    system.on("ear").fire(Busy(ms(410)));
    tokio::time::sleep(ms(600)).await;
    // One filled the mailbox, one waited for room; those at 300 and 400 are left out.
    assert_eq!(
        log.take(),
        ["tick at 460", "tick at 460", "tick at 500", "tick at 600"]
    );
}

#[tokio::test(start_paused = true)]
async fn core_090_a_timer_fires_at_a_date_and_at_once_if_that_is_past() {
    let (system, log) = system().await;
    let now = wall_clock();
    let timer = Timer::at(now() + ms(100), Tick).on("ear").clock(now);
    add(&system, timer).await;
    tokio::time::sleep(ms(200)).await;
    assert_eq!(log.take(), ["tick at 100", "t unregistered at 100"]);
    add(&system, Timer::at(UNIX_EPOCH, Tick).on("ear")).await;
    tokio::time::sleep(ms(100)).await;
    let lines = log.take();
    assert!(lines[0].starts_with("tick at 20"), "{lines:?}");
    add(&system, Timer::after(Duration::ZERO, Tick).on("ear")).await;
    tokio::time::sleep(ms(100)).await;
    let lines = log.take();
    assert!(lines[0].starts_with("tick at 30"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn core_090_a_timer_fires_on_the_channel_said_or_the_events_or_its_own() {
    let (system, log) = system().await;
    add(&system, Timer::after(ms(1), Tick).on("other")).await;
    settle().await;
    let heard = |log: &Log| log.take().first().cloned().unwrap_or_default();
    tokio::time::sleep(ms(10)).await;
    assert!(heard(&log).starts_with("other"));
    add(&system, Timer::after(ms(1), Placed)).await;
    tokio::time::sleep(ms(10)).await;
    assert!(heard(&log).starts_with("placed"));
    let timer = system.register(Timer::after(ms(1), Tick)).channel("ear");
    timer.await.unwrap();
    tokio::time::sleep(ms(10)).await;
    assert!(heard(&log).starts_with("tick"));
}

#[tokio::test(start_paused = true)]
async fn core_090_a_timer_that_is_started_again_begins_anew() {
    let (system, log) = system().await;
    let timer = system.supervise(|| Timer::after(ms(200), Tick).on("ear"));
    let timer = timer.named("t").await.unwrap();
    system.to(&timer).fire(Reset::to(ms(180)));
    tokio::time::sleep(ms(150)).await;
    timer.kill();
    tokio::time::sleep(secs(1)).await;
    assert_eq!(log.take(), ["tick at 350", "t unregistered at 350"]);
}

#[tokio::test(start_paused = true)]
async fn core_090_a_schedule_without_a_later_date_ends_the_timer() {
    let (system, log) = system().await;
    let now = wall_clock();
    let begin = now();
    let twice = move |after| {
        let dates = [begin + ms(100), begin + ms(250)];
        dates.into_iter().find(|date| *date > after)
    };
    add(
        &system,
        Timer::schedule(twice, Tick).on("ear").clock(now.clone()),
    )
    .await;
    tokio::time::sleep(secs(1)).await;
    assert_eq!(
        log.take(),
        ["tick at 100", "tick at 250", "t unregistered at 250"]
    );
    // A date that is not later would be fired for ever.
    let timer = Timer::schedule(Some, Tick).on("ear").clock(now);
    add(&system, timer).await.ended().await;
    settle().await;
    assert_eq!(log.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn core_090_a_cron_timer_fires_at_its_dates() {
    let (system, log) = system().await;
    let cron: Cron = "* * * * *".parse().unwrap();
    let timer = Timer::cron(cron, Tick).on("ear").clock(wall_clock());
    let timer = add(&system, timer).await;
    tokio::time::sleep(secs(40)).await;
    // The pending date is not left out by a reset.
    system.to(&timer).fire(Reset::new());
    tokio::time::sleep(secs(120)).await;
    assert_eq!(
        log.take(),
        ["tick at 30000", "tick at 90000", "tick at 150000"]
    );
}

#[test]
fn core_090_cron_expressions_are_of_utc_and_wrong_ones_are_refused() {
    let next = |cron: &str, after: u64| {
        let cron: Cron = cron.parse().unwrap();
        let next = cron.next_after(UNIX_EPOCH + secs(after))?;
        Some(next.duration_since(UNIX_EPOCH).unwrap().as_secs())
    };
    const HOUR: u64 = 60 * 60;
    const DAY: u64 = 24 * HOUR;
    assert_eq!(next("0 * * * *", 0), Some(HOUR));
    assert_eq!(next("0 * * * *", HOUR - 1), Some(HOUR));
    assert_eq!(next("*/10 * * * * *", 5), Some(10));
    // The epoch was a Thursday; that 30 January a Friday.
    assert_eq!(
        next("15 12 * * MON", 0),
        Some(4 * DAY + 12 * HOUR + 15 * 60)
    );
    assert_eq!(next("0 0 L * *", 0), Some(30 * DAY));
    assert_eq!(next("0 0 30 2 *", 0), None);
    for wrong in ["", "* * *", "61 * * * *", "a b c d e"] {
        let error = wrong.parse::<Cron>().unwrap_err();
        assert_eq!(error.to_string(), "this is no cron expression", "{wrong}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn core_091_a_wall_clock_that_is_set_moves_the_dates_after_the_next() {
    let (system, log) = system().await;
    let (shift, going) = (Arc::new(AtomicI64::new(0)), wall_clock());
    let clock = {
        let shift = shift.clone();
        move || {
            let by = shift.load(Ordering::SeqCst);
            let moved = secs(by.unsigned_abs());
            if by < 0 {
                going() - moved
            } else {
                going() + moved
            }
        }
    };
    let cron: Cron = "* * * * *".parse().unwrap();
    add(&system, Timer::cron(cron, Tick).on("ear").clock(clock)).await;
    tokio::time::sleep(secs(40)).await;
    assert_eq!(log.take(), ["tick at 30000"]);
    // Back to the time of the start: 00:02 comes early, and only once.
    shift.store(-40, Ordering::SeqCst);
    tokio::time::sleep(secs(220)).await;
    assert_eq!(
        log.take(),
        ["tick at 90000", "tick at 190000", "tick at 250000"]
    );
    // Ten minutes ahead: those in between are left out.
    shift.store(560, Ordering::SeqCst);
    tokio::time::sleep(secs(120)).await;
    assert_eq!(log.take(), ["tick at 310000", "tick at 370000"]);
}

#[tokio::test(start_paused = true)]
async fn core_091_a_reset_restarts_the_countdown_and_its_interval_stays() {
    let (system, log) = system().await;
    let timer = add(&system, Timer::every(ms(200), Tick).on("ear")).await;
    system.to(&timer).fire(Reset::to(ms(500)));
    tokio::time::sleep(ms(1100)).await;
    assert_eq!(log.take(), ["tick at 500", "tick at 1000"]);
    system.on("timer").fire(Reset::new());
    tokio::time::sleep(ms(1100)).await;
    assert_eq!(log.take(), ["tick at 1600", "tick at 2100"]);
    timer.stop().await;
    let timer = add(&system, Timer::after(ms(200), Tick).on("ear")).await;
    tokio::time::sleep(ms(150)).await;
    system.to(&timer).fire(Reset::new());
    tokio::time::sleep(ms(1000)).await;
    assert_eq!(log.take(), ["tick at 2550", "t unregistered at 2550"]);
}

#[tokio::test(start_paused = true)]
async fn core_091_a_cancelled_timer_never_fires_and_leaves_the_tree() {
    let (system, log) = system().await;
    let one = Timer::after(ms(100), Tick).on("ear");
    let one = system.register(one).named("one").await.unwrap();
    let two = Timer::every(ms(100), Tick).on("ear");
    let two = system.register(two).named("two").await.unwrap();
    let three = Timer::every(ms(100), Tick).on("ear");
    let three = system.register(three).named("three").await.unwrap();
    tokio::time::sleep(ms(50)).await;
    system.to(&one).fire(Cancel);
    one.ended().await;
    two.unregister().await;
    settle().await;
    assert_eq!(
        log.take(),
        ["one unregistered at 50", "two unregistered at 50"]
    );
    system.on("timer").fire(Cancel);
    three.ended().await;
    tokio::time::sleep(secs(1)).await;
    assert_eq!(log.take(), ["three unregistered at 51"]);
}

#[tokio::test(start_paused = true)]
async fn core_091_a_timer_says_when_it_fires_next() {
    let (system, _log) = system().await;
    let now = wall_clock();
    let begin = now();
    let timer = Timer::after(ms(100), Tick).clock(now.clone());
    let timer = add(&system, timer).await;
    assert_eq!(
        system.to(&timer).call(Expiry).await.unwrap(),
        begin + ms(100)
    );
    timer.unregister().await;
    let timer = Timer::every(ms(100), Tick).clock(now);
    let timer = add(&system, timer).await;
    tokio::time::sleep(ms(250)).await;
    assert_eq!(
        system.to(&timer).call(Expiry).await.unwrap(),
        begin + ms(300)
    );
}

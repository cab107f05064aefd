//! Supervision: who is started again, how often, and how all of it ends.

use std::sync::atomic::{AtomicU32, Ordering};

use circuits::event::{Started, Stopped};
use circuits::prelude::*;
use circuits::{Address, Backoff, CallError, Options, Restart, RestartLimit, StartError};
use tokio::time::Instant;

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
struct Crash;

#[derive(Event)]
struct Fatal;

#[derive(Event)]
struct Leave;

#[derive(Event)]
#[event(reply = u32)]
struct Count;

#[component(channel = "worker")]
struct Worker {
    log: Log,
    count: u32,
}

#[component]
impl Worker {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        self.log
            .add(format_args!("{} started {}", event.name, event.life));
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.log
            .add(format_args!("{} stopped {}", event.name, event.life));
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }

    #[handler("fatal")]
    fn fatal(&mut self, _event: &Fatal) -> Result<(), Error> {
        Err(Error::fatal(Error::new("fatal")))
    }

    #[handler("leave")]
    fn leave(&mut self, _event: &Leave, cx: &Context<Self>) {
        cx.stop();
    }

    #[handler("count")]
    fn count(&mut self, _event: &Count) -> u32 {
        self.count += 1;
        self.count
    }
}

fn worker(log: &Log) -> impl Fn() -> Worker + Send + Sync + 'static {
    let log = log.clone();
    move || Worker {
        log: log.clone(),
        count: 0,
    }
}

#[tokio::test(start_paused = true)]
async fn a_restarted_component_keeps_its_address_and_its_mailbox_but_not_its_state() {
    let system = System::new();
    let log = Log::default();
    let worker = system.supervise(worker(&log)).named("w").await.unwrap();
    let target = system.to(&worker);
    assert_eq!(target.call(Count).await.unwrap(), 1);
    assert_eq!(target.call(Count).await.unwrap(), 2);
    target.fire(Crash);
    // Both wait in the mailbox while the component crashes.
    let (one, two) = tokio::join!(target.call(Count), system.on("worker").call(Count));
    assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
    assert_eq!((worker.life(), worker.name()), (2, "w"));
    assert_eq!(log.take(), ["w started 1", "w started 2"]);
    assert_eq!(system.restarts(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_one_that_failed_is_restarted() {
    let system = System::new();
    let log = Log::default();
    let one = system.supervise(worker(&log)).named("one").await.unwrap();
    let two = system.supervise(worker(&log)).named("two").await.unwrap();
    system.to(&one).fire(Crash);
    settle().await;
    assert_eq!((one.life(), two.life()), (2, 1));
    assert_eq!(
        log.take(),
        ["one started 1", "two started 1", "one started 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_component_that_was_registered_by_value_is_never_restarted() {
    let system = System::new();
    let dead = watch(&system).await;
    let by_value = system.register(worker(&Log::default())()).await.unwrap();
    system.to(&by_value).fire(Crash);
    system.to(&by_value).fire(Count);
    settle().await;
    assert!(by_value.is_gone() && !system.is_stopped());
    assert_eq!(system.restarts(), 0);
    let called = system.to(&by_value).call(Count).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    let expected = [
        "exception crash crash true: panicked: crash",
        "dead crash Crashed",
        "dead count Stopped",
        "dead count Stopped",
    ];
    settle().await;
    assert_eq!(dead.take(), expected);
}

/// How a life can end by itself.
#[derive(Clone, Copy, Debug)]
enum How {
    Crash,
    Fatal,
    Kill,
    Leave,
}

#[tokio::test(start_paused = true)]
async fn the_restart_kind_says_which_ends_are_followed_by_another_life() {
    use How::{Crash as Crashes, Fatal as Fails, Kill, Leave as Leaves};
    let cases = [
        (Restart::Permanent, [true, true, true, true]),
        (Restart::Transient, [true, true, true, false]),
        (Restart::Temporary, [false, false, false, false]),
    ];
    for (kind, restarted) in cases {
        for (how, restarted) in [Crashes, Fails, Kill, Leaves].into_iter().zip(restarted) {
            let system = System::new();
            let worker = system.supervise(worker(&Log::default())).restart(kind);
            let worker = worker.await.unwrap();
            let target = system.to(&worker);
            match how {
                Crashes => drop(target.fire(Crash)),
                Fails => drop(target.fire(Fatal)),
                Kill => worker.kill(),
                Leaves => drop(target.fire(Leave)),
            }
            settle().await;
            assert_eq!(worker.is_gone(), !restarted, "{kind:?} {how:?}");
            assert_eq!(worker.life(), 1 + u64::from(restarted), "{kind:?} {how:?}");
        }
    }
}

#[component(channel = "strict", on_error = "restart")]
#[derive(Default)]
struct Strict;

#[component]
impl Strict {
    #[handler("leave")]
    fn leave(&mut self, _event: &Leave) -> Result<(), Error> {
        Err(Error::new("an error"))
    }

    #[handler("fatal")]
    async fn fatal(&self, _event: &Fatal) -> Result<(), Error> {
        Err(Error::new("an error"))
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_restarts_a_component_that_says_so() {
    let system = System::with(Options::new().max_restarts(2));
    let strict = system.supervise(Strict::default).await.unwrap();
    let answer = system.to(&strict).call(Leave).await;
    assert!(matches!(answer, Err(CallError::Failed(_))), "{answer:?}");
    settle().await;
    assert_eq!(strict.life(), 2);
    system.to(&strict).fire(Fatal);
    settle().await;
    assert_eq!(strict.life(), 3);
}

/// Crashes a component twice, and once more so long after the first time.
async fn crash_after(pause: Duration) -> (System, Address<Worker>) {
    let options = Options::new()
        .max_restarts(2)
        .within(Duration::from_secs(1));
    let system = System::with(options);
    let worker = system.supervise(worker(&Log::default())).await.unwrap();
    system.to(&worker).fire(Crash);
    settle().await;
    system.to(&worker).fire(Crash);
    settle().await;
    assert_eq!(worker.life(), 3);
    // Two milliseconds were spent by settling.
    tokio::time::sleep(pause - Duration::from_millis(2)).await;
    system.to(&worker).fire(Crash);
    settle().await;
    (system, worker)
}

#[tokio::test(start_paused = true)]
async fn the_window_of_restarts_slides_and_is_half_open() {
    let (system, worker) = crash_after(Duration::from_millis(1000)).await;
    assert_eq!(worker.life(), 4, "the first is exactly one window ago");
    assert!(!system.is_stopped());
    let (system, worker) = crash_after(Duration::from_millis(999)).await;
    assert!(worker.is_gone() && system.is_stopped());
}

#[component(channel = "pool", max_restarts = 1, within = "1s", shutdown = "10s")]
struct Pool {
    log: Log,
    workers: u32,
    below: Option<Box<Pool>>,
}

#[component]
impl Pool {
    #[handler("started")]
    async fn started(&mut self, event: &Started, cx: &Context<Self>) -> circuits::Result<()> {
        self.log
            .add(format_args!("{} started {}", event.name, event.life));
        for number in 0..self.workers {
            let name = format!("{}.{number}", cx.name());
            cx.supervise(worker(&self.log)).named(name).await?;
        }
        if let Some(below) = self.below.take() {
            let name = format!("{}.pool", cx.name());
            cx.register(*below).named(name).await?;
        }
        Ok(())
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.log
            .add(format_args!("{} stopped {}", event.name, event.life));
    }
}

fn pool(log: &Log, workers: u32) -> Pool {
    let log = log.clone();
    let below = None;
    Pool {
        log,
        workers,
        below,
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_ends_its_children_and_fails_itself() {
    let system = System::new();
    let log = Log::default();
    let made = log.clone();
    system
        .supervise(move || pool(&made, 3))
        .named("p")
        .await
        .unwrap();
    system.on("worker").fire(Crash);
    settle().await;
    let expected = [
        // Each of three crashes, and one restart is allowed.
        "p started 1",
        "p.0 started 1",
        "p.1 started 1",
        "p.2 started 1",
        "p.0 started 2",
        "p.0 stopped 2",
        "p started 2",
        "p.0 started 1",
        "p.1 started 1",
        "p.2 started 1",
    ];
    let lines = log.take();
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "p.2 started 1");
    assert_eq!(system.restarts(), 2, "one of a worker, one of the pool");
    system.on("worker").fire(Crash);
    let error = within(system.join()).await.unwrap_err();
    let limit = error.downcast_ref::<RestartLimit>().unwrap();
    assert_eq!(limit.child(), "p");
    let text = format!("{error:?}");
    let expected = "`p` ended once more after 1 restarts within 5s\n  because `p.";
    assert!(text.starts_with(expected), "{text}");
    assert!(text.ends_with("\n  because panicked: crash"), "{text}");
    assert!(within(system.run()).await.is_err(), "run says the same");
}

#[tokio::test(start_paused = true)]
async fn children_start_in_order_and_stop_in_reverse_the_deepest_first() {
    let system = System::new();
    let log = Log::default();
    let mut outer = pool(&log, 2);
    outer.below = Some(Box::new(pool(&log, 2)));
    system.register(outer).named("o").await.unwrap();
    system.register(worker(&log)()).named("last").await.unwrap();
    let expected = [
        "o started 1",
        "o.0 started 1",
        "o.1 started 1",
        "o.pool started 1",
        "o.pool.0 started 1",
        "o.pool.1 started 1",
        "last started 1",
    ];
    assert_eq!(log.take(), expected);
    system.stop();
    assert_eq!(within(system.join()).await.unwrap(), 0);
    let expected = [
        "last stopped 1",
        "o.pool.1 stopped 1",
        "o.pool.0 stopped 1",
        "o.pool stopped 1",
        "o.1 stopped 1",
        "o.0 stopped 1",
        "o stopped 1",
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_restart_waits_as_its_backoff_says() {
    let ms = Duration::from_millis;
    let constant = Backoff::constant(ms(70));
    let exponential = Backoff::exponential(ms(100), ms(400));
    let cases = [
        (constant, [70, 70, 70, 70, 70]),
        (exponential, [100, 200, 400, 400, 400]),
    ];
    for (backoff, delays) in cases {
        let system = System::with(Options::new().max_restarts(100));
        let log = Log::default();
        let worker = system.supervise(worker(&log)).backoff(backoff);
        let worker = worker.await.unwrap();
        for delay in delays {
            let crashed = Instant::now();
            system.to(&worker).fire(Crash);
            within(system.to(&worker).call(Count)).await.unwrap();
            let took = crashed.elapsed();
            assert!(
                took >= ms(delay) && took < ms(delay + 5),
                "{took:?} not {delay}"
            );
        }
        // Having run for longer than the limit, it starts anew.
        tokio::time::sleep(ms(500)).await;
        let crashed = Instant::now();
        system.to(&worker).fire(Crash);
        within(system.to(&worker).call(Count)).await.unwrap();
        assert!(crashed.elapsed() < ms(delays[0] + 5));
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_can_be_stopped_between_two_lives() {
    let system = System::new();
    let dead = watch(&system).await;
    let log = Log::default();
    let far = Backoff::constant(Duration::MAX);
    let worker = system.supervise(worker(&log)).named("w").backoff(far);
    let worker = worker.await.unwrap();
    system.to(&worker).fire(Crash);
    system.to(&worker).fire(Count);
    settle().await;
    assert!(!worker.is_gone());
    dead.take();
    within(worker.stop()).await;
    assert!(worker.is_gone());
    settle().await;
    assert_eq!(log.take(), ["w started 1"]);
    assert_eq!(dead.take(), ["dead count Stopped"]);
}

#[tokio::test(start_paused = true)]
async fn two_siblings_cannot_have_one_name() {
    let system = System::new();
    let log = Log::default();
    let first = system.supervise(worker(&log)).named("w").await.unwrap();
    let second = system.register(worker(&log)()).named("w").await;
    assert!(matches!(second, Err(StartError::AlreadyStarted { name, .. }) if name == "w"));
    first.stop().await;
    system.register(worker(&log)()).named("w").await.unwrap();
    assert_eq!(log.take(), ["w started 1", "w stopped 1", "w started 1"]);
}

/// What goes wrong with a start.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Wrong {
    Error,
    Panic,
    Factory,
    Never,
}

#[component(channel = "wrong", shutdown = "1s")]
struct Starter {
    wrong: Option<Wrong>,
}

#[component]
impl Starter {
    #[handler("started")]
    async fn started(&mut self) -> Result<(), Error> {
        match self.wrong {
            Some(Wrong::Error) => Err(Error::new("no start")),
            Some(Wrong::Panic) => panic!("no start"),
            Some(Wrong::Never) => std::future::pending().await,
            _ => Ok(()),
        }
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }
}

/// Starts wrongly in some lives: the first is number 0.
fn starter(wrong: Wrong, lives: std::ops::Range<u32>) -> impl Fn() -> Starter + Send + Sync {
    let life = AtomicU32::new(0);
    move || {
        let wrong = lives
            .contains(&life.fetch_add(1, Ordering::SeqCst))
            .then_some(wrong);
        assert_ne!(wrong, Some(Wrong::Factory), "no start");
        Starter { wrong }
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_start_that_fails_is_told_and_not_repeated() {
    for wrong in [Wrong::Error, Wrong::Panic, Wrong::Factory, Wrong::Never] {
        let system = System::new();
        let limit = Duration::from_secs(3);
        let started = system.supervise(starter(wrong, 0..1)).named("s");
        let started = within(started.start_limit(limit)).await;
        match (&started, wrong) {
            (Err(StartError::TimedOut { limit: after, .. }), Wrong::Never) => {
                assert_eq!(*after, limit)
            }
            (Err(StartError::Failed { error, .. }), _) => {
                assert!(error.to_string().contains("no start"), "{error}");
            }
            _ => panic!("{wrong:?}: {started:?}"),
        }
        assert_eq!((system.restarts(), system.is_stopped()), (0, false));
        // Nothing of it is left: the name is free.
        let again = system.supervise(starter(wrong, 0..0)).named("s");
        assert!(again.await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_start_that_fails_is_a_failure_of_that_life() {
    for wrong in [Wrong::Error, Wrong::Panic, Wrong::Factory, Wrong::Never] {
        let system = System::with(Options::new().max_restarts(3));
        let started = system.supervise(starter(wrong, 1..3));
        let started = started.start_limit(Duration::from_secs(1)).await.unwrap();
        system.to(&started).fire(Crash);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(started.life(), 4, "{wrong:?}");
        assert_eq!(system.restarts(), 3);
        system.stop();
        within(system.join()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn limits_may_be_as_long_as_a_duration_can_be() {
    let system = System::with(Options::new().within(Duration::MAX));
    let log = Log::default();
    let worker = system.supervise(worker(&log)).named("w");
    let worker = worker
        .shutdown(Duration::MAX)
        .start_limit(Duration::MAX)
        .await
        .unwrap();
    within(worker.stop()).await;
    assert_eq!(log.take(), ["w started 1", "w stopped 1"]);
    assert!(!system.is_stopped());
}

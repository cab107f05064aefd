//! Intensity: how many restarts are too many, how long each waits, and who is
//! told when a supervisor gives up.

use std::sync::Arc;

use circuits::prelude::*;
use circuits::{Address, Backoff, CallError, Options, RestartLimit};
use tokio::sync::Semaphore;

use super::{Child, Do, Start, Step, Trace, World, cases, child};

cases!(
    s36_one_failure_more_than_allowed_stops_all_and_tells_the_parent,
    s37_failures_further_apart_than_the_window_never_add_up,
    s38_without_restarts_the_first_failure_is_too_many,
    s39_a_failure_exactly_one_window_ago_no_longer_counts,
    s40_each_failed_start_counts_and_others_are_answered_between_two,
    s43_each_restart_waits_as_the_backoff_says,
    s44_the_backoff_starts_anew_after_a_life_that_was_long_enough,
    s45_a_supervisor_that_gave_up_comes_back_with_its_static_children,
    s46_where_every_level_gives_up_the_root_ends_with_all_causes,
    s47_the_window_knows_no_wall_clock,
);

const HOUR: Duration = Duration::from_secs(3600);

/// Makes a system whose root supervises `a`, which runs.
async fn system_with_a(world: &World, restarts: u32, within: Duration) -> System {
    let options = Options::new().max_restarts(restarts).within(within);
    let system = world.system_with(options).await;
    world.start(&system, child("a")).await.unwrap();
    world.expect(&["a 1 started"]).await;
    system
}

/// Lets one life of `a` fail, after which the next must start.
async fn fail_once(world: &World, system: &System, life: u64) {
    system.on("a").fire(Do(Step::Panic));
    let failed = format!("a {life} failed: panic");
    let started = format!("a {} started", life + 1);
    world.expect(&[&failed, &started]).await;
}

/// Lets one life of `a` fail, after which the root must give up.
async fn fail_for_good(world: &World, system: &System, life: u64) -> Error {
    system.on("a").fire(Do(Step::Panic));
    let error = system.join().await.unwrap_err();
    world.expect(&[&format!("a {life} failed: panic")]).await;
    let limit = error.downcast_ref::<RestartLimit>().unwrap();
    assert_eq!(limit.child(), "a");
    error
}

async fn s36_one_failure_more_than_allowed_stops_all_and_tells_the_parent(world: World) {
    let options = Options::new().max_restarts(2).within(HOUR);
    let system = world.system_with(options).await;
    for name in ["a", "b", "c"] {
        world.start(&system, child(name)).await.unwrap();
    }
    for life in 1..=3 {
        let started = format!("b {life} started");
        world.until("b runs", || world.trace.has(&started)).await;
        system.on("b").fire(Do(Step::Panic));
        world.pass(world.secs(10)).await;
    }
    let error = system.join().await.unwrap_err();
    let expected = [
        "a 1 started",
        "b 1 started",
        "c 1 started",
        "b 1 failed: panic",
        "b 2 started",
        "b 2 failed: panic",
        "b 3 started",
        "b 3 failed: panic",
        "c 1 stopping",
        "c 1 stopped",
        "a 1 stopping",
        "a 1 stopped",
    ];
    let entries = world.expect(&expected).await;
    let given_up = entries[7..].iter().map(|entry| entry.at);
    assert!(!world.is_paused() || given_up.clone().all(|at| at == world.secs(20)));
    let limit = error.downcast_ref::<RestartLimit>().unwrap();
    assert_eq!(limit.child(), "b");
    let expected = "`b` ended once more after 2 restarts within 3600s\n  because panicked: panic";
    assert_eq!(format!("{error:?}"), expected);
    assert_eq!(system.restarts(), 2);
}

async fn s37_failures_further_apart_than_the_window_never_add_up(world: World) {
    let system = system_with_a(&world, 1, world.secs(1)).await;
    let times = if world.is_paused() { 1000 } else { 30 };
    for life in 1..=times {
        fail_once(&world, &system, life).await;
        world.pass(world.ms(1100)).await;
    }
    assert_eq!((system.restarts(), system.is_stopped()), (times, false));
}

async fn s38_without_restarts_the_first_failure_is_too_many(world: World) {
    let system = system_with_a(&world, 0, HOUR).await;
    world.start(&system, child("b")).await.unwrap();
    world.expect(&["b 1 started"]).await;
    system.on("a").fire(Do(Step::Panic));
    let error = system.join().await.unwrap_err();
    assert!(error.downcast_ref::<RestartLimit>().is_some(), "{error:?}");
    let expected = ["a 1 failed: panic", "b 1 stopping", "b 1 stopped"];
    world.expect(&expected).await;
    assert_eq!(system.restarts(), 0);
}

async fn s39_a_failure_exactly_one_window_ago_no_longer_counts(world: World) {
    let window = world.secs(1);
    let system = system_with_a(&world, 1, window).await;
    fail_once(&world, &system, 1).await;
    world.pass(window).await;
    fail_once(&world, &system, 2).await;
    assert_eq!(system.restarts(), 2);
    if world.is_paused() {
        // Not even the shortest time before that.
        let system = system_with_a(&world, 1, window).await;
        fail_once(&world, &system, 1).await;
        world.pass(window - Duration::from_millis(1)).await;
        fail_for_good(&world, &system, 2).await;
    }
}

/// Its later starts fail, each when it is let go on.
#[component(channel = "a")]
struct Gated {
    trace: Trace,
    gate: Arc<Semaphore>,
}

#[component]
impl Gated {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        self.trace.add(cx.name(), cx.life(), "starting");
        if cx.life() == 1 {
            return Ok(());
        }
        self.gate.acquire().await?.forget();
        self.trace.add(cx.name(), cx.life(), "failed: no start");
        Err(Error::new("no start"))
    }

    #[handler("do")]
    fn act(&mut self, _event: &Do, cx: &Context<Self>) -> u32 {
        self.trace.add(cx.name(), cx.life(), "failed: panic");
        panic!("panic")
    }
}

async fn s40_each_failed_start_counts_and_others_are_answered_between_two(world: World) {
    let options = Options::new().max_restarts(3).within(HOUR);
    let system = world.system_with(options).await;
    let (trace, gate) = (world.trace.clone(), Arc::new(Semaphore::new(0)));
    let gated = {
        let gate = gate.clone();
        move || Gated {
            trace: trace.clone(),
            gate: gate.clone(),
        }
    };
    system.supervise(gated).named("a").await.unwrap();
    system.on("a").fire(Do(Step::Panic));
    world
        .expect(&["a 1 starting", "a 1 failed: panic", "a 2 starting"])
        .await;
    for life in 2..=3 {
        // The supervisor does what it is asked, while one start hangs.
        let name = format!("x{life}");
        let x = world.start(&system, child(&name)).await.unwrap();
        x.stop().await;
        gate.add_permits(1);
        let lines = [
            format!("{name} 1 started"),
            format!("{name} 1 stopping"),
            format!("{name} 1 stopped"),
            format!("a {life} failed: no start"),
            format!("a {} starting", life + 1),
        ];
        let entries = world.expect(&lines.each_ref().map(String::as_str)).await;
        assert!(
            !world.is_paused() || entries[4].at == Duration::ZERO,
            "at once"
        );
    }
    gate.add_permits(1);
    assert!(system.join().await.is_err());
    world.expect(&["a 4 failed: no start"]).await;
    assert_eq!(system.restarts(), 3);
}

/// Starts `a`, some lives of which fail to start, with 1 s of backoff that
/// doubles up to 10 s.
async fn backing_off(world: &World, fails: fn(u64) -> bool) -> (System, Address<Child>) {
    let system = world.system_with(Options::new().max_restarts(100)).await;
    let a = child("a")
        .starts(move |life| if fails(life) { Start::Error } else { Start::Ok })
        .backoff(Backoff::exponential(world.secs(1), world.secs(10)));
    let a = world.start(&system, a).await.unwrap();
    (system, a)
}

async fn s43_each_restart_waits_as_the_backoff_says(world: World) {
    let (system, _a) = backing_off(&world, |life| (2..7).contains(&life)).await;
    system.on("a").fire(Do(Step::Panic));
    world.pass(world.secs(35)).await;
    let expected = [
        "a 1 started",
        "a 1 failed: panic",
        "a 2 failed: no start",
        "a 3 failed: no start",
        "a 4 failed: no start",
        "a 5 failed: no start",
        "a 6 failed: no start",
        "a 7 started",
    ];
    let entries = world.expect(&expected).await;
    let pairs = entries[1..].windows(2).zip([1, 2, 4, 8, 10, 10]);
    for (pair, secs) in pairs {
        let (waited, delay) = (pair[1].at - pair[0].at, world.secs(secs));
        assert!(
            waited >= delay && (!world.is_paused() || waited == delay),
            "{pair:?}"
        );
    }
    assert_eq!(system.restarts(), 6);
}

async fn s44_the_backoff_starts_anew_after_a_life_that_was_long_enough(world: World) {
    let (system, _a) = backing_off(&world, |life| life == 2).await;
    system.on("a").fire(Do(Step::Panic));
    world
        .until("it is back", || world.trace.has("a 3 started"))
        .await;
    world.pass(world.ms(10_001)).await;
    system.on("a").fire(Do(Step::Panic));
    world
        .until("it is back", || world.trace.has("a 4 started"))
        .await;
    let expected = [
        "a 1 started",
        "a 1 failed: panic",
        "a 2 failed: no start",
        "a 3 started",
        "a 3 failed: panic",
        "a 4 started",
    ];
    let entries = world.expect(&expected).await;
    for (later, secs) in [(2, 1), (3, 2), (5, 1)] {
        let (waited, delay) = (entries[later].at - entries[later - 1].at, world.secs(secs));
        assert!(waited >= delay && (!world.is_paused() || waited == delay));
    }
}

async fn s45_a_supervisor_that_gave_up_comes_back_with_its_static_children(world: World) {
    let system = world.system().await;
    // It allows one restart, as the root does.
    let boss = child("boss").children([child("a"), child("b")]);
    let boss = world.start(&system, boss).await.unwrap();
    let dynamic = Do(Step::Start(child("dynamic")));
    system.on("boss").call(dynamic).await.unwrap();
    let expected = [
        "a 1 started",
        "b 1 started",
        "boss 1 started",
        "dynamic 1 started",
    ];
    world.expect(&expected).await;
    fail_once(&world, &system, 1).await;
    system.on("a").fire(Do(Step::Panic));
    let expected = [
        "a 2 failed: panic",
        "dynamic 1 stopping",
        "dynamic 1 stopped",
        "b 1 stopping",
        "b 1 stopped",
        "boss 1 killed",
        "a 1 started",
        "b 1 started",
        "boss 2 started",
    ];
    world.expect(&expected).await;
    assert_eq!((boss.life(), system.restarts()), (2, 2), "one each");
    let called = system.on("dynamic").call(Do(Step::Work)).await;
    assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
    // That one was counted: the root allows no second one.
    boss.kill();
    assert!(system.join().await.is_err());
    let killed = ["boss 2 killed", "b 1 killed", "a 1 killed"];
    world.expect(&killed).await;
}

async fn s46_where_every_level_gives_up_the_root_ends_with_all_causes(world: World) {
    let system = world.system().await;
    let low = child("a");
    let middle = child("middle").children([low]);
    let top = child("top").children([middle]);
    world.start(&system, top).await.unwrap();
    world
        .expect(&["a 1 started", "middle 1 started", "top 1 started"])
        .await;
    for top in 1..=2 {
        for middle in 1..=2 {
            fail_once(&world, &system, 1).await;
            system.on("a").fire(Do(Step::Panic));
            let ended = format!("middle {middle} killed");
            world
                .until("it has given up", || world.trace.has(&ended))
                .await;
            let mut lines = vec!["a 2 failed: panic".to_owned(), ended];
            lines.extend(match (top, middle) {
                (_, 1) => vec!["a 1 started".to_owned(), "middle 2 started".to_owned()],
                (1, _) => [
                    "top 1 killed",
                    "a 1 started",
                    "middle 1 started",
                    "top 2 started",
                ]
                .map(str::to_owned)
                .to_vec(),
                _ => vec!["top 2 killed".to_owned()],
            });
            let lines: Vec<_> = lines.iter().map(String::as_str).collect();
            world.expect(&lines).await;
        }
    }
    let joined = system.join().await.unwrap_err();
    let run = system.run().await.unwrap_err();
    let expected = "\
        `top` ended once more after 1 restarts within 5s\n  \
        because `middle` ended once more after 1 restarts within 5s\n  \
        because `a` ended once more after 1 restarts within 5s\n  \
        because panicked: panic";
    assert_eq!(format!("{joined:?}"), expected);
    // What `main` returns: its exit code is not 0.
    assert_eq!(format!("{run:?}"), expected);
    assert_eq!(system.restarts(), 7);
}

async fn s47_the_window_knows_no_wall_clock(world: World) {
    // An hour of the paused clock passes, and nothing of the wall clock: as if
    // that had been set back by an hour.
    let window = if world.is_paused() {
        HOUR
    } else {
        world.secs(1)
    };
    let system = system_with_a(&world, 1, window).await;
    fail_once(&world, &system, 1).await;
    world.pass(window).await;
    fail_once(&world, &system, 2).await;
    // The wall clock moves by more than the window, the paused one does not: as
    // if that had been set forward.
    let window = if world.is_paused() {
        Duration::from_millis(1)
    } else {
        HOUR
    };
    let system = system_with_a(&world, 1, window).await;
    fail_once(&world, &system, 1).await;
    let now = std::time::SystemTime::now();
    while now
        .elapsed()
        .is_ok_and(|elapsed| elapsed <= Duration::from_millis(2))
    {
        std::hint::spin_loop();
    }
    fail_for_good(&world, &system, 2).await;
}

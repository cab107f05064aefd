//! Timers and tasks: exact, and gone with the life that made them.

use std::time::SystemTime;

use circuits::component::TimerHandle;
use circuits::prelude::*;
use tokio::time::Instant;

use crate::support::{Log, settle, watch, within};

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[derive(Event, Clone, Debug)]
struct Tick(u32);

#[derive(Event)]
struct Busy(Duration);

#[derive(Event)]
struct Crash;

#[derive(Event)]
struct Cancel;

/// What a clock arms when its first life starts.
#[derive(Clone, Copy, Default)]
struct Plan {
    after: Option<Duration>,
    every: Option<Duration>,
    at: Option<SystemTime>,
}

#[component(channel = "clock")]
struct Clock {
    log: Log,
    plan: Plan,
    begun: Instant,
    timers: Vec<TimerHandle>,
}

#[component]
impl Clock {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        if cx.life() > 1 {
            return;
        }
        let Plan { after, every, at } = self.plan;
        let after = after.map(|delay| cx.after(delay, Tick(1)));
        let every = every.map(|period| cx.every(period, Tick(2)));
        let at = at.map(|time| cx.at(time, Tick(3)));
        self.timers.extend(after.into_iter().chain(every).chain(at));
        let log = self.log.clone();
        cx.spawn(async move {
            let _noted = Noted(log);
            std::future::pending().await
        });
    }

    #[handler("tick")]
    fn tick(&mut self, event: &Tick) {
        let now = self.begun.elapsed().as_millis();
        self.log.add(format_args!("tick {} at {now}", event.0));
    }

    #[handler("busy")]
    async fn busy(&mut self, event: &Busy) {
        tokio::time::sleep(event.0).await;
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }

    #[handler("cancel")]
    fn cancel(&mut self, _event: &Cancel) {
        for timer in self.timers.drain(..) {
            let (first, second) = (timer.cancel(), timer.cancel());
            self.log.add(format_args!("cancel {first} {second}"));
        }
    }
}

struct Noted(Log);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.add("task ended");
    }
}

async fn clock(plan: Plan) -> (System, circuits::Address<Clock>, Log) {
    let system = System::new();
    let log = Log::default();
    let (made, begun) = (log.clone(), Instant::now());
    let clock = system.supervise(move || Clock {
        log: made.clone(),
        plan,
        begun,
        timers: Vec::new(),
    });
    let clock = clock.await.unwrap();
    (system, clock, log)
}

#[tokio::test(start_paused = true)]
async fn after_fires_once() {
    let plan = Plan {
        after: Some(ms(70)),
        ..Plan::default()
    };
    let (_system, _clock, log) = clock(plan).await;
    tokio::time::sleep(ms(1_000)).await;
    assert_eq!(log.take(), ["tick 1 at 70"]);
}

#[tokio::test(start_paused = true)]
async fn every_keeps_its_beat_and_leaves_out_what_it_missed() {
    let plan = Plan {
        every: Some(ms(100)),
        ..Plan::default()
    };
    let (system, _clock, log) = clock(plan).await;
    tokio::time::sleep(ms(350)).await;
    assert_eq!(
        log.take(),
        ["tick 2 at 100", "tick 2 at 200", "tick 2 at 300"]
    );
    // The clock moves on at once, past five beats.
    tokio::time::advance(ms(500)).await;
    tokio::time::sleep(ms(200)).await;
    let lines = log.take();
    assert_eq!(lines, ["tick 2 at 850", "tick 2 at 900", "tick 2 at 1000"]);
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test(start_paused = true)]
async fn at_fires_at_a_time_of_the_wall_clock() {
    let plan = Plan {
        at: Some(SystemTime::now() + Duration::from_secs(3600)),
        ..Plan::default()
    };
    let (_system, _clock, log) = clock(plan).await;
    tokio::time::sleep(Duration::from_secs(3500)).await;
    assert_eq!(log.take(), [""; 0]);
    tokio::time::sleep(Duration::from_secs(101)).await;
    assert_eq!(log.take().len(), 1);
    let past = Plan {
        at: Some(SystemTime::UNIX_EPOCH),
        ..Plan::default()
    };
    let (_system, _clock, log) = clock(past).await;
    settle().await;
    assert_eq!(log.take().len(), 1, "a time that is over is now");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_timer_fires_no_more() {
    let plan = Plan {
        after: Some(ms(300)),
        every: Some(ms(100)),
        at: Some(SystemTime::UNIX_EPOCH),
    };
    let (system, _clock, log) = clock(plan).await;
    tokio::time::sleep(ms(150)).await;
    assert_eq!(log.take(), ["tick 3 at 0", "tick 2 at 100"]);
    system.on("clock").fire(Cancel);
    tokio::time::sleep(ms(1_000)).await;
    // The last of them had fired already.
    assert_eq!(
        log.take(),
        [
            "cancel true false",
            "cancel true false",
            "cancel false false"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn timers_and_tasks_end_with_the_life_that_made_them() {
    let plan = Plan {
        after: Some(ms(200)),
        every: Some(ms(100)),
        at: None,
    };
    let (system, clock, log) = clock(plan).await;
    tokio::time::sleep(ms(150)).await;
    log.take();
    system.to(&clock).fire(Crash);
    tokio::time::sleep(ms(1_000)).await;
    assert_eq!(
        (clock.life(), log.take()),
        (2, vec!["task ended".to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn what_a_timer_has_queued_is_gone_with_its_life_as_well() {
    let plan = Plan {
        after: Some(ms(50)),
        every: Some(ms(20)),
        at: None,
    };
    let (system, clock, log) = clock(plan).await;
    // The ticks wait in the mailbox while the handler sleeps; one that was
    // fired by hand waits among them.
    system.to(&clock).fire(Busy(ms(100)));
    system.to(&clock).fire(Crash);
    tokio::time::sleep(ms(90)).await;
    system.to(&clock).fire(Tick(7));
    assert!(clock.waiting() > 3);
    tokio::time::sleep(ms(500)).await;
    assert_eq!(clock.life(), 2);
    assert_eq!(log.take(), ["task ended", "tick 7 at 100"]);
}

#[tokio::test(start_paused = true)]
async fn a_timer_fires_no_faster_than_its_receiver_handles() {
    let plan = Plan {
        every: Some(ms(1)),
        ..Plan::default()
    };
    let (system, clock, _log) = clock(plan).await;
    let dead = watch(&system).await;
    system.to(&clock).fire(Busy(ms(60_000)));
    tokio::time::sleep(ms(50_000)).await;
    assert!(clock.waiting() <= 1_025, "{}", clock.waiting());
    tokio::time::sleep(ms(20_000)).await;
    within(clock.drain()).await;
    assert_eq!(dead.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_period_may_be_as_short_or_as_long_as_a_duration_can_be() {
    let plan = Plan {
        after: Some(Duration::MAX),
        every: Some(Duration::MAX),
        at: None,
    };
    let (system, _clock, log) = clock(plan).await;
    tokio::time::sleep(Duration::from_secs(1_000_000)).await;
    assert_eq!((log.take().len(), system.exceptions()), (0, 0));
    let plan = Plan {
        after: Some(Duration::ZERO),
        every: Some(Duration::ZERO),
        at: None,
    };
    let (_system, _clock, log) = clock(plan).await;
    tokio::time::sleep(ms(10)).await;
    let ticks = log.take().len();
    assert!(
        (5..=12).contains(&ticks),
        "at most one in a millisecond: {ticks}"
    );
}

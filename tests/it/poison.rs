//! An event that crashes one life after the other is handled again, and in the
//! end put aside.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use circuits::prelude::*;
use circuits::{Backoff, CallError, Options};

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Work(u32);

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Read(u32);

#[derive(Event, Debug)]
#[event(reply = u32)]
struct ReadFar(u32);

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Fail(u32);

#[derive(Event, Debug)]
struct Hang;

/// Crashes at each event so often as it has lives left to crash, and writes
/// down what it handles.
#[component(channel = "fragile", attempts = 3)]
#[derive(Clone)]
struct Fragile {
    log: Log,
    left: Arc<AtomicU32>,
}

impl Fragile {
    fn new(crashes: u32) -> (Self, Log) {
        let log = Log::default();
        let left = Arc::new(AtomicU32::new(crashes));
        let fragile = Self {
            log: log.clone(),
            left,
        };
        (fragile, log)
    }

    /// Tells whether the event numbered 0 crashes this time.
    fn crashes(&self, number: u32, life: u64) -> bool {
        self.log.add(format_args!("{number} in {life}"));
        let take = |left: u32| left.checked_sub(1);
        number == 0
            && self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                .is_ok()
    }
}

#[component]
impl Fragile {
    #[handler("work")]
    async fn work(&mut self, event: &Work, cx: &Context<Self>) -> u32 {
        tokio::task::yield_now().await;
        assert!(!self.crashes(event.0, cx.life()), "boom");
        event.0
    }

    #[handler("read")]
    async fn read(&self, event: &Read, cx: &Context<Self>) -> u32 {
        tokio::task::yield_now().await;
        assert!(!self.crashes(event.0, cx.life()), "boom");
        event.0
    }

    #[handler("read_far", parallel)]
    async fn read_far(&self, event: &ReadFar, cx: &Context<Self>) -> u32 {
        tokio::task::yield_now().await;
        assert!(!self.crashes(event.0, cx.life()), "boom");
        event.0
    }

    #[handler("fail")]
    async fn fail(&mut self, event: &Fail, cx: &Context<Self>) -> Result<u32, Error> {
        if self.crashes(event.0, cx.life()) {
            return Err(Error::fatal(Error::new("broken")));
        }
        Ok(event.0)
    }

    #[handler("hang")]
    async fn hang(&mut self, _event: &Hang) {
        self.log.add("hangs");
        std::future::pending().await
    }
}

/// What a call of event 0 came to, and all that was seen of it.
struct Seen {
    answer: Result<u32, CallError>,
    handled: Vec<String>,
    reports: Vec<String>,
    restarts: u64,
}

/// Calls event 0, which crashes so many lives, and fires event 1 after it.
async fn run<E: Event<Reply = u32>>(crashes: u32, event: fn(u32) -> E) -> Seen
where
    Fragile: circuits::component::Handles<E>,
{
    let system = System::with(Options::new().max_restarts(10));
    let reports = watch(&system).await;
    let (fragile, log) = Fragile::new(crashes);
    let address = system.supervise(move || fragile.clone()).await.unwrap();
    let target = system.to(&address);
    let (answer, ()) = within(async {
        tokio::join!(target.call(event(0)), async { target.fire(event(1)).await })
    })
    .await;
    settle().await;
    Seen {
        answer,
        handled: log.take(),
        reports: reports.take(),
        restarts: system.restarts(),
    }
}

async fn check<E: Event<Reply = u32>>(event: fn(u32) -> E)
where
    Fragile: circuits::component::Handles<E>,
{
    let name = E::NAME;
    let crash = format!("exception {name} {name} true: panicked: boom");
    let healed = run(2, event).await;
    assert!(matches!(healed.answer, Ok(0)), "{:?}", healed.answer);
    assert_eq!(healed.reports, [&*crash; 2]);
    assert_eq!(healed.restarts, 2);
    let poison = run(u32::MAX, event).await;
    assert!(
        matches!(poison.answer, Err(CallError::Crashed)),
        "{:?}",
        poison.answer
    );
    let dead = format!("dead {name} Poison");
    assert_eq!(poison.reports, [&*crash, &*crash, &*crash, &*dead]);
    assert_eq!(poison.restarts, 3);
    let mut handled = poison.handled;
    // A reader after it may run beside it, and is lost with its life then.
    handled.retain(|line| line.starts_with('0'));
    assert_eq!(handled, ["0 in 1", "0 in 2", "0 in 3"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_crashes_a_life_is_handled_first_by_the_next() {
    let seen = run(2, Work).await;
    assert_eq!(seen.handled, ["0 in 1", "0 in 2", "0 in 3", "1 in 3"]);
    check(Work).await;
}

#[tokio::test(start_paused = true)]
async fn readers_that_crash_a_life_are_handled_again_as_well() {
    check(Read).await;
    check(ReadFar).await;
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_counts_as_a_crash_and_is_the_answer_in_the_end() {
    let healed = run(2, Fail).await;
    assert!(matches!(healed.answer, Ok(0)), "{:?}", healed.answer);
    let crash = "exception fail fail true: broken";
    assert_eq!(healed.reports, [crash; 2]);
    let poison = run(3, Fail).await;
    assert!(
        matches!(poison.answer, Err(CallError::Failed(_))),
        "{:?}",
        poison.answer
    );
    assert_eq!(poison.reports, [crash, crash, crash, "dead fail Poison"]);
    assert_eq!(poison.handled, ["0 in 1", "0 in 2", "0 in 3", "1 in 4"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_waits_to_be_handled_again_survives_a_backoff() {
    let system = System::with(Options::new().max_restarts(10));
    let (fragile, log) = Fragile::new(2);
    let backoff = Backoff::constant(Duration::from_secs(1));
    let address = system
        .supervise(move || fragile.clone())
        .backoff(backoff)
        .await
        .unwrap();
    let target = system.to(&address);
    target.fire(Work(0));
    target.fire(Work(1));
    settle().await;
    target.fire(Work(2));
    assert_eq!(log.take(), ["0 in 1"]);
    assert_eq!(address.waiting(), 3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(log.take(), ["0 in 2", "0 in 3", "1 in 3", "2 in 3"]);
    assert_eq!(address.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_is_lost_with_the_handler_that_is_killed() {
    let system = System::with(Options::new().max_restarts(10));
    let reports = watch(&system).await;
    let (fragile, log) = Fragile::new(0);
    let address = system.supervise(move || fragile.clone()).await.unwrap();
    system.to(&address).fire(Hang);
    settle().await;
    address.kill();
    settle().await;
    assert_eq!(log.take(), ["hangs"]);
    assert_eq!(reports.take(), ["dead hang Crashed"]);
    assert_eq!(address.life(), 2);
}

#[tokio::test(start_paused = true)]
async fn where_no_life_follows_the_event_is_a_dead_letter() {
    let system = System::new();
    let reports = watch(&system).await;
    let (fragile, _) = Fragile::new(1);
    let address = system.register(fragile).await.unwrap();
    let called = within(system.to(&address).call(Work(0))).await;
    assert!(matches!(called, Err(CallError::Crashed)), "{called:?}");
    settle().await;
    let crash = "exception work work true: panicked: boom";
    assert_eq!(reports.take(), [crash, "dead work Crashed"]);
    let (fragile, _) = Fragile::new(1);
    let backoff = Backoff::constant(Duration::from_secs(1));
    let address = system
        .supervise(move || fragile.clone())
        .backoff(backoff)
        .await
        .unwrap();
    let target = system.to(&address);
    let call = async { target.call(Work(0)).await };
    let stop = async {
        settle().await;
        address.stop().await;
    };
    let (called, ()) = within(async { tokio::join!(call, stop) }).await;
    assert!(matches!(called, Err(CallError::Crashed)), "{called:?}");
    settle().await;
    assert_eq!(reports.take(), [crash, "dead work Crashed"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_timer_fired_is_not_handled_again() {
    #[derive(Event, Debug)]
    struct Tick;

    #[component(attempts = 3)]
    struct Clock(Log);

    #[component]
    impl Clock {
        #[handler("started")]
        fn started(&mut self, cx: &Context<Self>) {
            if cx.life() == 1 {
                cx.after(Duration::from_millis(1), Tick);
            }
        }

        #[handler("tick")]
        fn tick(&mut self, cx: &Context<Self>) {
            self.0.add(cx.life());
            panic!("boom");
        }
    }

    let system = System::new();
    let reports = watch(&system).await;
    let log = Log::default();
    let made = log.clone();
    let clock = system.supervise(move || Clock(made.clone())).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((log.take(), clock.life()), (vec!["1".to_owned()], 2));
    let crash = "exception tick tick true: panicked: boom";
    assert_eq!(reports.take(), [crash, "dead tick Crashed"]);
}

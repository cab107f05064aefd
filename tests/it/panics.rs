//! Panics, in every place where user code runs: reported and contained.

use std::sync::atomic::{AtomicBool, Ordering};

use circuits::event::{Exception, Stopped};
use circuits::prelude::*;
use circuits::{CallError, Options};

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
#[event(reply = u32)]
struct Work;

#[derive(Event)]
#[event(reply = u32)]
struct Add(u32);

/// Where the component panics.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Nowhere,
    Factory,
    Started,
    Exclusive,
    Shared,
    Parallel,
    Notice,
    Task,
    TimerClone,
    Killed,
    Stopped,
    Drop,
}

#[derive(Event)]
#[event(reply = u32)]
struct Tick(Place);

impl Clone for Tick {
    fn clone(&self) -> Self {
        if self.0 == Place::TimerClone {
            panic!("boom");
        }
        Self(self.0)
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom");
    }
}

#[component(channel = "bad")]
struct Bad(Place);

impl Bad {
    fn new(place: Place) -> Self {
        let bad = Self(place);
        bad.panic_in(Place::Factory);
        bad
    }

    fn panic_in(&self, place: Place) {
        if self.0 == place {
            panic!("boom");
        }
    }
}

#[component]
impl Bad {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) {
        self.panic_in(Place::Started);
        if self.0 == Place::TimerClone {
            cx.every(Duration::from_millis(1), Tick(self.0));
        }
    }

    #[handler("work")]
    async fn exclusive(&mut self, _event: &Work, cx: &Context<Self>) -> u32 {
        tokio::task::yield_now().await;
        match self.0 {
            Place::Task => {
                cx.spawn(async { panic!("boom") });
            }
            Place::Killed => {
                let _bomb = Bomb;
                cx.address().kill();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        self.panic_in(Place::Exclusive);
        1
    }

    #[handler("tick")]
    async fn shared(&self, _event: &Tick) -> u32 {
        tokio::task::yield_now().await;
        self.panic_in(Place::Shared);
        2
    }

    #[handler("add", parallel)]
    async fn parallel(&self, event: &Add) -> u32 {
        tokio::task::yield_now().await;
        self.panic_in(Place::Parallel);
        event.0
    }

    #[handler("other")]
    fn notice(&self) {
        self.panic_in(Place::Notice);
    }

    #[handler("stopped")]
    async fn stopped(&mut self, _event: &Stopped) {
        self.panic_in(Place::Stopped);
    }
}

impl Drop for Bad {
    fn drop(&mut self) {
        // A panic while panicking would end the process.
        if self.0 == Place::Drop {
            panic!("boom");
        }
    }
}

#[derive(Event)]
struct Other;

/// Makes the component panic in one place, and compares what was seen of it.
async fn check(place: Place, expected: &[&str]) {
    let system = System::with(Options::new().max_restarts(1));
    let seen = watch(&system).await;
    let next = AtomicBool::new(false);
    // The first life panics, the second does not.
    let factory = move || {
        let again = next.swap(true, Ordering::SeqCst);
        Bad::new(if again { Place::Nowhere } else { place })
    };
    let started = within(system.supervise(factory).named("bad")).await;
    let fails = matches!(place, Place::Factory | Place::Started);
    assert_eq!(started.is_err(), fails, "{place:?}");
    if let Ok(bad) = started {
        let target = system.to(&bad);
        match place {
            Place::Shared => drop(target.fire(Tick(place))),
            Place::Parallel => drop(target.fire(Add(3))),
            Place::Notice => drop(system.on("bad").fire(Other)),
            _ => drop(target.fire(Work)),
        }
        settle().await;
        settle().await;
        if matches!(place, Place::Stopped | Place::Drop) {
            assert_eq!(bad.life(), 1);
            within(bad.stop()).await;
        } else {
            assert_eq!(bad.life(), 2, "{place:?}");
            assert_eq!(within(target.call(Work)).await.unwrap(), 1, "{place:?}");
            assert_eq!(within(target.call(Add(3))).await.unwrap(), 3, "{place:?}");
        }
    }
    settle().await;
    assert_eq!(seen.take(), expected, "{place:?}");
    system.stop();
    assert_eq!(within(system.join()).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_event_is_reported() {
    check(
        Place::Factory,
        &["exception factory factory true: panicked: boom"],
    )
    .await;
    let expected = [
        "exception started started true: panicked: boom",
        "dead started Crashed",
    ];
    check(Place::Started, &expected).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_handler_is_reported_and_its_event_is_a_dead_letter() {
    let cases = [
        (Place::Exclusive, "exclusive", "work"),
        (Place::Shared, "shared", "tick"),
        (Place::Parallel, "parallel", "add"),
        (Place::Notice, "notice", "other"),
    ];
    for (place, handler, event) in cases {
        let exception = format!("exception {handler} {event} true: panicked: boom");
        let dead = format!("dead {event} Crashed");
        check(place, &[&exception, &dead]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_timer_or_a_task_is_reported_and_ends_the_life() {
    check(Place::Task, &["exception spawn spawn true: panicked: boom"]).await;
    check(
        Place::TimerClone,
        &["exception every every true: panicked: boom"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_the_end_is_reported_and_changes_nothing() {
    let expected = [
        "exception stopped stopped true: panicked: boom",
        "dead stopped Crashed",
    ];
    check(Place::Stopped, &expected).await;
    check(Place::Drop, &["exception drop drop true: panicked: boom"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_as_it_is_killed_does_not_hang_its_supervisor() {
    let expected = [
        "dead work Crashed",
        "exception drop drop true: panicked: boom",
    ];
    check(Place::Killed, &expected).await;
}

/// An event that cannot be dropped in peace.
#[derive(Event)]
struct Grenade(Bomb);

#[component(channel = "depot")]
struct Depot;

#[component]
impl Depot {
    #[handler("grenade")]
    async fn grenade(&mut self, _event: &Grenade) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_whose_drop_panics_does_not_end_the_supervisor() {
    let system = System::new();
    let depot = system
        .register(Depot)
        .shutdown(Duration::ZERO)
        .await
        .unwrap();
    for _ in 0..3 {
        system.to(&depot).fire(Grenade(Bomb));
    }
    settle().await;
    within(depot.stop()).await;
    assert!(depot.is_gone());
    system.register(Bad::new(Place::Nowhere)).await.unwrap();
    assert_eq!(within(system.on("bad").call(Work)).await.unwrap(), 1);
}

/// Fails at every exception and every dead letter.
#[component]
struct Sick(Log);

#[component]
impl Sick {
    #[handler("exception")]
    fn exception(&mut self, _event: &Exception) {
        self.0.add("exception");
        panic!("sick");
    }

    #[handler("dead_letter")]
    async fn dead_letter(&self) {
        self.0.add("dead letter");
        panic!("sick");
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_of_failures_that_panic_do_not_call_each_other_for_ever() {
    let system = System::with(Options::new().max_restarts(1_000));
    let log = Log::default();
    let made = log.clone();
    system.supervise(move || Sick(made.clone())).await.unwrap();
    let bad = system.register(Bad::new(Place::Exclusive)).await.unwrap();
    let called = within(system.to(&bad).call(Work)).await;
    assert!(matches!(called, Err(CallError::Crashed)), "{called:?}");
    settle().await;
    // The exception and the dead letter of the crash, and one exception for
    // the handler of the dead letter; then it is over.
    let mut lines = log.take();
    lines.sort();
    assert_eq!(lines, ["dead letter", "exception", "exception"]);
    assert_eq!(system.restarts(), 3);
}

/// Fails at every exception, without looking at it.
#[component(channel = "blind")]
struct Blind(Log);

#[component]
impl Blind {
    #[handler("exception")]
    fn exception(&mut self) -> Result<(), Error> {
        self.0.add("exception");
        Err(Error::new("blind"))
    }

    #[handler("*", channel = "any")]
    fn any(&mut self, event: &AnyEvent) -> Result<(), Error> {
        self.0.add(event.name());
        Err(Error::new("blind"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_of_exceptions_that_fails_is_not_told_of_itself() {
    let system = System::new();
    let log = Log::default();
    system.register(Blind(log.clone())).await.unwrap();
    system.on("any").fire(Other);
    settle().await;
    assert_eq!(log.take(), ["other", "exception", "exception"]);
    assert_eq!(system.exceptions(), 3);
}

//! What is bounded, what is not, and what goes on when a bound is reached.

use std::sync::{Arc, Mutex};

use circuits::component::HandlerError;
use circuits::event::{DeadLetter, Started};
use circuits::prelude::*;
use circuits::{CallError, StartError};
use tokio::sync::Semaphore;

use crate::support::{Log, settle, within};

/// A child whose start takes as long as nobody opens the gate.
#[component]
struct Slow(Arc<Semaphore>);

#[component]
impl Slow {
    #[handler("started")]
    async fn started(&mut self, _event: &Started) {
        let _ = self.0.acquire().await.map(|permit| permit.forget());
    }
}

#[derive(Event)]
#[event(reply = u32)]
struct Ping;

#[component(channel = "quick")]
struct Quick;

#[component]
impl Quick {
    #[handler("ping")]
    fn ping(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn no_number_of_slow_starts_keeps_an_end_back() {
    let system = System::new();
    let quick = system.register(Quick).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    for _ in 0..600 {
        let (handle, gate) = (system.handle(), gate.clone());
        tokio::spawn(async move {
            let _ = handle.register(Slow(gate)).await;
        });
    }
    settle().await;
    let begun = tokio::time::Instant::now();
    within(quick.stop()).await;
    let after = within(system.register(Quick)).await;
    assert!(after.is_ok(), "nor another start");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_is_told_to_stop_again_and_again_stops_once() {
    let system = System::new();
    system.register(Quick).await.unwrap();
    for _ in 0..100_000 {
        system.drain();
        system.stop();
    }
    within(system.join()).await.unwrap();
}

#[derive(Event)]
struct Extra;

#[component(channel = "many")]
struct Many(Log);

#[component]
impl Many {
    #[handler("ping")]
    fn ping(&mut self) {}
}

#[tokio::test(start_paused = true)]
async fn added_handlers_have_a_bound_and_never_take_the_place_of_another() {
    let (system, log) = (System::new(), Log::default());
    let many = system.register(Many(log.clone())).await.unwrap();
    let first = many
        .add_handler(|this: &mut Many, _: &Extra, _| {
            this.0.add("first");
            Ok(None)
        })
        .unwrap();
    let none = |_: &mut Many, _: &Ping, _: &Context<Many>| Ok(None);
    // Once round: as many as there are numbers come and go.
    for _ in 0..70_000 {
        let id = many.add_handler(none).unwrap();
        assert!(many.remove_handler(id));
        assert_ne!(id, first);
    }
    system.on("many").fire(Extra);
    settle().await;
    assert_eq!(log.take(), ["first"]);
    let added: Vec<_> = (0..65_534).map(|_| many.add_handler(none)).collect();
    assert!(added.iter().all(Result::is_ok));
    let refused = many.add_handler(none).unwrap_err();
    assert_eq!(refused, HandlerError::TooMany);
    assert!(refused.to_string().contains("65,536"), "{refused}");
    assert!(many.remove_handler(first));
    many.add_handler(none).unwrap();
}

/// An event that is large in number only.
#[derive(Event)]
struct Drop1;

#[component(channel = "latest", mailbox = 50_000, overflow = "drop_oldest")]
struct Oldest {
    letters: Arc<Mutex<u32>>,
    gate: Arc<Semaphore>,
}

#[component]
impl Oldest {
    #[handler("drop1")]
    async fn event(&mut self, _event: &Drop1) {
        let _ = self.gate.acquire().await;
    }

    #[handler("dead_letter", channel = "*")]
    fn dead_letter(&mut self, _event: &DeadLetter) {
        *self.letters.lock().unwrap() += 1;
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_displaces_nothing_but_dead_letters() {
    let system = System::new();
    let (letters, gate) = (Arc::new(Mutex::new(0)), Arc::new(Semaphore::new(0)));
    let oldest = Oldest {
        letters: letters.clone(),
        gate: gate.clone(),
    };
    let oldest = system.register(oldest).await.unwrap();
    system.to(&oldest).fire(Drop1);
    settle().await;
    for _ in 0..50_001 {
        system.to(&oldest).fire(Drop1);
    }
    // The one that was displaced, and its own dead letter that found no place.
    assert_eq!(system.dead_letters(), 2);
    assert_eq!(oldest.waiting(), 50_000);
    gate.add_permits(1);
    settle().await;
    assert_eq!(*letters.lock().unwrap(), 0);
}

#[component(channel = "full", mailbox = 1, overflow = "reject")]
struct Full(Arc<Semaphore>);

#[component]
impl Full {
    #[handler("drop1")]
    async fn event(&mut self, _event: &Drop1) {
        let _ = self.0.acquire().await;
    }
}

#[tokio::test(start_paused = true)]
async fn stages_that_nobody_takes_need_no_stack() {
    let (system, gate) = (System::new(), Arc::new(Semaphore::new(0)));
    let full = system.register(Full(gate.clone())).await.unwrap();
    let stages = 30_000;
    #[derive(Event)]
    struct Setup;
    full.add_handler(move |_: &mut Full, _: &Setup, cx| {
        for stage in 1..=stages {
            cx.add_handler_on("full", f64::from(stage), |_: &mut Full, _: &Ping, _| {
                Ok(None)
            })
            .unwrap();
        }
        Ok(None)
    })
    .unwrap();
    system.on("full").fire(Setup);
    settle().await;
    system.to(&full).fire(Drop1);
    settle().await;
    system.to(&full).fire(Drop1);
    let refused = within(system.on("full").call(Ping)).await;
    assert!(matches!(refused, Err(CallError::Full)), "{refused:?}");
    let stages = u64::try_from(stages).unwrap();
    assert_eq!(system.dead_letters(), stages);
    // So does one that nobody asks about.
    system.on("full").fire(Ping);
    assert_eq!(system.dead_letters(), 2 * stages);
}

/// Panics when it is dropped.
#[component]
struct Fragile;

#[component]
impl Fragile {
    #[handler("ping")]
    fn ping(&mut self) {}
}

impl Drop for Fragile {
    fn drop(&mut self) {
        panic!("fragile");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_child_that_panics_in_its_drop_takes_no_supervisor_with_it() {
    let system = System::new();
    system.register(Quick).named("one").await.unwrap();
    let refused = within(system.register(Fragile).named("one")).await;
    assert!(
        matches!(refused, Err(StartError::AlreadyStarted { .. })),
        "{refused:?}"
    );
    let heard = within(system.on("quick").call(Ping)).await;
    assert!(matches!(heard, Err(CallError::NoReply)), "{heard:?}");
    system.stop();
    within(system.join()).await.unwrap();
}

#[test]
fn a_runtime_that_is_gone_leaves_no_caller_waiting() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (system, gate) = (
        runtime.block_on(async { System::new() }),
        Arc::new(Semaphore::new(0)),
    );
    let full = runtime.block_on(async { system.register(Full(gate)).await.unwrap() });
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let called = other.spawn({
        let (handle, full) = (system.handle(), full.clone());
        async move { handle.to(&full).call(Drop1).await }
    });
    other.block_on(tokio::task::yield_now());
    // Waits for its worker, which drops the tasks one after the other: the
    // call may end with the component's, before that of the supervisor goes.
    runtime.shutdown_timeout(Duration::from_secs(10));
    let called = other.block_on(async { within(called).await.unwrap() });
    assert!(called.is_err(), "{called:?}");
    assert!(full.is_gone());
}

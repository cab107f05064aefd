//! Events that go from handler to handler, in stages of one handler each, and about
//! which nobody asks anything.

use std::sync::Arc;

use circuits::Options;
use circuits::event::{DeadLetter, Exception};
use circuits::prelude::*;
use circuits::testing::settle;
use tokio::sync::{Semaphore, mpsc};

use crate::log::Log;

#[derive(Event, Debug)]
struct Order(u32);

const STOPPED: u32 = 2;
const CRASHED: u32 = 3;
const STOPPED_AND_CRASHED: u32 = 4;
const FAILED: u32 = 5;
const REPLACED: u32 = 6;

fn act<C: circuits::component::Component>(event: &Order, cx: &Context<C>) -> Result<(), Error> {
    if [STOPPED, STOPPED_AND_CRASHED].contains(&event.0) {
        cx.stop_propagation();
    }
    match event.0 {
        CRASHED | STOPPED_AND_CRASHED => panic!("it was to crash"),
        FAILED => Err(Error::new("it was to fail")),
        REPLACED => Ok(cx.replace(Order(7))?),
        _ => Ok(()),
    }
}

/// One component for each way to take an event; that with the highest priority acts on it.
macro_rules! stage {
    (
        $name:ident, $says:literal, $priority:literal,
        [$($word:ident)?] [$($receiver:tt)*] $this:ident, $first:literal
    ) => {
        #[component(channel = "orders")]
        #[derive(Clone)]
        struct $name(Log);

        #[component]
        impl $name {
            #[handler("order", priority = $priority)]
            $($word)? fn order(
                $($receiver)*,
                event: &Order,
                cx: &Context<Self>,
            ) -> Result<(), Error> {
                $this.0.add(format!("{} {}", $says, event.0));
                if $first { act(event, cx) } else { Ok(()) }
            }
        }
    };
}

stage!(Guard, "guard", 4, [] [&mut self] self, true);
stage!(LaterGuard, "guard", 4, [async] [&mut self] self, true);
stage!(ReadingGuard, "guard", 4, [] [&self] self, true);
stage!(LaterReadingGuard, "guard", 4, [async] [&self] self, true);
stage!(Alone, "alone", 3, [] [&mut self] self, false);
stage!(Later, "later", 2, [async] [&mut self] self, false);
stage!(Reads, "reads", 1, [] [&self] self, false);
stage!(ReadsLater, "reads later", 0, [async] [&self] self, false);
stage!(Last, "last", -1, [] [&mut self] self, false);

#[component(channel = "*")]
struct Silent;

#[component]
impl Silent {
    #[handler("exception")]
    fn exception(&mut self, _: &Exception) {}
}

async fn tree() -> (System, Log) {
    let system = System::with(Options::new().max_restarts(100));
    let log = Log::default();
    // In no order of priority: the order of registration must not matter.
    system.register(Last(log.clone())).await.unwrap();
    system.register(Later(log.clone())).await.unwrap();
    system.register(ReadsLater(log.clone())).await.unwrap();
    system.register(Alone(log.clone())).await.unwrap();
    system.register(Reads(log.clone())).await.unwrap();
    system.register(Silent).await.unwrap();
    (system, log)
}

const ALL: [&str; 6] = ["guard", "alone", "later", "reads", "reads later", "last"];

async fn check(guard: impl AsyncFn(&System, Log)) {
    let (system, log) = tree().await;
    guard(&system, log.clone()).await;
    for number in [1, STOPPED, CRASHED, STOPPED_AND_CRASHED, FAILED, REPLACED] {
        system.on("orders").fire(Order(number));
        settle().await;
        let heard = match number {
            STOPPED | STOPPED_AND_CRASHED => &ALL[..1],
            _ => &ALL[..],
        };
        let line = |(at, name): (usize, &&str)| match (at, number) {
            (1.., REPLACED) => format!("{name} 7"),
            _ => format!("{name} {number}"),
        };
        let expected: Vec<_> = heard.iter().enumerate().map(line).collect();
        assert_eq!(log.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_goes_on_however_a_handler_takes_it_and_ends() {
    check(async |system, log| {
        let guard = Guard(log);
        let guard = system.supervise(move || guard.clone()).await;
        guard.unwrap();
    })
    .await;
    check(async |system, log| {
        let guard = LaterGuard(log);
        let guard = system.supervise(move || guard.clone()).await;
        guard.unwrap();
    })
    .await;
    check(async |system, log| {
        let guard = ReadingGuard(log);
        let guard = system.supervise(move || guard.clone()).await;
        guard.unwrap();
    })
    .await;
    check(async |system, log| {
        let guard = LaterReadingGuard(log);
        let guard = system.supervise(move || guard.clone()).await;
        guard.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_events_keep_their_order_through_every_stage() {
    let (system, log) = tree().await;
    let guard = Guard(log.clone());
    system.register(guard).await.unwrap();
    for number in 100..600 {
        system.on("orders").fire(Order(number)).await;
    }
    // Asked about, it goes behind the others all the same.
    let last = system.on("orders").fire(Order(600));
    last.completed().await.unwrap();
    let lines = log.take();
    for name in ALL {
        let heard = lines.iter().filter_map(|line| line.strip_prefix(name));
        let numbers: Vec<u32> = heard
            .filter_map(|number| number.strip_prefix(' ')?.parse().ok())
            .collect();
        assert_eq!(numbers, (100..=600).collect::<Vec<_>>(), "{name}");
    }
}

#[derive(Event)]
struct Hold;

/// Holds up what goes through it.
#[component(channel = "orders", mailbox = 2)]
struct Gate(Arc<Semaphore>);

#[component]
impl Gate {
    #[handler("hold")]
    async fn hold(&mut self, _: &Hold) -> Result<(), Error> {
        self.0.acquire().await?.forget();
        Ok(())
    }

    #[handler("order", priority = 10)]
    fn order(&mut self, _: &Order) {}
}

#[tokio::test(start_paused = true)]
async fn the_first_stage_holds_its_sender_back_when_it_is_full() {
    let (system, log) = tree().await;
    let gate = Arc::new(Semaphore::new(0));
    let held = system.register(Gate(gate.clone())).await.unwrap();
    system.to(&held).fire(Hold);
    settle().await;
    let (told, mut tells) = mpsc::channel(8);
    let sender = system.clone();
    let sending = tokio::spawn(async move {
        for number in 10..14 {
            sender.on("orders").fire(Order(number)).await;
            told.try_send(number).unwrap();
        }
    });
    settle().await;
    assert_eq!(tells.try_recv().ok(), Some(10));
    assert_eq!(tells.try_recv().ok(), Some(11));
    assert_eq!(tells.try_recv().ok(), None);
    gate.add_permits(1);
    settle().await;
    sending.await.unwrap();
    assert_eq!(log.take().len(), 4 * 5);
}

#[derive(Clone)]
#[component(channel = "*")]
struct Letters(Log);

#[component]
impl Letters {
    #[handler("dead_letter")]
    fn letter(&mut self, letter: &DeadLetter) {
        self.0
            .add(format!("{} {}", letter.event.name(), letter.reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_ends_with_its_mailbox_is_left_out() {
    let (system, log) = tree().await;
    let letters = Log::default();
    system.register(Letters(letters.clone())).await.unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let held = system.register(Gate(gate.clone())).await.unwrap();
    system.to(&held).fire(Hold);
    settle().await;
    system.on("orders").fire(Order(10));
    held.kill();
    settle().await;
    let expected = ALL[1..].iter().map(|name| format!("{name} 10"));
    assert_eq!(log.take(), expected.collect::<Vec<_>>());
    assert!(
        letters
            .take()
            .contains(&"order the receiver has stopped".to_owned())
    );
}

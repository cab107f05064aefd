//! S76 to S84: what becomes of messages when their receiver fails or ends.

use std::sync::Arc;

use circuits::event::Started;
use circuits::prelude::*;
use circuits::{Backoff, CallError, OnRestart, Options};
use tokio::sync::Semaphore;

use super::{Trace, World, cases};

cases!(
    s76_only_the_message_that_failed_is_lost,
    s77_a_dropped_mailbox_is_dead_letters,
    s78_a_backoff_keeps_what_finds_room,
    s79_what_is_handled_over_restarts_is_in_order,
    s80_order_holds_for_each_sender,
    s81_messages_to_one_that_has_ended_leave_nothing,
    s82_a_message_that_fails_again_goes_before_the_others,
    s83_a_sender_that_waits_for_room_is_woken_when_its_receiver_ends,
    s84_a_sender_that_stops_waiting_has_sent_all_the_same,
);

/// A numbered message; 0 waits for a permit before it is handled.
#[derive(Event, Debug)]
#[event(reply = u32)]
struct M(u32);

#[derive(Event, Debug)]
struct Parcel(#[allow(dead_code)] Arc<()>);

/// What all takers do.
#[derive(Clone)]
struct Taking {
    trace: Trace,
    permits: Arc<Semaphore>,
    /// The numbers that fail.
    bad: Arc<[u32]>,
}

impl Taking {
    async fn take(&self, number: u32, life: u64) -> u32 {
        if number == 0 {
            let permit = self.permits.acquire().await.unwrap();
            permit.forget();
        }
        if self.bad.contains(&number) {
            self.trace.add("t", life, format!("fails: m{number}"));
            panic!("m{number}");
        }
        self.trace.add("t", life, format!("m{number}"));
        number
    }
}

macro_rules! taker {
    ($type:ident $(, $key:ident = $value:literal)*) => {
        #[component(channel = "t" $(, $key = $value)*)]
        struct $type(Taking);

        #[component]
        impl $type {
            #[handler("started")]
            fn started(&mut self, event: &Started) {
                self.0.trace.add("t", event.life, "started");
            }

            #[handler("m")]
            async fn m(&mut self, event: &M, cx: &Context<Self>) -> u32 {
                self.0.take(event.0, cx.life()).await
            }

            #[handler("parcel")]
            fn parcel(&mut self, _event: &Parcel) {}
        }
    };
}

taker!(Taker);
taker!(Small, mailbox = 2, overflow = "reject");
taker!(Narrow, mailbox = 2);
taker!(Stubborn, attempts = 3);

/// A system that bears all restarts, what its taker does, and the permits for 0.
async fn begin(world: &World, bad: &[u32]) -> (System, Taking, Arc<Semaphore>) {
    let options = Options::new().unlimited_restarts();
    let system = world.system_with(options).await;
    let permits = Arc::new(Semaphore::new(0));
    let taking = Taking {
        trace: world.trace.clone(),
        permits: permits.clone(),
        bad: bad.into(),
    };
    (system, taking, permits)
}

const CRASHED: &str = "t crashed in m: panicked: m0";

async fn s76_only_the_message_that_failed_is_lost(world: World) {
    let (system, taking, permits) = begin(&world, &[0]).await;
    let taker = system.supervise(move || Taker(taking.clone())).named("t");
    let taker = taker.await.unwrap();
    for number in 0..3 {
        system.to(&taker).fire(M(number)).await;
    }
    permits.add_permits(1);
    let expected = [
        "t 1 started",
        "t 1 fails: m0",
        "t 2 started",
        "t 2 m1",
        "t 2 m2",
    ];
    world.expect(&expected).await;
    world.expect_reports(&[CRASHED, "dead m: Crashed"]).await;
}

async fn s77_a_dropped_mailbox_is_dead_letters(world: World) {
    let (system, taking, permits) = begin(&world, &[0]).await;
    let taker = system
        .supervise(move || Taker(taking.clone()))
        .named("t")
        .on_restart(OnRestart::DropMailbox);
    let taker = taker.await.unwrap();
    system.to(&taker).fire(M(0)).await;
    let call = tokio::spawn({
        let (system, taker) = (system.clone(), taker.clone());
        async move {
            system.to(&taker).fire(M(1));
            system.to(&taker).call(M(2)).await
        }
    });
    world.until("both wait", || taker.waiting() == 2).await;
    permits.add_permits(1);
    let called = call.await.unwrap();
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    world
        .until("it is back", || world.trace.has("t 2 started"))
        .await;
    system.to(&taker).fire(M(3)).await;
    let expected = ["t 1 started", "t 1 fails: m0", "t 2 started", "t 2 m3"];
    world.expect(&expected).await;
    let expected = [
        CRASHED,
        "dead m: Crashed",
        "dead m: Stopped",
        "dead m: Stopped",
    ];
    world.expect_reports(&expected).await;
}

async fn s78_a_backoff_keeps_what_finds_room(world: World) {
    let (system, taking, permits) = begin(&world, &[0]).await;
    let taker = system
        .supervise(move || Small(taking.clone()))
        .named("t")
        .backoff(Backoff::constant(world.secs(10)));
    let taker = taker.await.unwrap();
    permits.add_permits(1);
    let target = system.to(&taker);
    target.fire(M(0)).await;
    world.expect(&["t 1 started", "t 1 fails: m0"]).await;
    for number in 1..4 {
        target.fire(M(number));
    }
    let refused = target.call(M(4)).await;
    assert!(matches!(refused, Err(CallError::Full)), "{refused:?}");
    world.pass(world.secs(10)).await;
    world.expect(&["t 2 started", "t 2 m1", "t 2 m2"]).await;
    let expected = [CRASHED, "dead m: Crashed", "dead m: Full", "dead m: Full"];
    world.expect_reports(&expected).await;
}

async fn s79_what_is_handled_over_restarts_is_in_order(world: World) {
    let bad = [100, 500, 900];
    let (system, taking, _) = begin(&world, &bad).await;
    let taker = system.supervise(move || Taker(taking.clone())).named("t");
    let taker = taker.await.unwrap();
    let (mut expected, mut reports) = (vec!["t 1 started".to_owned()], Vec::new());
    let mut life = 1;
    for number in 1..=1000 {
        system.to(&taker).fire(M(number)).await;
        if bad.contains(&number) {
            expected.push(format!("t {life} fails: m{number}"));
            life += 1;
            expected.push(format!("t {life} started"));
            reports.push(format!("t crashed in m: panicked: m{number}"));
            reports.push("dead m: Crashed".to_owned());
        } else {
            expected.push(format!("t {life} m{number}"));
        }
    }
    let lines: Vec<&str> = expected.iter().map(String::as_str).collect();
    world.expect(&lines).await;
    let lines: Vec<&str> = reports.iter().map(String::as_str).collect();
    world.expect_reports(&lines).await;
}

async fn s80_order_holds_for_each_sender(world: World) {
    let (system, taking, _) = begin(&world, &[1100, 2100, 3100]).await;
    let taker = system.supervise(move || Taker(taking.clone())).named("t");
    let taker = taker.await.unwrap();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 1..4 {
        let (system, taker) = (system.clone(), taker.clone());
        senders.spawn(async move {
            for number in 1..=200 {
                system.to(&taker).fire(M(1000 * sender + number)).await;
            }
        });
    }
    senders.join_all().await;
    let last = |entries: usize| entries == 4 + 3 * 200;
    world
        .until("all are handled", || last(world.trace.len()))
        .await;
    let entries = world.trace.take();
    for sender in 1..4 {
        let numbers = entries.iter().filter_map(|entry| {
            let (_, number) = entry.text.rsplit_once('m')?;
            number.parse().ok().filter(|number| number / 1000 == sender)
        });
        let expected = (1..=200).map(|number| 1000 * sender + number);
        assert!(numbers.eq(expected), "{sender}: {entries:?}");
    }
}

async fn s81_messages_to_one_that_has_ended_leave_nothing(world: World) {
    let (system, taking, _permits) = begin(&world, &[]).await;
    let taker = system.register(Taker(taking)).named("t").await.unwrap();
    let load = Arc::new(());
    let target = system.to(&taker);
    target.fire(M(0)).await;
    world.until("it is taken", || taker.waiting() == 0).await;
    for _ in 0..100 {
        target.fire(Parcel(load.clone())).await;
    }
    assert_eq!(Arc::strong_count(&load), 101);
    taker.kill();
    world.until("it has ended", || taker.is_gone()).await;
    target.fire(Parcel(load.clone())).await;
    let called = target.call(M(1)).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    world
        .until("nothing is kept", || Arc::strong_count(&load) == 1)
        .await;
    world.expect(&["t 1 started"]).await;
    let mut expected = vec!["dead m: Crashed"];
    expected.extend(["dead parcel: Stopped"; 101]);
    expected.push("dead m: Stopped");
    world.expect_reports(&expected).await;
}

/// Nothing is stashed here; what comes before all else is what failed once.
async fn s82_a_message_that_fails_again_goes_before_the_others(world: World) {
    let (system, taking, permits) = begin(&world, &[0]).await;
    let taker = system
        .supervise(move || Stubborn(taking.clone()))
        .named("t");
    let taker = taker.await.unwrap();
    for number in 0..3 {
        system.to(&taker).fire(M(number)).await;
    }
    permits.add_permits(3);
    let expected = [
        "t 1 started",
        "t 1 fails: m0",
        "t 2 started",
        "t 2 fails: m0",
        "t 3 started",
        "t 3 fails: m0",
        "t 4 started",
        "t 4 m1",
        "t 4 m2",
    ];
    world.expect(&expected).await;
    let expected = [CRASHED, CRASHED, CRASHED, "dead m: Poison"];
    world.expect_reports(&expected).await;
}

async fn s83_a_sender_that_waits_for_room_is_woken_when_its_receiver_ends(world: World) {
    let (system, taking, _permits) = begin(&world, &[]).await;
    let taker = system.register(Narrow(taking)).named("t").await.unwrap();
    system.to(&taker).fire(M(0)).await;
    world.until("it is taken", || taker.waiting() == 0).await;
    let sender = tokio::spawn({
        let (system, taker) = (system.clone(), taker.clone());
        async move {
            for number in 1..4 {
                system.to(&taker).fire(M(number)).await;
            }
        }
    });
    world.until("it waits", || taker.waiting() == 3).await;
    assert!(!sender.is_finished());
    let begun = world.trace.elapsed();
    taker.kill();
    sender.await.unwrap();
    if world.is_paused() {
        assert_eq!(world.trace.elapsed(), begun);
    }
    world.expect(&["t 1 started"]).await;
    // Each comes back as a dead letter, with its event.
    let mut expected = vec!["dead m: Crashed"];
    expected.extend(["dead m: Stopped"; 3]);
    world.expect_reports(&expected).await;
}

async fn s84_a_sender_that_stops_waiting_has_sent_all_the_same(world: World) {
    let (system, taking, permits) = begin(&world, &[]).await;
    let taker = system.register(Narrow(taking)).named("t").await.unwrap();
    let target = system.to(&taker);
    target.fire(M(0)).await;
    world.expect(&["t 1 started"]).await;
    world.until("it is taken", || taker.waiting() == 0).await;
    for number in 1..3 {
        target.fire(M(number)).await;
    }
    for number in 3..5 {
        let fire = target.fire(M(number));
        let waited = tokio::time::timeout(Duration::ZERO, fire).await;
        assert!(waited.is_err(), "it has no room");
    }
    permits.add_permits(1);
    let expected = ["t 1 m0", "t 1 m1", "t 1 m2", "t 1 m3", "t 1 m4"];
    world.expect(&expected).await;
    // No place was lost: as many as before are let in at once.
    target.fire(M(0)).await;
    world.until("it is taken", || taker.waiting() == 0).await;
    world.settle().await;
    let fire = target.fire(M(5));
    assert!(tokio::time::timeout(Duration::ZERO, fire).await.is_ok());
    permits.add_permits(1);
    world.expect(&["t 1 m0", "t 1 m5"]).await;
    world.expect_reports(&[]).await;
}

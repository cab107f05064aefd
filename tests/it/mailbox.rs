//! Mailboxes: bounded, with a rule for what happens when they are full.

use std::sync::Arc;

use circuits::mailbox::MAILBOX_LIMIT;
use circuits::prelude::*;
use circuits::{Address, CallError};
use tokio::sync::Semaphore;

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
#[event(reply = u32)]
struct Work(u32);

#[derive(Event)]
struct Other(u32);

#[derive(Event)]
struct Look(u32);

/// Declares a component that works only as its gate allows.
macro_rules! worker {
    ($name:ident, $($option:tt)*) => {
        #[component($($option)*)]
        struct $name {
            log: Log,
            gate: Arc<Semaphore>,
        }

        #[component]
        impl $name {
            #[handler("work")]
            async fn work(&mut self, event: &Work) -> u32 {
                self.log.add(format_args!("work {}", event.0));
                let _ = self.gate.acquire().await.map(|permit| permit.forget());
                event.0
            }

            #[handler("other")]
            fn other(&mut self, event: &Other) {
                self.log.add(format_args!("other {}", event.0));
            }

            #[handler("look")]
            async fn look(&self, event: &Look) {
                self.log.add(format_args!("look {}", event.0));
                let _ = self.gate.acquire().await.map(|permit| permit.forget());
            }
        }
    };
}

worker!(Waiting, channel = "w", mailbox = 4);
worker!(Rejecting, channel = "w", mailbox = 2, overflow = "reject");
worker!(
    Dropping,
    channel = "w",
    mailbox = 2,
    overflow = "drop_oldest"
);
worker!(Newest, channel = "w", mailbox = 2, overflow = "latest");
worker!(Single, channel = "w", mailbox = 1, overflow = "latest");

/// A system with one worker; its log, its gate, and what the watcher saw.
macro_rules! system_with {
    ($worker:ident) => {{
        let system = System::new();
        let dead = watch(&system).await;
        let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
        let worker = $worker {
            log: log.clone(),
            gate: gate.clone(),
        };
        let worker: Address<$worker> = system.register(worker).await.unwrap();
        (system, worker, log, gate, dead)
    }};
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_that_waits_takes_everything_and_holds_awaited_fires() {
    let (system, worker, log, gate, dead) = system_with!(Waiting);
    let target = system.on("w");
    for number in 0..5 {
        // One is at work and four wait.
        target.fire(Work(number)).await;
        settle().await;
    }
    let handle = system.handle();
    let fired = tokio::spawn(async move { handle.on("w").fire(Work(5)).await });
    settle().await;
    assert!(!fired.is_finished(), "it waits for room");
    assert_eq!(worker.waiting(), 5, "and the event waits already");
    gate.add_permits(1);
    settle().await;
    assert!(!fired.is_finished(), "four still wait");
    gate.add_permits(1);
    settle().await;
    assert!(fired.is_finished(), "a quarter of the mailbox is free");
    gate.add_permits(10);
    settle().await;
    let all: Vec<_> = (0..6).map(|number| format!("work {number}")).collect();
    assert_eq!(log.take(), all);
    assert_eq!(dead.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_rejects_makes_new_events_dead_letters() {
    let (system, _worker, log, gate, dead) = system_with!(Rejecting);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    for number in 1..5 {
        target.fire(Work(number)).await;
    }
    settle().await;
    assert_eq!(dead.take(), ["dead work Full", "dead work Full"]);
    assert_eq!(system.dead_letters(), 2);
    gate.add_permits(10);
    settle().await;
    assert_eq!(log.take(), ["work 0", "work 1", "work 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_into_a_mailbox_that_rejects_fails_at_once() {
    let (system, _worker, _log, gate, _dead) = system_with!(Rejecting);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    target.fire(Work(1));
    target.fire(Work(2));
    let refused = target.call(Work(3)).await;
    assert!(matches!(refused, Err(CallError::Full)), "{refused:?}");
    gate.add_permits(10);
    settle().await;
    assert_eq!(within(target.call(Work(4))).await.unwrap(), 4);
}

#[tokio::test(start_paused = true)]
async fn drop_oldest_keeps_the_newest_events() {
    let (system, _worker, log, gate, dead) = system_with!(Dropping);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    let displaced = tokio::spawn({
        let handle = system.handle();
        async move { handle.on("w").call(Work(1)).await }
    });
    settle().await;
    for number in 2..5 {
        target.fire(Work(number)).await;
    }
    let displaced = within(displaced).await.unwrap();
    assert!(matches!(displaced, Err(CallError::Full)), "{displaced:?}");
    settle().await;
    assert_eq!(dead.take(), ["dead work Displaced", "dead work Displaced"]);
    gate.add_permits(10);
    settle().await;
    assert_eq!(log.take(), ["work 0", "work 3", "work 4"]);
}

#[tokio::test(start_paused = true)]
async fn latest_keeps_the_newest_of_a_kind() {
    let (system, _worker, log, gate, dead) = system_with!(Newest);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    target.fire(Other(1));
    target.fire(Work(2));
    target.fire(Work(3));
    target.fire(Other(4));
    // Nothing of its kind waits, so there is nothing to replace.
    target.fire(Look(5));
    settle().await;
    let expected = [
        "dead work Displaced",
        "dead other Displaced",
        "dead look Full",
    ];
    assert_eq!(dead.take(), expected);
    gate.add_permits(10);
    settle().await;
    assert_eq!(log.take(), ["work 0", "work 3", "other 4"]);
}

#[tokio::test(start_paused = true)]
async fn latest_keeps_the_newest_also_while_an_older_one_waits_for_readers() {
    let (system, _worker, log, gate, dead) = system_with!(Single);
    let target = system.on("w");
    target.fire(Look(0));
    settle().await;
    // Taken from the mailbox, and held back by the reader.
    target.fire(Work(1));
    settle().await;
    target.fire(Work(2));
    target.fire(Work(3));
    settle().await;
    assert_eq!(dead.take(), ["dead work Displaced"]);
    gate.add_permits(10);
    settle().await;
    assert_eq!(log.take(), ["look 0", "work 1", "work 3"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_more_than_the_limit_waits_in_any_mailbox() {
    let (system, worker, _log, _gate, dead) = system_with!(Waiting);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    for _ in 0..MAILBOX_LIMIT {
        target.fire(Other(0));
    }
    assert_eq!(system.dead_letters(), 0);
    target.fire(Other(0));
    target.fire(Other(0));
    settle().await;
    assert_eq!(worker.waiting(), MAILBOX_LIMIT);
    assert_eq!(dead.take(), ["dead other Full", "dead other Full"]);
}

#[tokio::test(start_paused = true)]
async fn stop_is_heard_although_the_mailbox_is_full() {
    let (system, worker, log, gate, dead) = system_with!(Rejecting);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    target.fire(Work(1));
    target.fire(Work(2));
    let stopping = tokio::spawn(async move { worker.stop().await });
    settle().await;
    assert!(!stopping.is_finished(), "the running handler finishes");
    gate.add_permits(1);
    within(stopping).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["work 0"]);
    assert_eq!(dead.take(), ["dead work Stopped", "dead work Stopped"]);
}

#[component(channel = "feeder")]
struct Feeder(Log);

#[component]
impl Feeder {
    #[handler("look")]
    fn feed(&mut self, event: &Look, cx: &Context<Self>) {
        self.0.add(format_args!("feed {}", event.0));
        cx.on("w").fire(Work(event.0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_that_crowded_a_mailbox_waits_for_its_next_event_until_there_is_room() {
    let (system, worker, _log, gate, _dead) = system_with!(Waiting);
    let fed = Log::default();
    system.register(Feeder(fed.clone())).await.unwrap();
    for number in 0..10 {
        system.on("feeder").fire(Look(number));
    }
    settle().await;
    // The fifth crowded the mailbox; then one of the five was begun.
    assert_eq!(fed.take().len(), 5);
    assert_eq!(worker.waiting(), 4);
    gate.add_permits(1);
    settle().await;
    assert_eq!(fed.take().len(), 2, "until it is crowded again");
    assert_eq!(worker.waiting(), 5);
    gate.add_permits(1);
    settle().await;
    assert_eq!(fed.take().len(), 0, "no room yet");
    gate.add_permits(20);
    settle().await;
    assert_eq!(fed.take().len(), 3);
}

#[derive(Event)]
struct Pass {
    to: usize,
    left: u32,
}

#[component(mailbox = 2)]
struct Ring {
    number: usize,
    done: Arc<Semaphore>,
}

const RING: [&str; 3] = ["ring0", "ring1", "ring2"];

#[component]
impl Ring {
    #[handler("pass")]
    fn pass(&mut self, event: &Pass, cx: &Context<Self>) {
        assert_eq!(event.to, self.number);
        if event.left == 0 {
            self.done.add_permits(1);
            return;
        }
        let to = (self.number + 1) % RING.len();
        let left = event.left - 1;
        cx.on(RING[to]).fire(Pass { to, left });
    }
}

async fn ring() {
    let system = System::new();
    let done = Arc::new(Semaphore::new(0));
    for (number, channel) in RING.into_iter().enumerate() {
        let done = done.clone();
        let link = Ring { number, done };
        system.register(link).channel(channel).await.unwrap();
    }
    for round in 0..30 {
        let to = round % RING.len();
        system.on(RING[to]).fire(Pass { to, left: 500 });
    }
    let all = within(done.acquire_many(30)).await;
    all.unwrap().forget();
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test]
async fn a_ring_of_components_with_full_mailboxes_does_not_freeze() {
    ring().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_of_components_on_several_threads_does_not_freeze() {
    for _ in 0..5 {
        ring().await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_higher_priority_go_first_in_the_next_batch() {
    let (system, _worker, log, gate, _dead) = system_with!(Waiting);
    let target = system.on("w");
    target.fire(Work(0));
    settle().await;
    target.fire(Other(1));
    target.priority(5).fire(Other(2));
    target.priority(-5).fire(Other(3));
    target.priority(5).fire(Other(4));
    gate.add_permits(1);
    settle().await;
    let expected = ["work 0", "other 2", "other 4", "other 1", "other 3"];
    assert_eq!(log.take(), expected);
}

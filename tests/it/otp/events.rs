//! S108 to S112: events whose handlers fail or leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use circuits::event::{Exception, Failure, Success};
use circuits::prelude::*;
use circuits::{OnRestart, Options};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use super::{Trace, World, cases};
use crate::exceptions::Errors;
use crate::support::{Log, until};

cases!(
    s108_a_failure_stops_no_other_handler_and_is_told,
    s110_a_handler_of_failures_that_fails_is_not_told_of_itself,
    s111_a_component_that_leaves_handles_no_more,
    s112_ten_thousand_events_of_which_some_panic,
);

#[derive(Event, Debug)]
#[event(success, failure)]
struct Deed(u32);

/// Does deeds; fails at those that are told.
#[component(channel = "deeds")]
struct Doer {
    trace: Trace,
    bad: Option<u32>,
}

#[component]
impl Doer {
    #[handler("deed")]
    fn deed(&mut self, event: &Deed, cx: &Context<Self>) {
        assert_ne!(Some(event.0), self.bad);
        self.trace
            .add(cx.name(), cx.life(), format!("does {}", event.0));
    }
}

/// Hears how deeds went.
#[component(channel = "deeds")]
struct Judge(Trace);

#[component]
impl Judge {
    #[handler("deed_success")]
    fn success(&mut self, event: &Success<Deed>) {
        self.0.note(format!("success of {}", event.event.0));
    }

    #[handler("deed_failure")]
    fn failure(&mut self, event: &Failure<Deed>) {
        let text = event.error.to_string();
        let cause = text.lines().next().unwrap();
        self.0
            .note(format!("failure of {}: {cause}", event.event.0));
    }
}

async fn s108_a_failure_stops_no_other_handler_and_is_told(world: World) {
    let system = world.system().await;
    system.register(Judge(world.trace.clone())).await.unwrap();
    for (name, bad) in [("one", None), ("two", Some(7)), ("three", None)] {
        let trace = world.trace.clone();
        let make = move || Doer {
            trace: trace.clone(),
            bad,
        };
        system.supervise(make).named(name).await.unwrap();
    }
    system.on("deeds").fire(Deed(7)).await;
    let cause = "panicked: assertion `left != right` failed";
    let failure = format!("failure of 7: {cause}");
    let expected = ["one 1 does 7", "three 1 does 7", &failure];
    world.expect_in_any_order(&expected).await;
    system.on("deeds").fire(Deed(8)).await;
    let expected = [
        "one 1 does 8",
        "two 2 does 8",
        "three 1 does 8",
        "success of 8",
    ];
    world.expect_in_any_order(&expected).await;
    // The exception carries the cause and the event, too.
    let entries = world.reports.take();
    assert!(
        entries[0]
            .text
            .starts_with(&format!("two crashed in deed: {cause}"))
    );
    assert_eq!(
        (entries.len(), &*entries[1].text),
        (2, "dead deed: Crashed")
    );
}

/// Nobody observes here, and the log is that of the threads of one runtime.
mod s109_a_failure_that_nobody_handles_is_logged_once {
    use super::*;

    fn check(mut builder: Builder) {
        let log = Log::default();
        let of_thread = log.clone();
        let listen = move || {
            let errors = Errors(of_thread.clone());
            // It lasts as long as the thread.
            std::mem::forget(tracing::subscriber::set_default(errors));
        };
        builder.enable_all().on_thread_start(listen.clone());
        let test = std::thread::spawn(move || {
            listen();
            builder.build().unwrap().block_on(async {
                let trace = World::new(false).trace;
                let system = System::new();
                let doer = Doer {
                    trace: trace.clone(),
                    bad: Some(7),
                };
                let doer = system.register(doer).named("two").await.unwrap();
                system.to(&doer).fire(Deed(7));
                until(|| doer.is_gone()).await;
                assert_eq!((system.exceptions(), trace.len()), (1, 0));
            });
        });
        test.join().unwrap();
        let lines = log.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        for part in [
            "component=two ",
            "handler=\"deed\" ",
            "event=Deed(7) ",
            "crashed=true ",
            "message=panicked: ",
        ] {
            assert!(lines[0].contains(part), "{part} in {}", lines[0]);
        }
    }

    #[test]
    fn current_thread() {
        check(Builder::new_current_thread());
    }

    #[test]
    fn multi_thread() {
        check(Builder::new_multi_thread());
    }
}

/// Fails at each failure.
#[component]
struct Sick(Trace);

#[component]
impl Sick {
    #[handler("exception")]
    fn exception(&mut self, event: &Exception, cx: &Context<Self>) -> Result<(), Error> {
        self.0.add(
            "sick",
            cx.life(),
            format!("hears of {}", event.event.name()),
        );
        Err(Error::new("sick"))
    }
}

async fn s110_a_handler_of_failures_that_fails_is_not_told_of_itself(world: World) {
    let system = world.system().await;
    system.register(Sick(world.trace.clone())).await.unwrap();
    let doer = Doer {
        trace: world.trace.clone(),
        bad: Some(7),
    };
    let doer = system.register(doer).await.unwrap();
    system.to(&doer).fire(Deed(7));
    world.expect(&["sick 1 hears of deed"]).await;
    world
        .until("both are counted", || system.exceptions() == 2)
        .await;
    world.settle().await;
    assert_eq!(system.exceptions(), 2, "and no more of them");
}

#[derive(Event, Debug)]
struct Note(u32);

/// Hears notes, the second time at a lower priority; a child below it too.
#[component(channel = "notes")]
struct Hearer {
    trace: Trace,
    permits: Arc<Semaphore>,
    /// Whether it has a child.
    parent: bool,
}

#[component]
impl Hearer {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        if self.parent {
            let below = Hearer {
                trace: self.trace.clone(),
                permits: self.permits.clone(),
                parent: false,
            };
            cx.register(below).named("below").channel("below").await?;
        }
        Ok(())
    }

    #[handler("note")]
    async fn note(&mut self, event: &Note, cx: &Context<Self>) -> Result<(), Error> {
        self.trace
            .add(cx.name(), cx.life(), format!("hears {}", event.0));
        self.permits.acquire().await?.forget();
        Ok(())
    }

    #[handler("note", priority = -1)]
    fn again(&mut self, event: &Note, cx: &Context<Self>) {
        self.trace
            .add(cx.name(), cx.life(), format!("hears {} again", event.0));
    }

    #[handler("stopped")]
    fn stopped(&mut self, cx: &Context<Self>) {
        self.trace.add(cx.name(), cx.life(), "stopped");
    }
}

async fn s111_a_component_that_leaves_handles_no_more(world: World) {
    let system = world.system().await;
    let permits = Arc::new(Semaphore::new(0));
    let hearer = Hearer {
        trace: world.trace.clone(),
        permits: permits.clone(),
        parent: true,
    };
    let hearer = system.register(hearer).named("top").await.unwrap();
    for number in 1..3 {
        system.on("notes").fire(Note(number)).await;
    }
    world.expect(&["top 1 hears 1"]).await;
    let leaving = hearer.clone();
    let leaving = tokio::spawn(async move { leaving.stop().await });
    world.settle().await;
    permits.add_permits(1);
    leaving.await.unwrap();
    // Its second handler of the first note never ran, nor any of the second.
    world.expect(&["below 1 stopped", "top 1 stopped"]).await;
    let entries = world.reports.take();
    assert!(!entries.is_empty());
    assert!(
        entries
            .iter()
            .all(|entry| entry.text == "dead note: Stopped"),
        "{entries:?}"
    );
}

#[derive(Event, Debug)]
struct Count {
    sender: usize,
    number: u64,
}

const SENDERS: usize = 8;
const EACH: u64 = 1250;

/// Sums over all lives.
#[derive(Default)]
struct Sums {
    handled: AtomicU64,
    last: [AtomicU64; SENDERS],
}

/// Panics at each hundredth event of a sender.
#[component(channel = "counter")]
struct Counter(Arc<Sums>);

#[component]
impl Counter {
    #[handler("count")]
    fn count(&mut self, event: &Count) {
        let before = self.0.last[event.sender].swap(event.number, Ordering::SeqCst);
        assert!(before < event.number, "out of order");
        // Without the hook of panics, which would write each of them.
        if event.number.is_multiple_of(100) {
            std::panic::resume_unwind(Box::new("hundredth"));
        }
        self.0.handled.fetch_add(1, Ordering::SeqCst);
    }
}

/// The ten million are a program of their own, in the benches.
async fn s112_ten_thousand_events_of_which_some_panic(world: World) {
    let options = Options::new().unlimited_restarts();
    let system = world.system_with(options).await;
    let sums = Arc::new(Sums::default());
    let shared = sums.clone();
    let counter = system
        .supervise(move || Counter(shared.clone()))
        .named("counter")
        .on_restart(OnRestart::KeepMailbox);
    let counter = counter.await.unwrap();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        let (system, counter) = (system.clone(), counter.clone());
        senders.spawn(async move {
            for number in 1..=EACH {
                system.to(&counter).fire(Count { sender, number }).await;
            }
        });
    }
    senders.join_all().await;
    let fired = SENDERS as u64 * EACH;
    let panicked = SENDERS as u64 * (EACH / 100);
    world
        .until("all are handled", || {
            sums.handled.load(Ordering::SeqCst) == fired - panicked && system.restarts() == panicked
        })
        .await;
    let mut expected = Vec::new();
    for _ in 0..panicked {
        expected.push("counter crashed in count: panicked: hundredth");
        expected.push("dead count: Crashed");
    }
    world.expect_reports(&expected).await;
    assert_eq!((counter.life(), counter.waiting()), (panicked + 1, 0));
}

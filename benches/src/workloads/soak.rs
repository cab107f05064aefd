//! Many events from eight senders at a component that panics at one in a
//! hundred: what is counted at the end, and what stays in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Instant;

use circuits::event::{DeadLetter, Exception, Reason};
use circuits::prelude::*;
use circuits::{Handle, Options};
use tokio::task::JoinSet;

use crate::harness::{On, be_quiet_about};
use crate::memory::resident;

const SENDERS: u64 = 8;
const STEPS: u64 = 10;
const FAILS_EACH: u64 = 100;
const PANIC: &str = "one in a hundred";

/// After so many pauses a mailbox has given back what it does not need.
const PAUSES: usize = 128;

/// Memory at the end may be so much more than after the first step.
const GROWTH: f64 = 1.05;

/// What the counters of reports begin with. Not 0: the system gives memory that
/// is only zero when it is written first, and that would look like growth.
const NEVER: u8 = 1;

/// The numbers of each sender go up from 1.
#[derive(Event, Debug)]
struct Item {
    sender: u64,
    number: u64,
}

impl Item {
    fn fails(&self) -> bool {
        self.number.is_multiple_of(FAILS_EACH)
    }
}

/// Answered when all that came before it has been handled.
#[derive(Event, Debug)]
#[event(reply = bool)]
struct Settle;

/// What outlives the component that panics, and its watcher.
struct Tally {
    handled: AtomicU64,
    panicked: AtomicU64,
    out_of_order: AtomicU64,
    unexpected: AtomicU64,
    /// The last number of each sender.
    last: Vec<AtomicU64>,
    /// How often each event that panics was reported.
    exceptions: Reports,
    dead_letters: Reports,
}

/// One counter for each event that panics.
struct Reports {
    of_sender: Vec<Vec<AtomicU8>>,
}

impl Reports {
    fn new(each: u64) -> Self {
        let row = || {
            (0..each / FAILS_EACH)
                .map(|_| AtomicU8::new(NEVER))
                .collect()
        };
        Self {
            of_sender: (0..SENDERS).map(|_| row()).collect(),
        }
    }

    /// Counts one report; `false` if it is about an event that does not panic.
    fn add(&self, item: &Item) -> bool {
        let at = item.number / FAILS_EACH;
        let row = self.of_sender.get(item.sender as usize);
        let counter = row.and_then(|row| row.get((at as usize).checked_sub(1)?));
        match counter {
            Some(counter) if item.fails() => {
                counter.fetch_add(1, Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    /// Returns how many events were reported exactly once.
    fn once(&self) -> u64 {
        let all = self.of_sender.iter().flatten();
        let once = all.filter(|counter| counter.load(Ordering::Relaxed) == NEVER + 1);
        once.count() as u64
    }
}

impl Tally {
    fn new(each: u64) -> Self {
        Self {
            handled: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
            out_of_order: AtomicU64::new(0),
            unexpected: AtomicU64::new(0),
            last: (0..SENDERS).map(|_| AtomicU64::new(0)).collect(),
            exceptions: Reports::new(each),
            dead_letters: Reports::new(each),
        }
    }

    fn note_unexpected(&self) {
        self.unexpected.fetch_add(1, Ordering::Relaxed);
    }
}

#[component(channel = "soak")]
struct Sink(Arc<Tally>);

#[component]
impl Sink {
    #[handler("item")]
    fn item(&mut self, item: &Item) {
        let tally = &self.0;
        let before = tally.last[item.sender as usize].swap(item.number, Ordering::Relaxed);
        if before + 1 != item.number {
            tally.out_of_order.fetch_add(1, Ordering::Relaxed);
        }
        if item.fails() {
            tally.panicked.fetch_add(1, Ordering::Relaxed);
            panic!("{PANIC}");
        }
        tally.handled.fetch_add(1, Ordering::Relaxed);
    }

    #[handler("settle")]
    fn settle(&mut self, _event: &Settle) -> bool {
        true
    }
}

#[component(channel = "reports")]
struct Watcher(Arc<Tally>);

#[component]
impl Watcher {
    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        let item = event.event.downcast_ref();
        if !(event.crashed && item.is_some_and(|item| self.0.exceptions.add(item))) {
            self.0.note_unexpected();
        }
    }

    #[handler("dead_letter")]
    fn dead_letter(&mut self, event: &DeadLetter) {
        let item = event.event.downcast_ref();
        let crashed = event.reason == Reason::Crashed;
        if !(crashed && item.is_some_and(|item| self.0.dead_letters.add(item))) {
            self.0.note_unexpected();
        }
    }

    #[handler("settle")]
    fn settle(&mut self, _event: &Settle) -> bool {
        true
    }
}

/// Fires so many events, prints what came of them, and returns whether all that
/// is promised holds. `live_bytes` tells what is allocated right now.
pub(crate) fn run(events: u64, live_bytes: fn() -> u64) -> bool {
    be_quiet_about(PANIC);
    let work = async move {
        let all = events.max(SENDERS * STEPS * FAILS_EACH);
        let each = all / (SENDERS * STEPS);
        let tally = Arc::new(Tally::new(each * STEPS));
        soak(each, &tally, live_bytes).await
    };
    On::TwoThreads.run(work)
}

async fn soak(each: u64, tally: &Arc<Tally>, live_bytes: fn() -> u64) -> bool {
    let without = live_bytes();
    let system = System::with(Options::new().unlimited_restarts());
    let watcher = tally.clone();
    let started = system.supervise(move || Watcher(watcher.clone())).await;
    started.expect("the watcher starts");
    let sink = tally.clone();
    let started = system.supervise(move || Sink(sink.clone())).await;
    started.expect("the sink starts");

    println!("|     events |    handled | panicked | restarts | live bytes | RSS, kB | seconds |");
    println!("|-----------:|-----------:|---------:|---------:|-----------:|--------:|--------:|");
    let start = Instant::now();
    let mut live = Vec::new();
    for step in 0..STEPS {
        send(&system, step * each, each).await;
        // What the sink reports is in the watcher's mailbox before its answer.
        for channel in ["soak", "reports"] {
            rest(&system, channel).await;
        }
        live.push(live_bytes().saturating_sub(without));
        println!(
            "| {:>10} | {:>10} | {:>8} | {:>8} | {:>10} | {:>7} | {:>7.2} |",
            (step + 1) * each * SENDERS,
            tally.handled.load(Ordering::Relaxed),
            tally.panicked.load(Ordering::Relaxed),
            system.restarts(),
            live.last().copied().unwrap_or_default(),
            resident().map_or_else(|| "?".to_owned(), |kb| kb.to_string()),
            start.elapsed().as_secs_f64(),
        );
    }
    println!();
    let holds = judge(each * STEPS * SENDERS, tally, &system, &live);
    system.stop();
    system.join().await.is_ok() && holds
}

/// Lets all senders fire so many events each, which go on from `sent`.
async fn send(system: &System, sent: u64, each: u64) {
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let system = system.handle();
        senders.spawn(async move {
            for number in sent + 1..=sent + each {
                system.on("soak").fire(Item { sender, number }).await;
            }
        });
    }
    senders.join_all().await;
}

/// Waits until a component is done, and then has given back the buffers of
/// busier times: a mailbox does after some pauses.
async fn rest(system: &System, channel: &str) {
    for _ in 0..PAUSES {
        let settled = system.on(channel).call(Settle).await;
        settled.expect("it answers over its restarts");
    }
}

/// Prints what holds and what does not.
fn judge(fired: u64, tally: &Tally, system: &Handle, live: &[u64]) -> bool {
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let (handled, panicked) = (count(&tally.handled), count(&tally.panicked));
    let mut holds = true;
    let mut equal = |what: &str, is: u64, expected: u64| {
        let verdict = if is == expected { "ok" } else { "FAILED" };
        println!("{verdict}: {what}: {is}, expected {expected}");
        holds &= is == expected;
    };
    equal("panicked, one in a hundred", panicked, fired / FAILS_EACH);
    equal("handled = fired - panicked", handled, fired - panicked);
    equal("restarts = panicked", system.restarts(), panicked);
    equal("out of order", count(&tally.out_of_order), 0);
    let exceptions = tally.exceptions.once();
    equal("reported once as an exception", exceptions, panicked);
    let dead = tally.dead_letters.once();
    equal("reported once as a dead letter", dead, panicked);
    equal("counted exceptions", system.exceptions(), panicked);
    equal("counted dead letters", system.dead_letters(), panicked);
    equal("other reports", count(&tally.unexpected), 0);
    let (Some(first), Some(last)) = (live.first(), live.last()) else {
        return false;
    };
    let flat = *last as f64 <= *first as f64 * GROWTH;
    let verdict = if flat { "ok" } else { "FAILED" };
    println!("{verdict}: live bytes at the end: {last}, after the first tenth {first}");
    holds && flat
}

//! What a call waits for its answer while a sibling of the callee is at rest,
//! and while that sibling fails as fast as it can.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use circuits::Options;
use circuits::prelude::*;

use crate::harness::{On, be_quiet_about, median};
use crate::peers::{Double, Sink, add_to};

/// Calls in each half of a round.
const CALLS: u64 = 20_000;
const PANIC: &str = "it fails as fast as it can";

#[derive(Event)]
struct Fail;

/// Fails in each life, as long as it shall.
#[component(channel = "failing")]
struct Failing(Arc<AtomicBool>);

#[component]
impl Failing {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.to(&cx.address()).fire(Fail);
    }

    #[handler("fail")]
    fn fail(&mut self, _event: &Fail) {
        if self.0.load(Ordering::Relaxed) {
            panic!("{PANIC}");
        }
    }
}

/// The latencies of one half of a round.
#[derive(Clone, Copy)]
struct Latency {
    middle: f64,
    p99: f64,
}

/// A round: at rest, then in the storm.
struct Round {
    quiet: Latency,
    storm: Latency,
    failures_each_call: f64,
}

/// Returns what one panic costs that is caught right away, in microseconds: on a
/// single thread a call that meets a failure waits at least that long.
fn panic_alone() -> f64 {
    const PANICS: u32 = 10_000;
    let start = Instant::now();
    for _ in 0..PANICS {
        let caught = std::panic::catch_unwind(|| panic!("{PANIC}"));
        assert!(caught.is_err());
    }
    start.elapsed().as_nanos() as f64 / 1000.0 / f64::from(PANICS)
}

/// Measures so many rounds on each runtime, and prints the table.
pub(crate) fn run(rounds: usize) {
    be_quiet_about(PANIC);
    println!("Medians of {rounds} rounds of {CALLS} calls; times in microseconds.");
    println!();
    println!(
        "| {:<16} | quiet p50 | storm p50 | quiet p99 | storm p99 | p99 ratio | failures a call |",
        "runtime"
    );
    println!(
        "|{:-<18}|----------:|----------:|----------:|----------:|----------:|----------------:|",
        ""
    );
    for on in On::BOTH {
        let rounds = on.run(measure(rounds));
        let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
        println!(
            "| {:<16} | {:>9.1} | {:>9.1} | {:>9.1} | {:>9.1} | {:>9.2} | {:>15.2} |",
            on.label(),
            of(&|it| it.quiet.middle),
            of(&|it| it.storm.middle),
            of(&|it| it.quiet.p99),
            of(&|it| it.storm.p99),
            of(&|it| it.storm.p99 / it.quiet.p99),
            of(&|it| it.failures_each_call),
        );
    }
    let alone = median((0..rounds).map(|_| panic_alone()).collect());
    println!();
    println!("A panic that is caught right away takes {alone:.1} microseconds.");
}

async fn measure(rounds: usize) -> Vec<Round> {
    let system = System::with(Options::new().unlimited_restarts());
    let sibling = add_to(&system).await;
    let storms = Arc::new(AtomicBool::new(false));
    let shared = storms.clone();
    let failing = system.supervise(move || Failing(shared.clone())).await;
    let failing = failing.expect("it starts before it fails");
    let mut measured = Vec::new();
    // The first round only warms up.
    for _ in 0..=rounds {
        let quiet = call(&system, &sibling).await;
        let before = failing.life();
        storms.store(true, Ordering::Relaxed);
        system.to(&failing).fire(Fail).await;
        while failing.life() < before + 100 {
            tokio::task::yield_now().await;
        }
        let begun = failing.life();
        let storm = call(&system, &sibling).await;
        let failures = failing.life() - begun;
        storms.store(false, Ordering::Relaxed);
        measured.push(Round {
            quiet,
            storm,
            failures_each_call: failures as f64 / CALLS as f64,
        });
        // What is under way comes to its end.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }
    measured.split_off(1)
}

/// Calls one after the other, and returns how long they waited.
async fn call(system: &System, sibling: &Address<Sink>) -> Latency {
    let mut waited = Vec::with_capacity(CALLS as usize);
    for number in 0..CALLS {
        let start = Instant::now();
        let answer = system.to(sibling).call(Double { number }).await;
        waited.push(start.elapsed().as_nanos() as f64 / 1000.0);
        assert_eq!(answer.expect("the sibling answers"), number * 2);
    }
    waited.sort_by(f64::total_cmp);
    let at = |share: f64| waited[(waited.len() as f64 * share) as usize];
    Latency {
        middle: at(0.5),
        p99: at(0.99),
    }
}

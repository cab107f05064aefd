//! Very many idle components in one system: what each costs, and whether the last
//! costs as much as the first.

use std::time::Instant;

use circuits::prelude::*;

use crate::harness::On;
use crate::memory::resident;

const STEPS: u64 = 10;

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Double {
    number: u64,
}

/// The smallest that can do something: it has one handler. Each further one adds an
/// entry to the table that routes its events.
#[component(channel = "sleeper")]
#[derive(Default)]
struct Sleeper;

#[component]
impl Sleeper {
    #[handler("double")]
    fn double(&mut self, event: &Double) -> u64 {
        event.number * 2
    }
}

/// Starts so many components in ten steps, asks some whether they are there, ends them
/// all, and prints each step. `live_bytes` tells what is allocated right now.
pub(crate) fn run(components: u64, live_bytes: fn() -> u64) {
    On::TwoThreads.run(populate(components.max(STEPS), live_bytes));
}

async fn populate(components: u64, live_bytes: fn() -> u64) {
    let each = components / STEPS;
    // Room for the addresses is not part of what a component costs.
    let mut sleepers: Vec<Address<Sleeper>> = Vec::with_capacity((each * STEPS) as usize);
    let system = System::new();
    let (before, resident_before) = (live_bytes(), resident());
    println!("| components | ns to start one | bytes each, allocated | bytes each, resident |");
    println!("|-----------:|----------------:|----------------------:|---------------------:|");
    for step in 1..=STEPS {
        let start = Instant::now();
        for _ in 0..each {
            let started = system.supervise(Sleeper::default).await;
            sleepers.push(started.expect("the component starts"));
        }
        let time = start.elapsed().as_nanos() as f64 / each as f64;
        let count = (step * each) as f64;
        let live = live_bytes().saturating_sub(before) as f64 / count;
        let resident = resident_before.zip(resident()).map_or_else(
            || "?".to_owned(),
            |(then, now)| format!("{:.0}", now.saturating_sub(then) as f64 * 1024.0 / count),
        );
        println!("| {count:>10} | {time:>15.0} | {live:>21.0} | {resident:>20} |");
    }
    println!();
    let start = Instant::now();
    let mut answers = 0;
    for (number, sleeper) in (0..).zip(&sleepers).step_by(1_000) {
        let answer = system.to(sleeper).call(Double { number }).await;
        assert_eq!(answer.expect("it is there"), number * 2);
        answers += 1;
    }
    let time = start.elapsed().as_nanos() as f64 / f64::from(answers);
    println!("One in a thousand is called, {time:.0} ns each: the first event of its life.");
    let start = Instant::now();
    system.stop();
    system.join().await.expect("the system ends in order");
    let time = start.elapsed();
    assert!(sleepers.iter().all(Address::is_gone), "all have ended");
    let one = time.as_nanos() as f64 / sleepers.len() as f64;
    println!("All end in {:.2} s, {one:.0} ns each.", time.as_secs_f64());
}

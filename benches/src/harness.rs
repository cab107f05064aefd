//! Rounds, medians and the table.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// The runtime that both sides of a case run on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    CurrentThread,
    TwoThreads,
}

impl On {
    pub(crate) const BOTH: [Self; 2] = [Self::TwoThreads, Self::CurrentThread];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::TwoThreads => "multi_thread(2)",
        }
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::TwoThreads => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(2);
                builder
            }
        };
        builder
            .enable_all()
            .build()
            .expect("a runtime can be built")
    }

    /// Runs work as a task, since `block_on` itself is no worker of the runtime.
    pub(crate) fn run<F>(self, work: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.runtime();
        let task = runtime.spawn(work);
        runtime
            .block_on(task)
            .expect("a measured task does not panic")
    }
}

/// One workload, done by both sides.
pub(crate) struct Case {
    pub(crate) name: String,
    /// How many events, calls or broadcasts one run makes.
    count: u64,
    by_hand: Box<dyn Fn() -> Duration>,
    ours: Box<dyn Fn() -> Duration>,
}

impl Case {
    /// Each side gets the count, does its work and returns the time it took.
    pub(crate) fn new<H, O>(
        name: &str,
        on: On,
        count: u64,
        by_hand: impl Fn(u64) -> H + 'static,
        ours: impl Fn(u64) -> O + 'static,
    ) -> Self
    where
        H: Future<Output = Duration> + Send + 'static,
        O: Future<Output = Duration> + Send + 'static,
    {
        Self {
            name: format!("{name}, {}", on.label()),
            count,
            by_hand: Box::new(move || on.run(by_hand(count))),
            ours: Box::new(move || on.run(ours(count))),
        }
    }

    fn nanoseconds(&self, run: &dyn Fn() -> Duration) -> f64 {
        run().as_nanos() as f64 / self.count as f64
    }
}

/// Runs a piece of work and returns the time it took.
pub(crate) async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

#[derive(Default)]
struct Samples {
    by_hand: Vec<f64>,
    ours: Vec<f64>,
}

/// Measures all cases, round by round, and prints the table.
pub(crate) fn report(cases: &[Case], rounds: usize) {
    let mut samples: Vec<Samples> = Vec::new();
    samples.resize_with(cases.len(), Samples::default);
    for round in 0..rounds {
        for (case, samples) in cases.iter().zip(&mut samples) {
            // Whoever comes second finds a warmer machine, so they take turns.
            if round % 2 == 0 {
                samples.by_hand.push(case.nanoseconds(&case.by_hand));
                samples.ours.push(case.nanoseconds(&case.ours));
            } else {
                samples.ours.push(case.nanoseconds(&case.ours));
                samples.by_hand.push(case.nanoseconds(&case.by_hand));
            }
        }
    }
    println!("Medians of {rounds} rounds. Throughput above 1: ours does more in the same time.");
    println!();
    println!(
        "| {:<44} | by hand, ns | ours, ns | throughput | time |",
        "workload"
    );
    println!("|{:-<46}|------------:|---------:|-----------:|-----:|", "");
    for (case, samples) in cases.iter().zip(samples) {
        // Neighbors in time are compared, so that a busy minute weighs on both.
        let pairs = samples.ours.iter().zip(&samples.by_hand);
        let time = median(pairs.map(|(ours, by_hand)| ours / by_hand).collect());
        println!(
            "| {:<44} | {:>11.0} | {:>8.0} | {:>10.2} | {:>4.2} |",
            case.name,
            median(samples.by_hand),
            median(samples.ours),
            1.0 / time,
            time,
        );
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Keeps the panics that are meant to happen off the terminal.
pub(crate) fn be_quiet_about(text: &'static str) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(text) {
            usual(info);
        }
    }));
}

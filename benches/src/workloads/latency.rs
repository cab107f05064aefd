//! How long a call waits for its answer while the callee is busy for 70 % of the
//! time, beside the same by hand.
//!
//! ```text
//! pacer (a thread of its own)          runtime (one thread)
//!   at each planned arrival  ─ spawn ─►  a task calls ─► the actor works 5 µs ─► answer
//!   └──────────────── latency: from the plan to the answer ──────────────────────┘
//! ```
//!
//! Arrivals are planned before the run, at random as those of independent callers, and
//! the same for both sides. Nobody waits for an answer before the next call is made,
//! and time counts from the plan, even where the pacer or the runtime is late: so a
//! pause is felt by all that would have called in it (no coordinated omission).

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use circuits::prelude::*;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::harness::median;
use crate::peers::CAPACITY;

const CALLS: usize = 20_000;
const WORK: Duration = Duration::from_micros(5);
/// How long a run may take: a call that fails is never written down.
const LIMIT: Duration = Duration::from_secs(60);
const LOAD: f64 = 0.7;
const SHARES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];

/// The same work for both sides; time, not a count, so that it is the same on any
/// machine.
fn work(number: u64) -> u64 {
    let start = Instant::now();
    while start.elapsed() < WORK {
        std::hint::spin_loop();
    }
    number * 2
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Work {
    number: u64,
}

#[component(channel = "worker")]
#[derive(Default)]
struct Worker;

#[component]
impl Worker {
    #[handler("work")]
    fn work(&mut self, event: &Work) -> u64 {
        work(event.number)
    }
}

/// Who answers, and how to ask it.
trait Callee: Clone + Send + Sync + 'static {
    fn start() -> impl Future<Output = Self> + Send;

    fn call(&self, number: u64) -> impl Future<Output = u64> + Send;
}

#[derive(Clone)]
struct Ours(System);

impl Callee for Ours {
    async fn start() -> Self {
        let system = System::new();
        let started = system.supervise(Worker::default).await;
        started.expect("the component starts");
        Self(system)
    }

    async fn call(&self, number: u64) -> u64 {
        let answer = self.0.on("worker").call(Work { number }).await;
        answer.expect("the component answers")
    }
}

type Message = (u64, oneshot::Sender<u64>);

#[derive(Clone)]
struct ByHand(mpsc::Sender<Message>);

impl Callee for ByHand {
    async fn start() -> Self {
        let (sender, mut mailbox) = mpsc::channel::<Message>(CAPACITY);
        tokio::spawn(async move {
            while let Some((number, reply)) = mailbox.recv().await {
                let _ = reply.send(work(number));
            }
        });
        Self(sender)
    }

    async fn call(&self, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let sent = self.0.send((number, reply)).await;
        assert!(sent.is_ok(), "the actor is there");
        answer.await.expect("the actor answers")
    }
}

/// What the calls of one run write down; they wait for nothing in doing so.
struct Record {
    /// The nanoseconds of each call.
    waited: Vec<AtomicU64>,
    left: AtomicUsize,
    done: Notify,
}

impl Record {
    fn new(calls: usize) -> Self {
        Self {
            waited: (0..calls).map(|_| AtomicU64::new(0)).collect(),
            left: AtomicUsize::new(calls),
            done: Notify::new(),
        }
    }

    fn add(&self, call: usize, waited: Duration) {
        self.waited[call].store(waited.as_nanos() as u64, Ordering::Relaxed);
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }

    /// Returns the latencies in microseconds, sorted.
    fn sorted(&self) -> Vec<f64> {
        let nanoseconds = self.waited.iter().map(|it| it.load(Ordering::Relaxed));
        let mut sorted: Vec<f64> = nanoseconds.map(|it| it as f64 / 1_000.0).collect();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

/// Calls at the planned times, and returns the latencies.
fn run<C: Callee>(plan: &[Duration]) -> Vec<f64> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let callee = runtime.block_on(async { tokio::spawn(C::start()).await });
    let callee = callee.expect("the callee starts");
    let record = Arc::new(Record::new(plan.len()));
    std::thread::scope(|scope| {
        scope.spawn(|| pace(runtime.handle(), &callee, plan, &record));
        let done = async { timeout(LIMIT, record.done.notified()).await };
        runtime.block_on(done).expect("all calls are answered");
    });
    record.sorted()
}

fn pace<C: Callee>(runtime: &Handle, callee: &C, plan: &[Duration], record: &Arc<Record>) {
    let begin = Instant::now();
    for (call, planned) in plan.iter().enumerate() {
        while begin.elapsed() < *planned {
            std::hint::spin_loop();
        }
        let (callee, record) = (callee.clone(), record.clone());
        let planned = begin + *planned;
        runtime.spawn(async move {
            let number = call as u64;
            assert_eq!(callee.call(number).await, number * 2);
            record.add(call, planned.elapsed());
        });
    }
}

/// Returns how many calls a second there are when all arrive at once.
fn capacity<C: Callee>() -> f64 {
    let latencies = run::<C>(&vec![Duration::ZERO; CALLS]);
    let all = latencies.last().copied().unwrap_or(f64::NAN);
    CALLS as f64 / all * 1_000_000.0
}

/// Plans arrivals that are independent of each other: exponential gaps.
fn plan(rate: f64, seed: u64) -> Vec<Duration> {
    let mut state = seed;
    let mut time = 0.0;
    let mut next = || {
        // SplitMix64: small, and the same each time.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let random = ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64;
        time -= (1.0 - random).ln() / rate;
        Duration::from_secs_f64(time)
    };
    (0..CALLS).map(|_| next()).collect()
}

/// Measures so many rounds, and prints the table.
pub(crate) fn measure(rounds: usize) {
    // The worst of some, since a load of more than all would measure nothing but itself.
    let capacities = (0..3).map(|_| capacity::<Ours>().min(capacity::<ByHand>()));
    let capacity = capacities.fold(f64::INFINITY, f64::min);
    let rate = capacity * LOAD;
    println!(
        "{rate:.0} calls a second, {:.0} % of what the slower side can do; {rounds} rounds of {CALLS} calls.",
        LOAD * 100.0
    );
    println!("Medians of the rounds, in microseconds from the planned arrival to the answer.");
    println!();
    println!("| share | by hand |    ours | ratio |");
    println!("|------:|--------:|--------:|------:|");
    let mut sides = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let plan = plan(rate, round as u64);
        // Whoever comes second finds a warmer machine, so they take turns.
        if round % 2 == 0 {
            sides.0.push(run::<ByHand>(&plan));
            sides.1.push(run::<Ours>(&plan));
        } else {
            sides.1.push(run::<Ours>(&plan));
            sides.0.push(run::<ByHand>(&plan));
        }
    }
    for (name, share) in SHARES {
        let of = |rounds: &[Vec<f64>]| {
            let at = (CALLS as f64 * share) as usize;
            median(rounds.iter().map(|latencies| latencies[at]).collect())
        };
        let (by_hand, ours) = (of(&sides.0), of(&sides.1));
        println!(
            "| {name:>5} | {by_hand:>7.1} | {ours:>7.1} | {:>5.2} |",
            ours / by_hand
        );
    }
}

//! Workloads that are counted, not timed: how many instructions and allocations
//! one more operation costs.
//!
//! ```text
//! run(n), run(2 n) ─► under valgrind ─► (second - first) / n
//! ```
//!
//! The difference leaves out the start of the process, the runtime and the
//! system, so that what is left belongs to the operations alone. Everything runs
//! on the current-thread runtime, where the same program takes the same way
//! each time.

mod by_hand;
mod ours;

use std::future::Future;

use tokio::runtime::Builder;

/// One operation, done by hand and by us.
pub struct Workload {
    /// What it is called.
    pub name: &'static str,
    /// How many operations the shorter of the two runs makes.
    pub operations: u64,
    run: fn(u64),
}

/// How the name of a baseline ends.
const BY_HAND: &str = ", by hand";

impl Workload {
    const fn new(name: &'static str, operations: u64, run: fn(u64)) -> Self {
        Self {
            name,
            operations,
            run,
        }
    }

    /// Whether it is written by hand.
    pub fn is_baseline(&self) -> bool {
        self.name.ends_with(BY_HAND)
    }

    /// Makes so many operations.
    pub fn run(&self, operations: u64) {
        (self.run)(operations);
    }
}

/// Everything that is counted; one whose name ends in `, by hand` is the baseline of
/// those before it.
pub const WORKLOADS: &[Workload] = &[
    Workload::new("tell by channel", 20_000, |n| {
        block_on(ours::tell_by_channel(n))
    }),
    Workload::new("tell by address", 20_000, |n| {
        block_on(ours::tell_by_address(n))
    }),
    Workload::new("tell an async handler by channel", 20_000, |n| {
        block_on(ours::tell_async(n));
    }),
    Workload::new("tell from a handler by channel", 20_000, |n| {
        block_on(ours::tell_from_a_handler(n));
    }),
    Workload::new("tell a reader by channel", 20_000, |n| {
        block_on(ours::tell_a_reader(n))
    }),
    Workload::new("tell, by hand", 20_000, |n| block_on(by_hand::tell(n))),
    Workload::new("call by channel", 10_000, |n| {
        block_on(ours::call_by_channel(n))
    }),
    Workload::new("call by address", 10_000, |n| {
        block_on(ours::call_by_address(n))
    }),
    Workload::new("call from a handler by channel", 10_000, |n| {
        block_on(ours::call_from_a_handler(n));
    }),
    Workload::new("call, by hand", 10_000, |n| block_on(by_hand::call(n))),
    Workload::new("ping-pong by address", 10_000, |n| {
        block_on(ours::ping_pong(n))
    }),
    Workload::new("ping-pong, by hand", 10_000, |n| {
        block_on(by_hand::ping_pong(n))
    }),
    Workload::new("delivery, 10 receivers", 50_000, |n| {
        block_on(ours::deliver(10, n))
    }),
    Workload::new("delivery, 10 receivers, by hand", 50_000, |n| {
        block_on(by_hand::deliver(10, n));
    }),
    Workload::new("delivery, 1,000 receivers", 100_000, |n| {
        block_on(ours::deliver(1_000, n))
    }),
    Workload::new("delivery, 1,000 receivers, by hand", 100_000, |n| {
        block_on(by_hand::deliver(1_000, n));
    }),
    Workload::new("start and stop", 2_000, |n| {
        block_on(ours::start_and_stop(n))
    }),
    Workload::new("start and stop, by hand", 2_000, |n| {
        block_on(by_hand::start_and_stop(n))
    }),
];

/// A size that nobody would copy for each receiver.
pub(crate) const PAYLOAD: usize = 256;

fn block_on(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime can be built");
    let task = runtime.spawn(work);
    runtime
        .block_on(task)
        .expect("a counted task does not panic");
}

//! Measures components beside the same actors hand-written on tokio channels.
//!
//! ```text
//! for each round: for each case: by hand, ours   (the order alternates)
//! ```
//!
//! Both sides of a case do the same work on runtimes of their own, one after
//! the other, and check their results. Absolute times change with the machine
//! and its other guests; a ratio of two neighbors in one run hardly does.

mod actor;
mod component;
pub mod counts;
mod harness;
mod workloads;

use crate::harness::{Case, report};
use crate::workloads::{broadcast, call, flight, senders, soak, storm, tell};

/// Runs all cases whose names contain `filter`, and prints the table.
pub fn compare(rounds: usize, filter: &str) {
    let mut cases: Vec<Case> = Vec::new();
    cases.extend(tell::cases());
    cases.extend(call::cases());
    cases.extend(flight::cases());
    cases.extend(broadcast::cases());
    cases.extend(senders::cases());
    cases.retain(|case| case.name.contains(filter));
    report(&cases, rounds);
}

/// Fires so many events, of which one in a hundred panics, and checks what comes
/// of them; `live_bytes` tells what is allocated. Returns whether all holds.
pub fn soak(events: u64, live_bytes: fn() -> u64) -> bool {
    soak::run(events, live_bytes)
}

/// Prints how much longer a call waits while a sibling of the callee fails as
/// fast as it can; medians of so many rounds.
pub fn storm(rounds: usize) {
    storm::run(rounds);
}

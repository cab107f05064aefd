//! Fires many events, of which one in a hundred panics, and checks that nothing
//! is lost and that memory stays flat; ends with 1 where something does not hold.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin soak [events]
//! ```

use std::alloc::System;
use std::process::ExitCode;

use circuits_benches::live_bytes;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let events = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 10_000_000,
        Some(Ok(events)) => events,
        Some(Err(_)) => {
            eprintln!("usage: soak [events]");
            return ExitCode::from(2);
        }
    };
    if circuits_benches::soak(events, || live_bytes(ALLOCATOR)) {
        ExitCode::SUCCESS
    } else {
        eprintln!("FAILED: something above does not hold");
        ExitCode::FAILURE
    }
}

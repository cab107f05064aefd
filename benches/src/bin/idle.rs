//! Starts a million supervised components that have nothing to do, and prints what
//! a hundred thousand more take, in time and in memory.
//!
//! ```text
//! $ cargo run --release -p circuits-benches --bin idle [components]
//! ```

use std::alloc::System;
use std::process::ExitCode;

use circuits_benches::live_bytes;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let components = match std::env::args().nth(1).map(|text| text.parse()) {
        None => 1_000_000,
        Some(Ok(components)) => components,
        Some(Err(_)) => {
            eprintln!("usage: idle [components]");
            return ExitCode::from(2);
        }
    };
    circuits_benches::idle(components, || live_bytes(ALLOCATOR));
    ExitCode::SUCCESS
}

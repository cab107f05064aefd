//! Measures components beside the same actors hand-written on tokio channels, and
//! on the actor libraries of the field.
//!
//! All sides of a case do the same work on runtimes of their own, one after the
//! other, and check their results. Absolute times change with the machine and its
//! other guests; a ratio of two neighbors in one run hardly does.

mod case;
mod chart;
pub mod counts;
mod harness;
mod memory;
mod peers;
mod sockets;
mod table;
mod workloads;

use std::io;
use std::path::{Path, PathBuf};

pub use crate::memory::live_bytes;
pub use crate::sockets::sockets;

use crate::case::{Case, Row, Theme, measure};
use crate::harness::On;
use crate::workloads::{
    call, fan_out, flood, idle, in_flight, latency, overlap, population, restart, ring,
    round_robin, senders, skynet, soak, stages, storm, tell,
};

/// What to compare, and how long.
pub struct Comparison {
    /// Only cases whose names contain this.
    pub filter: String,
    /// How often each case is measured; what takes long, three times at most.
    pub rounds: usize,
    /// How many actors are started that have nothing to do.
    pub idle: u64,
    /// How many leaves the tree of actors has; rounded down to a power of ten.
    pub leaves: u64,
    /// Where table and charts are written as well, if anywhere.
    pub into: Option<PathBuf>,
}

impl Default for Comparison {
    fn default() -> Self {
        Self {
            filter: String::new(),
            rounds: 9,
            idle: 200_000,
            leaves: 1_000_000,
            into: None,
        }
    }
}

impl Comparison {
    /// Measures, prints the tables, and writes them and the charts.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn run(&self) -> io::Result<()> {
        let mut cases: Vec<Case> = On::BOTH.into_iter().flat_map(|on| self.cases(on)).collect();
        cases.retain(|case| case.label().contains(&self.filter));
        let rows = measure(&cases, self.rounds);
        let tables = table::markdown(&rows);
        println!(
            "Medians of {} rounds, and the ratio to what is written by hand.",
            self.rounds
        );
        println!("\n{tables}");
        match &self.into {
            Some(folder) => write(folder, &tables, &rows),
            None => Ok(()),
        }
    }

    fn cases(&self, on: On) -> Vec<Case> {
        let cases = [
            tell::cases(on),
            senders::cases(on),
            round_robin::cases(on),
            flood::cases(on),
            call::cases(on),
            in_flight::cases(on),
            overlap::cases(on),
            ring::cases(on),
            fan_out::cases(on),
            stages::cases(on),
            idle::cases(on, self.idle),
            restart::cases(on),
            skynet::cases(on, self.leaves),
        ];
        cases.into_iter().flatten().collect()
    }
}

fn write(folder: &Path, tables: &str, rows: &[Row]) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("performance-tables.md"), tables)?;
    for on in On::BOTH {
        for theme in Theme::ALL {
            if let Some(chart) = chart::svg(rows, theme, on) {
                let name = format!("performance-{}-{}.svg", theme.slug(), on.slug());
                std::fs::write(folder.join(name), chart)?;
            }
        }
    }
    Ok(())
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

/// Prints what so many idle components cost, in ten steps; `live_bytes` tells what is
/// allocated.
pub fn idle(components: u64, live_bytes: fn() -> u64) {
    population::run(components, live_bytes);
}

/// Prints how long calls wait at 70 % load, ours and by hand; medians of so many rounds.
pub fn latency(rounds: usize) {
    latency::measure(rounds);
}

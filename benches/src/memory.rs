//! How much memory the process uses.

use std::alloc::System;

use stats_alloc::StatsAlloc;

/// Returns how many bytes are allocated right now.
pub fn live_bytes(allocator: &StatsAlloc<System>) -> u64 {
    let stats = allocator.stats();
    let live = stats
        .bytes_allocated
        .saturating_sub(stats.bytes_deallocated);
    live as u64
}

/// Returns how many kilobytes the process holds, where the system tells.
pub(crate) fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

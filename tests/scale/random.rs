//! Random numbers that can be had again, and how many of them a build can take.

use std::sync::Once;

/// What panics on purpose says so, and is not printed.
pub(crate) const ON_PURPOSE: &str = "on purpose";

/// A small generator (splitmix64): the same seed gives the same numbers.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Starts from `SEED`, or from this seed where that is not set.
    pub(crate) fn new(seed: u64) -> Self {
        static QUIET: Once = Once::new();
        QUIET.call_once(be_quiet_on_purpose);
        let given = std::env::var("SEED").ok().and_then(|it| it.parse().ok());
        let seed = given.unwrap_or(seed);
        println!("SEED={seed}");
        Self(seed)
    }

    /// Splits off a generator with numbers of its own.
    pub(crate) fn split(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Draws a number below a limit.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Draws `true` so many times in a hundred.
    pub(crate) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}

/// A release build does all of it, a debug build as much as takes seconds.
pub(crate) const fn scaled(release: usize, debug: usize) -> usize {
    if cfg!(debug_assertions) {
        debug
    } else {
        release
    }
}

fn be_quiet_on_purpose() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(ON_PURPOSE) {
            usual(info);
        }
    }));
}

//! Other blocks and other items stand beside the handlers.

use circuits::prelude::*;

#[component]
#[derive(Clone, Debug, PartialEq)]
struct Counter {
    count: u32,
}

impl Counter {
    const START: u32 = 5;

    fn new() -> Self {
        Self { count: Self::START }
    }
}

#[component]
impl Counter {
    const STEP: u32 = 2;

    #[handler("step")]
    #[allow(dead_code)]
    fn step(&mut self) {
        self.add::<u32>(Self::STEP);
    }

    fn add<T: Into<u32>>(&mut self, step: T) {
        self.count += step.into();
    }

    #[cfg(any())]
    fn left_out(&self) {}
}

impl Default for Counter {
    fn default() -> Self {
        Self::new()
    }
}

fn main() {
    let mut counter = Counter::default();
    counter.step();
    assert_eq!(counter, Counter { count: 7 });
}

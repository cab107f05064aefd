//! A component need not be Sync while all its handlers take &mut self.

use std::cell::Cell;

use circuits::prelude::*;

#[component]
struct Counter {
    count: Cell<u32>,
}

#[component]
impl Counter {
    #[handler("step")]
    async fn step(&mut self) {
        std::future::ready(()).await;
        self.count.set(self.count.get() + 1);
    }
}

fn main() {}

//! A component with &self handlers can be shared.

use std::cell::Cell;

use circuits::prelude::*;

#[component]
struct Greeter {
    count: Cell<u32>,
}

#[component]
impl Greeter {
    #[handler("hello")]
    async fn hello(&self) {
        self.count.set(1);
    }
}

fn main() {}

//! Handlers stand in an impl block with #[component].

use circuits::prelude::*;

struct Greeter;

impl Greeter {
    #[handler("hello")]
    fn hello(&mut self) {}
}

fn main() {
    Greeter.hello();
}

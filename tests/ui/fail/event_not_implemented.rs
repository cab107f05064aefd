//! A handler takes an event.

use circuits::prelude::*;

struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {}
}

fn main() {}

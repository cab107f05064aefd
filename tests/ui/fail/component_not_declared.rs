//! The struct of a component has #[component] as well.

use circuits::prelude::*;

#[derive(Event)]
struct Hello;

struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {}
}

fn main() {}

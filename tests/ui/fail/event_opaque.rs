//! A handler names the type of its event.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &impl Event) {}

    #[handler("bye")]
    fn bye(&mut self, _event: &dyn std::fmt::Debug) {}
}

fn main() {}

//! Who hears every event takes it as AnyEvent.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("*")]
    fn all(&mut self) {}

    #[handler("*", channel = "other")]
    fn hello(&mut self, _event: &Hello) {}

    #[handler("*", "hello", channel = "third")]
    fn more(&mut self, _event: &AnyEvent) {}
}

fn main() {}

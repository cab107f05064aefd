//! A name is listed once.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("a", "b", "a")]
    fn letters(&mut self) {}
}

fn main() {}

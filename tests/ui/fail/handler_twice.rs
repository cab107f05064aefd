//! A method has one handler attribute.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("a")]
    #[handler("b")]
    fn letters(&mut self) {}
}

fn main() {}

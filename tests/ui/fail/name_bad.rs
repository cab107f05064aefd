//! A name has 1 to 255 bytes and no whitespace.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("")]
    fn nothing(&mut self) {}

    #[handler("two words")]
    fn words(&mut self) {}
}

fn main() {}

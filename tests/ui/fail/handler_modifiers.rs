//! A handler is a plain or async function.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("a")]
    const fn a(&mut self) {}

    #[handler("c")]
    extern "C" fn c(&mut self) {}
}

fn main() {}

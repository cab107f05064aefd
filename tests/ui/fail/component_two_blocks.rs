//! A component has one block of handlers.

use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self) {}
}

#[component]
impl Greeter {
    #[handler("bye")]
    fn bye(&mut self) {}
}

fn main() {}

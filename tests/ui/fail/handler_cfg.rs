//! A handler does not depend on cfg.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[cfg(all())]
    #[handler("a")]
    fn a(&mut self) {}

    #[cfg_attr(all(), handler("b"))]
    fn b(&mut self) {}
}

fn main() {}

//! A handler with a channel of its own overrides nothing, so there is nothing to add to.

use circuits::prelude::*;

#[derive(Event)]
struct Bye;

#[component]
struct Polite;

#[component]
impl Polite {
    #[handler("bye", channel = "door", also)]
    fn bye(&mut self, _event: &Bye) {}
}

fn main() {}

//! Events of two types may share a name, as those of a generic type do.

use circuits::prelude::*;

#[derive(Event)]
struct Received<T>(T);

#[derive(Event)]
#[event(name = "received")]
struct Nothing;

#[component]
struct Receiver;

#[component]
impl Receiver {
    #[handler("received")]
    fn number(&mut self, event: &Received<u32>) {
        let _ = event.0;
    }

    #[handler("received")]
    fn text(&mut self, event: &Received<String>) {
        let _ = &event.0;
    }

    #[handler("received")]
    fn nothing(&mut self, _event: &Nothing) {}
}

fn main() {}

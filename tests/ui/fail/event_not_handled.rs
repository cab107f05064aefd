//! An event is sent only to a component that handles it, and only events are.

use circuits::prelude::*;

#[derive(Event)]
struct Hello;

#[derive(Event)]
struct Other;

#[derive(Event)]
struct Bye;

struct Plain;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {}

    #[handler("other")]
    fn other(&mut self, _event: &Other) {}
}

async fn send(system: &System, greeter: &Address<Greeter>) {
    let _ = system.to(greeter).fire(Bye);
    let _ = system.fire(Plain);
}

fn main() {}

//! One sends to the address of a component, not to its id or its value.

use circuits::ComponentId;
use circuits::prelude::*;

#[derive(Event)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {}
}

fn greet(system: &System, id: ComponentId) {
    system.to(&id).fire(Hello);
    system.to(&Greeter).fire(Hello);
}

fn main() {}

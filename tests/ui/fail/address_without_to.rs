//! An address has no verbs: whoever sends says so with `to`.

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

fn greet(greeter: Address<Greeter>) {
    greeter.fire(Hello);
}

fn main() {}

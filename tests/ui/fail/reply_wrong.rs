//! A handler returns the reply of its event.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> u32 {
        1
    }
}

fn main() {}

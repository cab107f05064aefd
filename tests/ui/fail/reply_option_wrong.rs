//! An option holds the reply of the event.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> Option<u32> {
        Some(1)
    }
}

fn main() {}

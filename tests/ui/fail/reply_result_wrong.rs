//! A result holds the reply of the event.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> Result<u32, Error> {
        Ok(1)
    }
}

fn main() {}

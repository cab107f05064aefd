//! The error of a handler becomes a circuits::Error.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> Result<String, u32> {
        Err(1)
    }
}

fn main() {}

//! A handler without an event parameter has no reply.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self) -> String {
        String::new()
    }

    #[handler("bye")]
    fn bye(&mut self, _event: &AnyEvent) -> Result<String, Error> {
        Ok(String::new())
    }
}

fn main() {}

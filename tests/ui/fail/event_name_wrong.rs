//! The name of a handler and the name of its event must agree.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("helo")]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

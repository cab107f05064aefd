//! Only an async handler can time out.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", timeout = "5s")]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

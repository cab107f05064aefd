//! A handler has four keys.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", chanel = "web", name = "x")]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

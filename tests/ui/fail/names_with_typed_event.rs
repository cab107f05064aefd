//! A type of event has one name.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", "hi")]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

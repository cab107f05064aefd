//! A key is given once.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", priority = 1, priority = 2)]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

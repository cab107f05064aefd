//! A handler is a method.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(_event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

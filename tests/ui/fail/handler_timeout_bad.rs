//! A timeout is a number and a unit, and not zero.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", timeout = "5 seconds")]
    async fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }

    #[handler("bye", timeout = "0s")]
    async fn bye(&mut self) {}
}

fn main() {}

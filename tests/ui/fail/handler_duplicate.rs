//! Two handlers that nothing tells apart have no order.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }

    #[handler("hello")]
    fn again(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

//! A handler borrows its component.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(self, _event: &Hello) -> String {
        String::new()
    }

    #[handler("bye")]
    fn bye(self: Box<Self>) {}
}

fn main() {}

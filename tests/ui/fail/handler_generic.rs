//! A handler has no parameters of its own.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello<T>(&mut self, _event: &Hello) -> String {
        String::new()
    }

    #[handler("bye")]
    fn bye(&mut self)
    where
        Self: Sized,
    {
    }
}

fn main() {}

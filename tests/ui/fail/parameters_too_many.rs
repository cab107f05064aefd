//! A handler takes an event and a context.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello, _cx: &Context<Self>, _more: u32) -> String {
        String::new()
    }
}

fn main() {}

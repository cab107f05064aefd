//! The event comes before the context.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _cx: &Context<Self>, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

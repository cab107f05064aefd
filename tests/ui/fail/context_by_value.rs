//! A handler borrows its context.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello, _cx: Context<Self>) -> String {
        String::new()
    }

    #[handler("started")]
    fn started(&mut self, _cx: &mut Context<Self>) {}
}

fn main() {}

//! A handler that runs beside others takes the component shared.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", parallel)]
    async fn hello(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

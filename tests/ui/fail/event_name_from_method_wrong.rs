//! Without a name, the method's name is the event's.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler]
    fn greet(&mut self, _event: &Hello) -> String {
        String::new()
    }
}

fn main() {}

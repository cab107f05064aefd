//! The origin is borrowed, and stands once between the event and the context.

use circuits::Origin;
use circuits::prelude::*;

#[derive(Event)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler]
    fn hello(&mut self, _event: &Hello, _origin: Origin) {}

    #[handler]
    fn started(&mut self, _cx: &Context<Self>, _origin: &Origin) {}

    #[handler]
    fn stopped(&mut self, _origin: &Origin, _again: &Origin) {}

    #[handler("hello", priority = 1)]
    fn more(&mut self, _origin: &Origin, _event: &Hello) {}
}

fn main() {}

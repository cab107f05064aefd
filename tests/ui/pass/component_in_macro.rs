//! Events and components may come out of macro_rules.

use circuits::prelude::*;

macro_rules! greeter {
    ($component:ident, $event:ty, $name:literal) => {
        #[component(channel = $name)]
        struct $component;

        #[component]
        impl $component {
            #[handler($name)]
            fn on_event(&mut self, _event: &$event) -> Option<$crate::Reply> {
                None
            }

            #[handler("bye")]
            fn on_bye(&mut self, _event: &$crate::Bye) {}
        }
    };
}

#[derive(Event)]
#[event(reply = Reply)]
struct Hello;

#[derive(Event)]
struct Bye;

struct Reply;

greeter!(Greeter, Hello, "hello");

fn main() {
    let _ = Reply;
}

//! The user's names do not meet those of generated code.

use circuits::prelude::Event as Derived;
use circuits::prelude::{component, handler};

#[derive(Derived)]
struct Message;

#[derive(Derived)]
struct Envelope;

#[derive(Derived)]
#[event(reply = Added)]
struct Handler;

struct Added;

#[allow(dead_code)]
struct Result;

#[allow(dead_code)]
struct Option;

#[allow(dead_code)]
trait Send {}

#[component]
struct Component;

#[component]
impl Component {
    #[handler]
    fn message(&mut self, _event: &Message) {}

    #[handler]
    fn envelope(&mut self, _event: &Envelope) {}

    #[handler("handler")]
    fn added(&mut self, _event: &Handler) -> Added {
        Added
    }

    // The names of the trait's own methods.
    #[handler]
    fn exclusive(&mut self) {}

    #[handler]
    fn shared(&self) {}
}

fn main() {}

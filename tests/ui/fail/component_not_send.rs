//! A component can be sent.

use std::rc::Rc;

use circuits::prelude::*;

#[derive(Event)]
struct Hello;

#[component]
struct Greeter {
    count: Rc<u32>,
}

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {
        drop(self.count.clone());
    }
}

fn main() {}

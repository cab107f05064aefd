//! A component does not borrow, with or without a name for it.

use circuits::prelude::*;

struct Greeter<'a> {
    name: &'a str,
}

#[component]
impl Greeter<'_> {
    #[handler("hello")]
    fn hello(&mut self) {
        self.name = "hello";
    }
}

fn main() {}

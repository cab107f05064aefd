//! A component does not borrow.

use circuits::prelude::*;

#[component]
struct Greeter<'a> {
    name: &'a str,
}

#[component]
impl<'a> Greeter<'a> {
    #[handler("hello")]
    fn hello(&mut self) {
        self.name = "hello";
    }
}

fn main() {}

//! A context says whose it is, and the compiler's own advice does not.

use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("started")]
    fn started(&mut self, _cx: &Context) {}
}

fn main() {}

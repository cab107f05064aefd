//! The library may go by another name.

use ::circuits as renamed;
use renamed::prelude::*;

#[allow(dead_code)]
mod circuits {}

#[derive(Event)]
#[event(reply = u8, success, crate = renamed)]
struct Hello;

#[component(channel = "greeter", crate = renamed)]
struct Greeter;

#[component(crate = renamed)]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) -> u8 {
        1
    }
}

fn main() {}

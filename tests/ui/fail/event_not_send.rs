//! An event can be sent and shared.

use std::rc::Rc;

use circuits::prelude::*;

#[derive(Event)]
struct Hello {
    name: Rc<str>,
}

fn main() {}

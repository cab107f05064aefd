//! An event does not borrow.

use circuits::prelude::*;

#[derive(Event)]
struct Hello<'a> {
    name: &'a str,
}

fn main() {}

//! A union can't be an event.

use circuits::prelude::*;

#[derive(Event)]
union Bits {
    number: u32,
}

fn main() {}

//! A key is given once.

use circuits::prelude::*;

#[derive(Event)]
#[event(name = "a", name = "b")]
struct Hello;

fn main() {}

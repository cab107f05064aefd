//! An event has nine keys.

use circuits::prelude::*;

#[derive(Event)]
#[event(replies = String)]
struct Hello;

fn main() {}

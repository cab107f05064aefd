//! A key is given once.

use circuits::prelude::*;

#[component(channel = "a", channel = "b")]
struct Greeter;

fn main() {}

//! A handler is a method of a component.

use circuits::prelude::*;

#[handler("hello")]
fn hello() {}

fn main() {}

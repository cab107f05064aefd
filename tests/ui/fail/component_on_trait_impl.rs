//! Handlers stand in an inherent impl block.

use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {}

#[component]
impl Drop for Greeter {
    fn drop(&mut self) {}
}

fn main() {}

//! What a component extends is started with it, so it is held as a `Base`.

use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {}

#[component(extends = base)]
struct Polite {
    base: Greeter,
}

#[component]
impl Polite {}

fn main() {}

//! What a component extends stands in a field of its own.

use circuits::Base;
use circuits::prelude::*;

#[component]
struct Greeter;

#[component]
impl Greeter {}

#[component(extends = base)]
struct Polite {
    greeter: Base<Greeter>,
}

#[component]
impl Polite {}

#[component(extends = "greeter")]
struct Quoted {
    greeter: Base<Greeter>,
}

#[component]
impl Quoted {}

#[component(extends = greeter)]
enum Either {
    One(Base<Greeter>),
}

#[component]
impl Either {}

fn main() {}

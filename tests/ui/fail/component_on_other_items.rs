//! A component is a struct or an enum.

use circuits::prelude::*;

#[component]
fn function() {}

#[component]
trait Trait {}

#[component]
mod module {}

#[component]
union Union {
    number: u32,
}

#[component]
type Alias = u32;

#[component]
const CONSTANT: u32 = 1;

#[component]
impl dyn Trait {}

fn main() {}

//! A whole block may depend on cfg, above and below #[component].

use circuits::prelude::*;

#[component]
struct One;

#[cfg(all())]
#[component]
impl One {
    #[handler("a")]
    fn a(&mut self) {}
}

#[component]
#[cfg(any())]
impl One {
    #[handler("b")]
    fn b(&mut self) {}
}

#[component]
#[cfg(any())]
struct Missing;

fn main() {}

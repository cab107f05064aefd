//! Only a component has a context, so a block that names it says what a component needs.

use circuits::prelude::*;

#[component]
struct Holder<T> {
    value: Option<T>,
}

#[component]
impl<T> Holder<T> {
    #[handler("clear")]
    fn clear(&mut self, _cx: &Context<Self>) {
        self.value = None;
    }
}

fn main() {}

//! Several names, AnyEvent and the wildcard; a method's name without r#.

use circuits::prelude::*;

#[derive(Event)]
struct Type;

#[component]
struct Logger;

#[component]
impl Logger {
    #[handler("a", "b", "c")]
    fn letters(&mut self) {}

    #[handler("d", "e")]
    async fn more_letters(&self, _event: &AnyEvent) {}

    #[handler("*")]
    fn all(&mut self, _event: &AnyEvent, _cx: &Context<Self>) {}

    #[handler("*", channel = "*", priority = 100)]
    fn everywhere(&self, _event: &AnyEvent) {}

    #[handler]
    fn r#type(&mut self, _event: &Type) {}

    #[handler]
    fn r#match(&mut self) {}

    #[circuits::handler("by_path")]
    fn by_path(&mut self) {}

    // Names that make odd variants.
    #[handler]
    fn added(&mut self) {}

    #[handler]
    fn self_(&mut self) {}

    #[handler]
    fn _1(&mut self) {}

    #[handler]
    fn foo_bar(&mut self) {}

    #[handler]
    #[allow(non_snake_case)]
    fn foo__bar(&mut self) {}
}

fn main() {}

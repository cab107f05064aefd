//! A component extends what a field of it holds, by name or by number.

use circuits::Base;
use circuits::component::Component;
use circuits::prelude::*;

#[derive(Event)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, _event: &Hello) {}
}

#[component(channel = "polite", extends = base)]
struct Polite {
    base: Base<Greeter>,
}

#[component]
impl Polite {
    #[handler("hello", also, priority = 1)]
    fn hello(&mut self, _event: &Hello) {}
}

#[component(extends = 1)]
struct Counted<C: Component>(u32, Base<C>);

#[component]
impl<C: Component> Counted<C> {
    #[handler("hello")]
    async fn hello(&mut self, _event: &Hello, cx: &Context<Self>) {
        self.0 += 1;
        println!("{} heard {}", self.1.address().name(), cx.channel());
    }
}

fn main() {
    drop(Polite {
        base: Base::new(|| Greeter),
    });
    drop(Counted(0, Base::new(|| Greeter)));
}


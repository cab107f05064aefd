//! Plain and async handlers, with and without event and context.

use circuits::prelude::*;

#[derive(Event, Debug)]
#[event(reply = String)]
struct Hello {
    name: String,
}

#[component(channel = "greeter")]
#[derive(Default)]
struct Greeter {
    greeted: u64,
}

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, event: &Hello) -> String {
        self.greeted += 1;
        format!("hello, {}", event.name)
    }

    #[handler("hello", priority = 1)]
    fn with_context(&mut self, event: &Hello, _cx: &Context<Self>) -> String {
        event.name.clone()
    }

    #[handler("hello", priority = 2)]
    async fn later(&mut self, event: &Hello) -> String {
        std::future::ready(()).await;
        event.name.clone()
    }

    #[handler("hello", priority = 3)]
    async fn later_shared(&self, Hello { name }: &Hello, _cx: &Context<Self>) -> String {
        std::future::ready(()).await;
        name.clone()
    }

    #[handler("hello", priority = 4)]
    fn typed_self(self: &mut Self, event: &Hello) -> String {
        event.name.clone()
    }

    #[handler]
    fn tick(&mut self) {}

    #[handler]
    fn tock(&self, cx: &Context<Self>) {
        let _ = cx;
    }
}

fn main() {}

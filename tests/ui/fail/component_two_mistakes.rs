//! Mistakes in several handlers are all told at once, and each once.

use circuits::prelude::*;

#[derive(Event)]
#[event(reply = String)]
struct Hello;

#[component]
struct Greeter;

#[component]
impl Greeter {
    #[handler("hello", prio = 1)]
    fn hello(&mut self, _event: Hello) -> String {
        String::new()
    }

    #[handler("bye", timeout = 5)]
    async fn bye(self) {}
}

async fn start(system: &System) {
    let _ = system.register(Greeter).await;
    let _ = system.on("greeter").call(Hello).await;
}

fn main() {}

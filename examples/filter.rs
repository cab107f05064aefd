//! A handler of high priority lets some events through and stops the others.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin filter
//! alice: hello
//! filter: not from mallory
//! bob: hello alice
//! 2 said, 1 filtered
//! ```

use circuits::prelude::*;

#[derive(Event)]
#[event(channel = "room")]
struct Say {
    who: &'static str,
    text: &'static str,
}

#[derive(Event)]
#[event(channel = "room", reply = u32)]
struct Count;

/// Prints what is said. It knows of no filter.
#[component(channel = "room")]
#[derive(Default)]
struct Room {
    said: u32,
}

#[component]
impl Room {
    #[handler("say")]
    fn say(&mut self, event: &Say) {
        println!("{}: {}", event.who, event.text);
        self.said += 1;
    }

    #[handler("count")]
    fn count(&self, _: &Count) -> u32 {
        self.said
    }
}

/// Hears everything first, as its priority is higher.
#[component(channel = "room")]
#[derive(Default)]
struct Filter {
    filtered: u32,
}

#[component]
impl Filter {
    #[handler("say", priority = 10)]
    fn check(&mut self, event: &Say, cx: &Context<Self>) {
        if event.who == "mallory" {
            println!("filter: not from {}", event.who);
            self.filtered += 1;
            cx.stop_propagation(); // handlers of lower priority never see it
        }
    }

    #[handler("count", priority = 10)]
    fn count(&self, _: &Count) -> u32 {
        self.filtered
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(Room::default).await?;
    system.supervise(Filter::default).await?;
    for (who, text) in [
        ("alice", "hello"),
        ("mallory", "buy my watches"),
        ("bob", "hello alice"),
    ] {
        system.fire(Say { who, text }).completed().await?;
    }
    // Every handler's result, the highest priority first.
    let counts = system.call_all(Count).await;
    let counts: Vec<_> = counts.into_iter().flatten().collect();
    println!("{} said, {} filtered", counts[1], counts[0]);
    system.drain();
    system.run().await
}

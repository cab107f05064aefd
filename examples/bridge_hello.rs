//! A parent and a child process greet each other over a bridge.
//!
//! The program starts itself again as the child. What the child prints goes to the
//! terminal as ever: the link is another one.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin bridge_hello
//! child: the parent says hello
//! parent: the child says hello
//! parent: the child answered "Hello, parent!"
//! parent: the child has ended with exit status: 0
//! ```

use circuits::bridge::{Bridge, Exited, role};
use circuits::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = String)]
struct Hello {
    from: String,
}

#[component(channel = "greeter")]
struct Greeter {
    name: &'static str,
}

#[component]
impl Greeter {
    #[handler("hello")]
    async fn hello(&self, event: &Hello, cx: &Context<Self>) -> Result<String, Error> {
        println!("{}: the {} says hello", self.name, event.from);
        if self.name == "child" {
            // In turn: both directions go over one link.
            let from = self.name.to_owned();
            cx.on("bridge").call(Hello { from }).await?;
        }
        Ok(format!("Hello, {}!", event.from))
    }
}

/// What both sides send, and where they take what comes.
fn greeting(bridge: Bridge) -> Bridge {
    bridge.send::<Hello>().receive::<Hello>().on("greeter")
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    if role().is_some() {
        system.supervise(|| Greeter { name: "child" }).await?;
        system.register(greeting(Bridge::parent())).await?;
        return system.run().await; // until the parent closes the link
    }
    system.supervise(|| Greeter { name: "parent" }).await?;
    let child = system
        .register(greeting(Bridge::spawn_self("child")))
        .await?;

    let from = "parent".to_owned();
    let answer = system.on("bridge").call(Hello { from }).await?;
    println!("parent: the child answered {answer:?}");

    let exited = system.on("bridge").wait::<Exited>();
    child.stop().await;
    println!("parent: the child has ended with {}", exited.await?.status);
    Ok(())
}

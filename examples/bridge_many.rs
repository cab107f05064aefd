//! Several child processes, each addressed through its bridge's own channel.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin bridge_many
//! ada: Hello! I am ada, and one of 3 processes.
//! bob: Hello! I am bob, and one of 3 processes.
//! cyd: Hello! I am cyd, and one of 3 processes.
//! All of them: 3 answers, from 3 processes.
//! ```

use std::collections::HashSet;

use circuits::bridge::{Bridge, role};
use circuits::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = String)]
struct Hello {
    processes: usize,
}

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32)]
struct Process;

#[component(channel = "greeter")]
struct Greeter {
    name: String,
}

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, event: &Hello) -> String {
        let (name, processes) = (&self.name, event.processes);
        format!("Hello! I am {name}, and one of {processes} processes.")
    }

    #[handler("process")]
    fn process(&mut self, _event: &Process) -> u32 {
        std::process::id()
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    if let Some(name) = role() {
        let greeter = move || Greeter { name: name.clone() };
        system.supervise(greeter).await?;
        let parent = Bridge::parent().receive::<Hello>().receive::<Process>();
        system.register(parent.on("greeter")).await?;
        return system.run().await;
    }
    let names = ["ada", "bob", "cyd"];
    for name in names {
        let bridge = move || Bridge::spawn_self(name).send::<Hello>().send::<Process>();
        system.supervise(bridge).channel(name).await?;
    }
    let processes = names.len();
    for name in names {
        println!(
            "{name}: {}",
            system.on(name).call(Hello { processes }).await?
        );
    }
    // All channels at once: each bridge sends it to its process.
    let answers = system.call_all(Process).await;
    let different: HashSet<u32> = answers.iter().flatten().copied().collect();
    let (answers, different) = (answers.len(), different.len());
    println!("All of them: {answers} answers, from {different} processes.");
    system.drain();
    system.run().await
}

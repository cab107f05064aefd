//! The other side of a bridge, as a process; `tests/it/bridge/processes.rs` says
//! what it must do.
//!
//! Its argument says how it behaves: `child` answers, `quits` ends before it is a
//! bridge, `parent` starts a child of its own, prints its id and waits.

use std::process::Command;

use circuits::bridge::{Bridge, Ready};
use circuits::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = String)]
struct Hello;

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32)]
struct Hang;

#[derive(Event, Serialize, Deserialize, Debug)]
struct Quit(u8);

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("hello")]
    async fn hello(&self, _event: &Hello) -> String {
        println!("what is printed is no part of the link");
        format!("Hello from {}", std::process::id())
    }

    #[handler("hang")]
    async fn hang(&self, _event: &Hang) -> u32 {
        std::future::pending().await
    }

    #[handler("quit")]
    fn quit(&mut self, event: &Quit) {
        std::process::exit(event.0.into());
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    match std::env::args().nth(1).as_deref() {
        Some("child") => {
            system.supervise(|| App).await?;
            let parent = Bridge::parent().receive::<Hello>().receive::<Hang>();
            system.register(parent.receive::<Quit>().on("app")).await?;
        }
        Some("parent") => {
            let ready = system.on("bridge").wait::<Ready>();
            let this = std::env::current_exe()?;
            let command = move || {
                let mut command = Command::new(&this);
                command.arg("child");
                command
            };
            system.register(Bridge::spawn(command)).await?;
            println!("{}", ready.await?.process);
        }
        _ => std::process::exit(7),
    }
    system.run().await
}

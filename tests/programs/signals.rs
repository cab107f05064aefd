//! A program that ends by signals; `tests/it/signals.rs` says what it must do.
//!
//! Its argument says what it does at a signal: `drain` leaves it to the system,
//! `take` keeps the first signal for itself, `exit` exits with 3 instead,
//! `hang` never ends its handler. `phases`, `fails`, `cut` and `killed` add phases:
//! that fails one of them, these never end the first, and the last does not even
//! end its component.

use circuits::Phase;
use circuits::event::{ShutdownPhase, Signal};
use circuits::prelude::*;

#[derive(Event)]
struct Work(u32);

#[component(channel = "main", shutdown = "1h")]
struct Main {
    mode: String,
    signals: u32,
}

#[component]
impl Main {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) {
        cx.after(Duration::ZERO, Work(0));
    }

    #[handler("signal", channel = "*")]
    async fn signal(&mut self, event: &Signal, cx: &Context<Self>) {
        self.signals += 1;
        println!("signal {}", event.number);
        match self.mode.as_str() {
            "take" if self.signals == 1 => cx.stop_propagation(),
            "exit" => cx.system().exit(3),
            "hang" => std::future::pending().await,
            _ => {}
        }
        // Queued before the system drains, so it is still handled.
        cx.fire(Work(1));
    }

    #[handler("work")]
    fn work(&mut self, event: &Work) {
        println!("work {}", event.0);
    }

    #[handler("shutdown_phase", channel = "*")]
    fn phase(&mut self, event: &ShutdownPhase) -> circuits::Result<()> {
        println!("phase {}", event.phase);
        match self.mode.as_str() {
            "fails" => Err(Error::new("the phase fails")),
            _ => Ok(()),
        }
    }

    #[handler("stopped")]
    async fn stopped(&mut self) {
        println!("stopped");
        if self.mode == "killed" {
            std::future::pending().await
        }
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let mode = std::env::args().nth(1).unwrap_or_default();
    if matches!(mode.as_str(), "phases" | "fails" | "cut" | "killed") {
        let mut one = Phase::new("one").limit(Duration::from_secs(3600));
        if matches!(mode.as_str(), "cut" | "killed") {
            one = one.task("endless", || async { std::future::pending().await });
        }
        system.add_phase(one)?;
        system.add_phase(Phase::new("two"))?;
    }
    let made = move || Main {
        mode: mode.clone(),
        signals: 0,
    };
    system.supervise(made).await?;
    system.run().await
}

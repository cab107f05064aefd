//! Signals: a handler takes the first one over, and lets the program end a little
//! later. It sends itself a SIGTERM; Ctrl-C (SIGINT) does the same.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin signals
//! working
//! signal 15: the end comes in 300 ms
//! still working
//! the time is over
//! stopped
//! ```

use std::process::Command;

use circuits::event::Signal;
use circuits::prelude::*;

#[derive(Event)]
struct Work;

#[derive(Event)]
struct Terminate;

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("started")]
    fn started(&mut self) {
        println!("working");
    }

    /// Without such a handler the system drains at the first signal.
    #[handler("signal", channel = "*")]
    fn signal(&mut self, event: &Signal, cx: &Context<Self>) {
        cx.stop_propagation(); // taken over: nothing ends by itself
        println!("signal {}: the end comes in 300 ms", event.number);
        cx.timer("work").after(Duration::from_millis(100), Work);
        // Each further signal begins this wait anew.
        cx.timer("end").after(Duration::from_millis(300), Terminate);
    }

    #[handler("work")]
    fn work(&mut self, _: &Work) {
        println!("still working");
    }

    #[handler("terminate")]
    fn terminate(&mut self, _: &Terminate, cx: &Context<Self>) {
        println!("the time is over");
        cx.system().drain();
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        println!("stopped");
    }
}

/// What `kill` in a terminal does.
fn send_sigterm() -> std::io::Result<()> {
    let kill = format!("kill -s TERM {}", std::process::id());
    Command::new("sh").args(["-c", &kill]).status()?;
    Ok(())
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| App).await?;
    // `run` is polled first, and listens for signals from then on.
    let sent = async { Ok(tokio::task::spawn_blocking(send_sigterm).await??) };
    tokio::try_join!(biased; system.run(), sent)?;
    Ok(())
}

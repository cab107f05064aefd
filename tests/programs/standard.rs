//! Shouts each line of its standard input, and says on its standard error how many there
//! were. With the argument `once` it ends after the first one.

use circuits::StartError;
use circuits::io::{Stderr, Stdin, Stdout};
use circuits::prelude::*;
use circuits::stream::{DisconnectReason, Disconnected, Read, Write};

#[component(channel = "stdin")]
struct Shouter {
    lines: u32,
    once: bool,
}

#[component]
impl Shouter {
    #[handler("read")]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) {
        self.lines += 1;
        let line = [&event.data.to_ascii_uppercase(), &b"\n"[..]].concat();
        cx.on("stdout").fire(Write::new(line)).await;
        if self.once {
            self.end(cx).await;
        }
    }

    #[handler("disconnected")]
    async fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
        if let DisconnectReason::PeerClosed = event.reason {
            self.end(cx).await;
        }
    }
}

impl Shouter {
    async fn end(&self, cx: &Context<Self>) {
        let count = format!("{} lines\n", self.lines);
        cx.on("stderr").fire(Write::new(count)).await;
        cx.system().drain();
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let once = std::env::args().any(|argument| argument == "once");
    let system = System::new();
    system.supervise(Stdout::new).await?;
    system.supervise(Stderr::new).await?;
    system.supervise(move || Shouter { lines: 0, once }).await?;
    match system.supervise(|| Stdin::new().lines(80)).await {
        // What it reads may end the system before its own start is answered.
        Ok(_) | Err(StartError::Stopped) => {}
        Err(error) => return Err(error.into()),
    }
    system.run().await
}

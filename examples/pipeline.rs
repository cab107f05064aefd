//! Joins processes as a shell does: `printf .. | sort | uniq -c`, and prints what the last
//! one says.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin pipeline
//! 2 apple
//! 1 pear
//! 3 plum
//! printf: exit status: 0
//! sort: exit status: 0
//! uniq: exit status: 0
//! ```

use circuits::io::{Exited, Process};
use circuits::prelude::*;
use circuits::stream::{Disconnected, Finish, Read, Write};

/// Gives what one process says to the next one, no faster than that takes it.
#[component]
struct Pipe {
    to: &'static str,
}

#[component]
impl Pipe {
    #[handler("read")]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) -> Result<(), Error> {
        cx.on(self.to).call(Write::new(event.data.clone())).await?;
        Ok(())
    }

    #[handler("disconnected")]
    async fn disconnected(&mut self, _event: &Disconnected, cx: &Context<Self>) {
        cx.on(self.to).fire(Finish::new()).await;
    }
}

#[component(channel = "uniq")]
struct Printer;

#[component]
impl Printer {
    #[handler("read")]
    fn read(&mut self, line: &Read) {
        println!("{}", String::from_utf8_lossy(&line.data).trim());
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Printer).await?;
    system
        .supervise(|| Pipe { to: "sort" })
        .channel("printf")
        .await?;
    system
        .supervise(|| Pipe { to: "uniq" })
        .channel("sort")
        .await?;
    let names = ["printf", "sort", "uniq"];
    let exits = names.map(|name| (name, system.on(name).wait::<Exited>()));

    // The last one first: who writes finds a reader.
    let uniq = Process::new("uniq").arg("-c").lines(4096);
    system.register(uniq).channel("uniq").await?;
    system
        .register(Process::new("sort"))
        .channel("sort")
        .await?;
    let fruit = ["plum", "apple", "plum", "pear", "apple", "plum"];
    let printf = Process::new("printf").arg("%s\\n").args(fruit);
    system.register(printf).channel("printf").await?;
    let mut ends = Vec::new();
    for (name, exited) in exits {
        ends.push(format!("{name}: {}", exited.await?.status));
    }
    println!("{}", ends.join("\n"));
    system.drain();
    system.run().await
}

//! Watches the directory that it is given, and prints whose queue was full.

use circuits::io::{Overflow, Watch};
use circuits::prelude::*;

#[component(channel = "watch")]
struct Printer;

#[component]
impl Printer {
    #[handler("overflow")]
    fn overflow(&mut self, event: &Overflow) {
        println!("{:?}", event.queue);
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let path = std::env::args().nth(1).expect("it is given a directory");
    let system = System::new();
    system.supervise(|| Printer).await?;
    let watch = move || Watch::new().path(&path).queue(1_000_000);
    system.supervise(watch).await?;
    println!("watching");
    system.run().await
}

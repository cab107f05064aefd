//! A program that ends with a status; `tests/it/entries/running.rs` says with which.
//!
//! Its argument says how: `code 3` by a handler, `later 3` by a handler that has
//! waited before, `fail text` with an error.

use circuits::prelude::*;

#[derive(Event)]
struct End;

#[component(channel = "main")]
struct Main {
    how: String,
}

#[component]
impl Main {
    #[handler("end")]
    async fn end(&mut self, _: &End, cx: &Context<Self>) -> circuits::Result<()> {
        let (how, with) = self.how.split_once(' ').unwrap_or_default();
        if how == "later" {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        match how {
            "fail" => cx.system().fail(Error::new(with)),
            _ => cx.system().exit(with.parse()?),
        }
        Ok(())
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        println!("stopped");
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let how = std::env::args().nth(1).unwrap_or_default();
    system.register(Main { how }).await?;
    system.on("main").fire(End);
    system.run().await
}

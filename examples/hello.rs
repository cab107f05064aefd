//! A component that greets, and a program that calls it.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin hello
//! Hello, world! You are number 1.
//! Hello, circuits! You are number 2.
//! ```

use circuits::prelude::*;

#[derive(Event, Debug)]
#[event(reply = String)]
struct Hello {
    name: String,
}

#[component(channel = "greeter")]
#[derive(Default)]
struct Greeter {
    greeted: u64,
}

#[component]
impl Greeter {
    #[handler("hello")]
    fn hello(&mut self, event: &Hello) -> String {
        self.greeted += 1;
        format!("Hello, {}! You are number {}.", event.name, self.greeted)
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(Greeter::default).await?;
    for name in ["world", "circuits"] {
        let answer = system
            .on("greeter")
            .call(Hello { name: name.into() })
            .await?;
        println!("{answer}");
    }
    system.drain();
    system.run().await
}

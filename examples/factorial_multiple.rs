//! Several jobs on several threads: each result is printed when it comes, the
//! quickest first.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin factorial_multiple
//! 2! is 2
//! 5! is 120
//! 11! is 39916800
//! 20! is 2432902008176640000
//! all done
//! ```

use std::thread;

use circuits::CallError;
use circuits::event::Complete;
use circuits::prelude::*;
use circuits::worker::{Job, JobContext, Worker};

#[derive(Event, Clone, Debug)]
#[event(channel = "worker", reply = u64)]
struct Factorial(u64);

impl Job for Factorial {
    /// Takes the longer the larger the number is.
    fn run(&self, _cx: &JobContext) -> Result<u64, Error> {
        thread::sleep(Duration::from_millis(40 * self.0));
        Ok((1..=self.0).product())
    }
}

/// Asks for one result.
#[derive(Event)]
struct Compute(u64);

/// Asks for all of them; complete when they are there.
#[derive(Event)]
#[event(complete)]
struct Begin;

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("begin")]
    fn begin(&mut self, _: &Begin, cx: &Context<Self>) {
        for number in [20, 11, 5, 2] {
            cx.fire(Compute(number));
        }
    }

    /// `&self`: four of these wait for the worker at the same time.
    #[handler("compute")]
    async fn compute(&self, event: &Compute, cx: &Context<Self>) -> Result<(), CallError> {
        let result = cx.call(Factorial(event.0)).await?;
        println!("{}! is {result}", event.0);
        Ok(())
    }

    #[handler("begin_complete")]
    fn complete(&mut self, _: &Complete<Begin>, cx: &Context<Self>) {
        println!("all done");
        cx.system().drain();
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let worker = Worker::threads(4).job::<Factorial>();
    system.supervise(move || worker.clone()).await?;
    system.supervise(|| App).await?;
    system.on("app").fire(Begin);
    system.run().await
}

//! One worker and two jobs: the one thread of the runtime ticks on meanwhile.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin factorial
//! tick
//! tick
//! tick
//! 20! is 2432902008176640000
//! 25! failed: it takes more than 64 bits
//! ```

use std::thread;

use circuits::event::{Failure, Success};
use circuits::prelude::*;
use circuits::worker::{Job, JobContext, Worker};

#[derive(Event, Clone, Debug)]
#[event(channel = "worker", reply = u64, success, failure)]
struct Factorial(u64);

impl Job for Factorial {
    /// Takes its time, as it may on a thread of the worker's.
    fn run(&self, _cx: &JobContext) -> Result<u64, Error> {
        thread::sleep(Duration::from_millis(350));
        let product = (1..=self.0).try_fold(1, u64::checked_mul);
        product.ok_or_else(|| Error::new("it takes more than 64 bits"))
    }
}

#[derive(Event, Clone)]
struct Tick;

#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.timer("tick").every(Duration::from_millis(100), Tick);
        cx.fire(Factorial(20));
    }

    #[handler("tick")]
    fn tick(&mut self, _: &Tick) {
        println!("tick");
    }

    #[handler("factorial_success", channel = "worker")]
    fn success(&mut self, done: &Success<Factorial>, cx: &Context<Self>) {
        cx.timer("tick").cancel();
        for result in done.replies() {
            println!("{}! is {result}", done.event.0);
        }
        cx.fire(Factorial(25));
    }

    #[handler("factorial_failure", channel = "worker")]
    fn failure(&mut self, failed: &Failure<Factorial>, cx: &Context<Self>) {
        println!("{}! failed: {}", failed.event.0, failed.error);
        cx.system().drain();
    }

    /// Handled here, a failure is not logged.
    #[handler("exception", channel = "*")]
    fn exception(&mut self) {}
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let worker = Worker::threads(1).job::<Factorial>();
    system.supervise(move || worker.clone()).await?;
    system.supervise(|| App).await?;
    system.run().await
}

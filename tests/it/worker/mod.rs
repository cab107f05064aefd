//! Work on threads and in processes: what the jobs of a worker can rely on.

mod ends;
mod processes;
mod threads;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use circuits::prelude::*;
use circuits::worker::{Job, JobContext};

use crate::support::{Log, within};

/// A job that runs until it is let go; writes down what becomes of it.
#[derive(Event, Clone)]
#[event(reply = u32, success, failure, complete)]
struct Held {
    number: u32,
    log: Log,
    goes: Arc<Mutex<Receiver<()>>>,
}

impl Job for Held {
    fn run(&self, cx: &JobContext) -> Result<u32, Error> {
        self.log.add(format_args!("{} begins", self.number));
        let goes = self.goes.lock().unwrap();
        while !cx.is_cancelled() {
            let step = Duration::from_millis(5);
            match goes.recv_timeout(step) {
                Ok(()) => {
                    self.log.add(format_args!("{} ends", self.number));
                    return Ok(self.number);
                }
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
                Err(gone) => return Err(gone.into()),
            }
        }
        self.log.add(format_args!("{} is cancelled", self.number));
        Err(Error::new("given up"))
    }
}

/// Makes jobs that are held, each with what lets it go.
#[derive(Clone, Default)]
struct Holder(Log);

impl Holder {
    fn hold(&self, number: u32) -> (Held, Sender<()>) {
        let (go, goes) = channel();
        let held = Held {
            number,
            log: self.0.clone(),
            goes: Arc::new(Mutex::new(goes)),
        };
        (held, go)
    }

    /// Waits for a line, and forgets all up to it.
    async fn sees(&self, line: &str) {
        within(async {
            while !self.0.take().iter().any(|it| it == line) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

#[derive(Event, Clone, Debug)]
#[event(reply = u64, success, failure, complete)]
struct Factorial(u64);

impl Job for Factorial {
    fn run(&self, _cx: &JobContext) -> Result<u64, Error> {
        let product = (1..=self.0).try_fold(1_u64, u64::checked_mul);
        product.ok_or_else(|| Error::new(format!("{}! is too large", self.0)))
    }
}

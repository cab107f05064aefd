//! Runtimes, times and medians.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

/// The runtime that all sides of a case run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    CurrentThread,
    TwoThreads,
}

impl On {
    pub(crate) const BOTH: [Self; 2] = [Self::TwoThreads, Self::CurrentThread];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::CurrentThread => "current_thread",
            Self::TwoThreads => "multi_thread(2)",
        }
    }

    /// As part of the name of a file.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::CurrentThread => "one-thread",
            Self::TwoThreads => "two-threads",
        }
    }

    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::TwoThreads => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(2);
                builder
            }
        };
        builder
            .enable_all()
            .build()
            .expect("a runtime can be built")
    }

    /// Runs work as a task, since `block_on` itself is no worker of the runtime.
    pub(crate) fn run<F>(self, work: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let runtime = self.runtime();
        let task = runtime.spawn(work);
        runtime
            .block_on(task)
            .expect("a measured task does not panic")
    }
}

/// Runs a piece of work and returns the time it took.
pub(crate) async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Keeps the panics that are meant to happen off the terminal.
pub(crate) fn be_quiet_about(text: &'static str) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(text) {
            usual(info);
        }
    }));
}

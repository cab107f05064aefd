//! What the tests share: a log that components write, a watcher, bounded waits, the examples.

use std::fmt::Display;
use std::future::IntoFuture;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use circuits::event::{DeadLetter, Exception};
use circuits::prelude::*;

/// For modules that were there before it was the library's.
pub(crate) use circuits::testing::settle;

/// Returns the program of an example; all are built once.
pub(crate) fn example(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--workspace", "--bins"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the examples are built");
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).map(Path::to_owned).unwrap()
    });
    folder.join(name)
}

/// What happened, in order; components hold clones of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Display) {
        self.0.lock().unwrap().push(line.to_string());
    }

    /// Takes all lines.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Bounds a wait, so that a lost wakeup is a failure and not a hang.
pub(crate) async fn within<F: IntoFuture>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), future.into_future())
        .await
        .expect("it takes longer than 30 s")
}

/// Waits until something holds; for tests on several threads.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    within(async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Writes down every exception and every dead letter of a system.
#[component]
pub(crate) struct Watcher(pub(crate) Log);

#[component]
impl Watcher {
    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        self.0.add(format_args!(
            "exception {} {} {:?}: {}",
            event.handler,
            event.event.name(),
            event.crashed,
            event.error
        ));
    }

    #[handler("dead_letter")]
    fn dead_letter(&mut self, event: &DeadLetter) {
        self.0.add(format_args!(
            "dead {} {:?}",
            event.event.name(),
            event.reason
        ));
    }
}

/// Adds a watcher to a system; returns its log.
pub(crate) async fn watch(system: &System) -> Log {
    let log = Log::default();
    system.register(Watcher(log.clone())).await.unwrap();
    log
}

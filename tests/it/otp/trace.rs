//! The recorder: the trace that components write into, and the world of a case.

use std::fmt::Display;
use std::future::Future;
use std::sync::{Arc, Mutex};

use circuits::prelude::*;
use circuits::{Options, StartError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep, timeout};

use super::{Child, Observer, Script};

/// Makes two tests of each case: `s36_..::current_thread`, `s36_..::multi_thread`.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        $(mod $case {
            #[test]
            fn current_thread() {
                crate::otp::trace::on_one_thread(super::$case);
            }

            #[test]
            fn multi_thread() {
                crate::otp::trace::on_many_threads(super::$case);
            }
        })+
    };
}
pub(super) use cases;

/// What happened, in order; components hold clones of it.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    begun: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

/// One thing that happened: `a 2 failed: panic`.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// When, since the case began.
    pub(super) at: Duration,
    pub(super) text: String,
}

impl Trace {
    fn new() -> Self {
        let (begun, entries) = (Instant::now(), Arc::default());
        Self { begun, entries }
    }

    /// Writes that something happened in a life of a component; the reason,
    /// where there is one, stands behind a colon.
    pub(super) fn add(&self, name: &str, life: u64, what: impl Display) {
        self.note(format!("{name} {life} {what}"));
    }

    /// Writes a line that belongs to no life.
    pub(super) fn note(&self, text: impl Into<String>) {
        let (at, text) = (self.elapsed(), text.into());
        self.entries.lock().unwrap().push(Entry { at, text });
    }

    /// The time since the case began.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Takes what was written so far.
    pub(super) fn take(&self) -> Vec<Entry> {
        std::mem::take(&mut *self.entries.lock().unwrap())
    }

    pub(super) fn has(&self, text: &str) -> bool {
        let entries = self.entries.lock().unwrap();
        entries.iter().any(|entry| entry.text == text)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.lock().unwrap().len()
    }
}

/// What a case runs in; clones are one world.
#[derive(Clone)]
pub(super) struct World {
    /// What the components say of themselves, at once.
    pub(super) trace: Trace,
    /// What the framework says of them: exceptions and dead letters. Apart, as
    /// events take a while to arrive.
    pub(super) reports: Trace,
    paused: bool,
    /// They live until the case is over.
    systems: Arc<Mutex<Vec<System>>>,
}

impl World {
    pub(super) fn new(paused: bool) -> Self {
        let (trace, reports, systems) = (Trace::new(), Trace::new(), Arc::default());
        Self {
            trace,
            reports,
            paused,
            systems,
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused
    }

    /// Makes a system that is observed.
    pub(super) async fn system(&self) -> System {
        self.system_with(Options::new()).await
    }

    /// Makes a system whose root supervises as the options say.
    pub(super) async fn system_with(&self, options: Options) -> System {
        let system = System::with(options);
        let observer = Observer(self.reports.clone());
        system.register(observer).named("observer").await.unwrap();
        self.systems.lock().unwrap().push(system.clone());
        system
    }

    /// Starts a scripted child at the root.
    pub(super) async fn start(
        &self,
        system: &System,
        script: Script,
    ) -> Result<Address<Child>, StartError> {
        let factory = script.factory(&self.trace);
        script.apply(system.supervise(factory)).await
    }

    /// So many seconds that the case waits for; 20 ms each on the real clock.
    pub(super) fn secs(&self, secs: u64) -> Duration {
        self.ms(secs * 1000)
    }

    /// So many milliseconds that the case waits for.
    pub(super) fn ms(&self, ms: u64) -> Duration {
        Duration::from_millis(ms) / if self.paused { 1 } else { 50 }
    }

    /// Lets time pass.
    pub(super) async fn pass(&self, time: Duration) {
        sleep(time).await;
        self.settle().await;
    }

    /// Lets everything run that can run now. On the paused clock that takes no
    /// time: no timer fires. On the real one it is a short wait, and no proof.
    pub(super) async fn settle(&self) {
        if !self.paused {
            // Not with a timer: where a handler blocks the one worker that waits
            // for timers, tokio fires none until something else wakes another.
            let wait = || std::thread::sleep(Duration::from_millis(3));
            return tokio::task::spawn_blocking(wait).await.unwrap();
        }
        let mut written = usize::MAX;
        while written != self.trace.len() + self.reports.len() {
            written = self.trace.len() + self.reports.len();
            // In each of them, every task that can run does.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Waits until something holds; up to 30 s, and by steps of 1 ms.
    pub(super) async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        self.settle().await;
        for _ in 0..30_000 {
            if holds() {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
        panic!("never: {what}; trace: {:#?}", texts(&self.trace.take()));
    }

    /// Compares everything written since the last time; returns it.
    pub(super) async fn expect(&self, expected: &[&str]) -> Vec<Entry> {
        let entries = self.await_and_take(&self.trace, expected.len()).await;
        compare("trace", expected, &texts(&entries));
        entries
    }

    /// Compares everything written since the last time, in whatever order.
    pub(super) async fn expect_in_any_order(&self, expected: &[&str]) -> Vec<Entry> {
        let entries = self.await_and_take(&self.trace, expected.len()).await;
        let (mut expected, mut found) = (expected.to_vec(), texts(&entries));
        expected.sort_unstable();
        found.sort_unstable();
        compare("sorted trace", &expected, &found);
        entries
    }

    /// Compares all exceptions and dead letters since the last time.
    pub(super) async fn expect_reports(&self, expected: &[&str]) {
        let entries = self.await_and_take(&self.reports, expected.len()).await;
        compare("reports", expected, &texts(&entries));
    }

    async fn await_and_take(&self, trace: &Trace, count: usize) -> Vec<Entry> {
        let end = std::time::Instant::now() + Duration::from_secs(10);
        self.settle().await;
        while !self.paused && trace.len() < count && std::time::Instant::now() < end {
            self.settle().await;
        }
        trace.take()
    }
}

fn texts(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| &*entry.text).collect()
}

fn compare(what: &str, expected: &[&str], found: &[&str]) {
    if expected == found {
        return;
    }
    let mut pairs = expected.iter().zip(found);
    let same = pairs
        .position(|(expected, found)| expected != found)
        .unwrap_or(expected.len().min(found.len()));
    let lines = |sign: &str, lines: &[&str]| -> String {
        let lines = lines.iter().map(|line| format!("{sign} {line}\n"));
        lines.collect()
    };
    panic!(
        "the {what} differs (- expected, + found):\n{}{}{}",
        lines(" ", &expected[..same]),
        lines("-", &expected[same..]),
        lines("+", &found[same..]),
    );
}

pub(super) fn on_one_thread<F>(case: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    run(runtime.unwrap(), true, case);
}

pub(super) fn on_many_threads<F>(case: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Builder::new_multi_thread()
        .worker_threads(3)
        .enable_all()
        .build();
    run(runtime.unwrap(), false, case);
}

/// Runs a case; one that hangs fails. The paused clock moves whenever all tasks
/// are idle, so that thirty days are over at once.
fn run<F>(runtime: Runtime, paused: bool, case: fn(World) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let hangs = runtime.block_on(async {
        let world = World::new(paused);
        let limit = Duration::from_secs(if paused { 30 * 24 * 3600 } else { 60 });
        match timeout(limit, tokio::spawn(case(world.clone()))).await {
            Ok(Ok(())) => drop(world.expect(&[]).await),
            Ok(Err(failed)) => std::panic::resume_unwind(failed.into_panic()),
            Err(_) => return Some(world.trace.take()),
        }
        None
    });
    if let Some(trace) = hangs {
        // Not waiting for a thread that is blocked.
        runtime.shutdown_background();
        panic!("it hangs; trace: {:#?}", texts(&trace));
    }
}

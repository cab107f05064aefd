//! A component that does what its script says and writes down what happens to
//! it, and one that writes down what the framework tells.
//!
//! What a [`Child`] writes: `starting` (where its start takes time), `started`;
//! a step; `stopping` as its `stopped` handler begins; and when its value is
//! dropped, how the life ended: `stopped`, `failed: <why>` or `killed`.

use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};

use circuits::component::Supervise;
use circuits::event::{DeadLetter, Exception, Started, Stopped};
use circuits::prelude::*;
use circuits::supervisor::ChildSpec;
use circuits::{Backoff, Restart, Shutdown};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::Trace;

/// Asks a child for a step; the reply counts the steps of this life.
#[derive(Event, Debug)]
#[event(reply = u32)]
pub(super) struct Do(pub(super) Step);

#[derive(Clone, Debug)]
pub(super) enum Step {
    Work,
    /// Awaits for a time: `works`, then `worked`.
    Slow(Duration),
    Panic,
    /// Returns an error, which is an answer.
    Error,
    /// Returns an error that ends the life.
    Fatal,
    /// Awaits for ever.
    Hang,
    /// Ends by itself: `cx.stop()`.
    Leave,
    /// Awaits a permit, and ends by itself: `works`, then `leaves`.
    LeaveAfter(Arc<Semaphore>),
    /// Awaits a permit: `works`, then `worked`.
    Wait(Arc<Semaphore>),
    /// Blocks its thread until the gate opens.
    Block(Gate),
    /// Starts one more child below it.
    Start(Script),
    /// Awaits a permit, and panics: `works`, then `failed: panic`.
    PanicAfter(Arc<Semaphore>),
}

/// What the `started` handler does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Start {
    Ok,
    Slow(Duration),
    Error,
    Panic,
    Never,
}

/// What the `stopped` handler does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    Ok,
    Slow(Duration),
    Panic,
    Hang,
}

/// Closed until the other half is dropped.
#[derive(Clone, Debug)]
pub(super) struct Gate(Arc<Mutex<mpsc::Receiver<()>>>);

impl Gate {
    pub(super) fn new() -> (mpsc::Sender<()>, Self) {
        let (opener, gate) = mpsc::channel();
        (opener, Self(Arc::new(Mutex::new(gate))))
    }
}

/// How each life starts, by its number.
#[derive(Clone)]
struct Starts(Arc<dyn Fn(u64) -> Start + Send + Sync>);

impl fmt::Debug for Starts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Starts")
    }
}

/// How a child behaves and is supervised.
#[derive(Clone, Debug)]
pub(super) struct Script {
    name: String,
    starts: Starts,
    stop: Stop,
    children: Vec<Script>,
    restart: Restart,
    shutdown: Option<Shutdown>,
    start_limit: Duration,
    backoff: Option<Backoff>,
}

/// A permanent child that starts and stops at once, and listens on its name.
pub(super) fn child(name: impl Into<String>) -> Script {
    Script {
        name: name.into(),
        starts: Starts(Arc::new(|_life| Start::Ok)),
        stop: Stop::Ok,
        children: Vec::new(),
        restart: Restart::Permanent,
        shutdown: None,
        start_limit: Duration::from_secs(30),
        backoff: None,
    }
}

impl Script {
    /// How each life starts.
    pub(super) fn start(self, start: Start) -> Self {
        self.starts(move |_life| start)
    }

    /// How a life starts, by its number.
    pub(super) fn starts(self, starts: impl Fn(u64) -> Start + Send + Sync + 'static) -> Self {
        let starts = Starts(Arc::new(starts));
        Self { starts, ..self }
    }

    pub(super) fn stop(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Whom it supervises: they start, in order, in its `started` handler.
    pub(super) fn children(self, children: impl Into<Vec<Script>>) -> Self {
        let children = children.into();
        Self { children, ..self }
    }

    pub(super) fn restart(self, restart: Restart) -> Self {
        Self { restart, ..self }
    }

    pub(super) fn shutdown(self, shutdown: impl Into<Shutdown>) -> Self {
        let shutdown = Some(shutdown.into());
        Self { shutdown, ..self }
    }

    pub(super) fn start_limit(self, start_limit: Duration) -> Self {
        Self {
            start_limit,
            ..self
        }
    }

    pub(super) fn backoff(self, backoff: Backoff) -> Self {
        let backoff = Some(backoff);
        Self { backoff, ..self }
    }

    /// Makes the values of a child.
    pub(super) fn factory(&self, trace: &Trace) -> impl Fn() -> Child + Send + Sync + 'static {
        let (script, trace) = (self.clone(), trace.clone());
        move || Child {
            script: script.clone(),
            trace: trace.clone(),
            life: 0,
            steps: 0,
            end: "killed".to_owned(),
        }
    }

    /// Describes the child for a declared tree.
    pub(super) fn spec(&self, trace: &Trace) -> ChildSpec {
        let spec = ChildSpec::new(&self.name, self.factory(trace))
            .channel(&self.name)
            .restart(self.restart)
            .start_limit(self.start_limit);
        let spec = match self.shutdown {
            Some(shutdown) => spec.shutdown(shutdown),
            None => spec,
        };
        match self.backoff {
            Some(backoff) => spec.backoff(backoff),
            None => spec,
        }
    }

    /// Says how the child is supervised.
    pub(super) fn apply<'a, F>(&self, supervise: Supervise<'a, F>) -> Supervise<'a, F> {
        let supervise = supervise
            .named(&self.name)
            .channel(&self.name)
            .restart(self.restart)
            .start_limit(self.start_limit);
        let supervise = match self.shutdown {
            Some(shutdown) => supervise.shutdown(shutdown),
            None => supervise,
        };
        match self.backoff {
            Some(backoff) => supervise.backoff(backoff),
            None => supervise,
        }
    }
}

/// Does what its script says.
#[component(channel = "child")]
pub(super) struct Child {
    script: Script,
    trace: Trace,
    life: u64,
    steps: u32,
    /// How this life ends, as far as the value can know.
    end: String,
}

#[component]
impl Child {
    #[handler("started")]
    async fn started(&mut self, event: &Started, cx: &Context<Self>) -> Result<(), Error> {
        self.life = event.life;
        match (self.script.starts.0)(event.life) {
            Start::Ok => {}
            Start::Slow(time) => {
                self.write("starting");
                sleep(time).await;
            }
            Start::Error => return Err(self.fail("no start")),
            Start::Panic => panic!("{}", self.fail("no start")),
            Start::Never => {
                self.write("starting");
                pending().await
            }
        }
        for script in self.script.children.clone() {
            let started = script.apply(cx.supervise(script.factory(&self.trace)));
            started.await.inspect_err(|error| {
                self.fail(error.to_string());
            })?;
        }
        self.write("started");
        Ok(())
    }

    #[handler("do")]
    async fn act(&mut self, event: &Do, cx: &Context<Self>) -> Result<u32, Error> {
        match &event.0 {
            Step::Work => self.write("works"),
            Step::Slow(time) => {
                self.write("works");
                sleep(*time).await;
                self.write("worked");
            }
            Step::Wait(permits) => {
                self.write("works");
                permits.acquire().await?.forget();
                self.write("worked");
            }
            Step::Panic => panic!("{}", self.fail("panic")),
            Step::Error => {
                self.write("errs");
                return Err(Error::new("error"));
            }
            Step::Fatal => return Err(Error::fatal(self.fail("fatal"))),
            Step::Hang => {
                self.write("hangs");
                pending().await
            }
            Step::Leave => {
                self.write("leaves");
                cx.stop();
            }
            Step::LeaveAfter(permits) => {
                self.write("works");
                permits.acquire().await?.forget();
                self.write("leaves");
                cx.stop();
            }
            Step::Block(gate) => {
                self.write("blocks");
                let _ = gate.0.lock().unwrap().recv();
            }
            Step::Start(script) => {
                let factory = script.factory(&self.trace);
                script.apply(cx.supervise(factory)).await?;
            }
            Step::PanicAfter(permits) => {
                self.write("works");
                permits.acquire().await?.forget();
                panic!("{}", self.fail("panic"));
            }
        }
        self.steps += 1;
        Ok(self.steps)
    }

    #[handler("stopped")]
    async fn stopped(&mut self, _event: &Stopped) {
        self.write("stopping");
        match self.script.stop {
            Stop::Ok => {}
            Stop::Slow(time) => sleep(time).await,
            Stop::Panic => panic!("{}", self.fail("no end")),
            Stop::Hang => pending().await,
        }
        self.end = "stopped".to_owned();
    }
}

impl Child {
    fn write(&self, what: &str) {
        self.trace.add(&self.script.name, self.life, what);
    }

    /// Notes that the life fails now, and why.
    fn fail(&mut self, why: impl Into<String>) -> Error {
        let why = why.into();
        self.end = format!("failed: {why}");
        Error::new(why)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // A value that never got to its start has no life to tell of.
        if self.life > 0 {
            self.write(&self.end);
        }
    }
}

/// Writes down all exceptions and dead letters.
#[component]
pub(super) struct Observer(pub(super) Trace);

#[component]
impl Observer {
    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        let failed = if event.crashed { "crashed" } else { "failed" };
        let Exception { name, handler, .. } = event;
        let error = &event.error;
        self.0
            .note(format!("{name} {failed} in {handler}: {error}"));
    }

    #[handler("dead_letter")]
    fn dead_letter(&mut self, event: &DeadLetter) {
        let name = event.event.name();
        self.0.note(format!("dead {name}: {:?}", event.reason));
    }
}

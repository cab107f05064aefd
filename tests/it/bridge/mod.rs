//! Two systems, joined: what crosses, what comes back, and what does not.

mod calls;
mod links;
mod order;
mod processes;
mod wire;

use circuits::bridge::{Bridge, CrossError, Ready, RemoteError};
use circuits::prelude::*;
use circuits::{Address, CallError};
use serde::{Deserialize, Serialize};
use tokio::net::UnixStream;

use crate::support::{Log, within};

/// No wait takes longer.
const LIMIT: Duration = Duration::from_secs(30);

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = String)]
pub(crate) struct Hello {
    pub(crate) name: String,
}

impl Hello {
    pub(crate) fn from(name: &str) -> Self {
        Self { name: name.into() }
    }
}

/// Its handler waits until the log of the app says so, or nobody wants it.
#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32)]
pub(crate) struct Slow(pub(crate) u32);

#[derive(Event, Serialize, Deserialize, Debug)]
pub(crate) struct News(pub(crate) u32);

#[derive(Event, Serialize, Deserialize, Debug)]
#[event(reply = u32)]
pub(crate) struct Fail(pub(crate) String);

/// Answers, and writes down what comes.
#[component(channel = "app")]
pub(crate) struct App(pub(crate) Log);

#[component]
impl App {
    #[handler("hello")]
    fn hello(&mut self, event: &Hello) -> String {
        self.0.add(format_args!("hello {}", event.name));
        format!("Hello, {}!", event.name)
    }

    #[handler("news")]
    fn news(&mut self, event: &News) {
        self.0.add(format_args!("news {}", event.0));
    }

    #[handler("slow")]
    async fn slow(&self, event: &Slow, cx: &Context<Self>) -> Option<u32> {
        self.0.add(format_args!("slow {}", event.0));
        cx.unwanted().await;
        self.0.add(format_args!("unwanted {}", event.0));
        None
    }

    #[handler("fail")]
    fn fail(&mut self, event: &Fail) -> Result<Option<u32>, Error> {
        match event.0.as_str() {
            "panic" => panic!("it was asked to"),
            "nothing" => Ok(None),
            text => Err(Error::new(text)),
        }
    }
}

/// Two systems in this process, joined by a socket pair.
pub(crate) struct Pair {
    /// It calls.
    pub(crate) here: System,
    pub(crate) bridge: Address<Bridge>,
    /// It answers.
    pub(crate) there: System,
    pub(crate) other: Address<Bridge>,
    /// What the app of the other one writes down.
    pub(crate) log: Log,
}

impl Pair {
    /// Joins two systems, of which the other one has the app.
    pub(crate) async fn new(
        here_is: impl FnOnce(Bridge) -> Bridge,
        there_is: impl FnOnce(Bridge) -> Bridge,
    ) -> Self {
        let (one, two) = UnixStream::pair().unwrap();
        let (here, there) = (System::new(), System::new());
        let log = Log::default();
        let app = log.clone();
        there.supervise(move || App(app.clone())).await.unwrap();
        let bridge = here.register(here_is(Bridge::over(one)));
        let other = there.register(there_is(Bridge::over(two)));
        let (bridge, other) = within(async { tokio::join!(bridge, other) }).await;
        Self {
            here,
            bridge: bridge.unwrap(),
            there,
            other: other.unwrap(),
            log,
        }
    }

    /// Joins two systems that know all the events above.
    pub(crate) async fn usual() -> Self {
        let here = |it: Bridge| {
            it.send::<Hello>()
                .send::<News>()
                .send::<Slow>()
                .send::<Fail>()
        };
        let there = |it: Bridge| {
            let it = it.receive::<Hello>().receive::<News>();
            it.receive::<Slow>().receive::<Fail>().on("app")
        };
        Self::new(here, there).await
    }

    pub(crate) async fn call<E>(&self, event: E) -> Result<E::Reply, CallError>
    where
        E: circuits::event::Event,
    {
        within(self.here.on("bridge").call(event)).await
    }
}

/// What a call over a bridge failed with.
pub(crate) fn crossed<R: std::fmt::Debug>(answer: Result<R, CallError>) -> CrossError {
    match answer {
        Err(CallError::Failed(error)) => error
            .downcast_ref::<CrossError>()
            .unwrap_or_else(|| panic!("{error:?}"))
            .clone(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn remote<R: std::fmt::Debug>(answer: Result<R, CallError>) -> RemoteError {
    match crossed(answer) {
        CrossError::Remote(error) => error,
        other => panic!("{other:?}"),
    }
}

/// What an error says, with its causes.
pub(crate) fn texts(error: &(dyn std::error::Error + 'static)) -> Vec<String> {
    let causes =
        std::iter::successors(Some(error), |error: &&(dyn std::error::Error + 'static)| {
            (*error).source()
        });
    causes.map(ToString::to_string).collect()
}

#[tokio::test]
async fn core_112_ready_comes_before_the_first_event_that_crosses() {
    let (one, two) = UnixStream::pair().unwrap();
    let (here, there) = (System::new(), System::new());
    let probe = circuits::testing::Probe::on(&there, "app").await.unwrap();
    let bridge = here.register(Bridge::over(one).send::<News>());
    let other = Bridge::over(two).receive::<News>().on("app");
    let other = there.register(other).channel("app");
    let (bridge, other) = within(async { tokio::join!(bridge, other) }).await;
    bridge.unwrap();
    other.unwrap();
    here.on("bridge").fire(News(1));
    probe.expect::<News>().within(LIMIT).await.unwrap();
    let names = probe.names();
    let place = |name| names.iter().position(|it| *it == name);
    assert!(place("ready") < place("news"), "{names:?}");
    assert_eq!(probe.all::<Ready>()[0].process, std::process::id());
}

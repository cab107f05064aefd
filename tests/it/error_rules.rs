//! What an error of a handler does: the innermost rule that has an opinion decides.

use circuits::prelude::*;
use circuits::{CallError, OnError, Options, Restart};
use thiserror::Error as ThisError;

use crate::support::{Log, settle, watch, within};

/// An error of one of several kinds.
#[derive(Clone, Copy, Debug, PartialEq, ThisError)]
enum Kind {
    #[error("busy")]
    Busy,
    #[error("broken")]
    Broken,
    #[error("done")]
    Done,
    #[error("odd")]
    Odd,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Plain(Kind);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Strict(Kind);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Own(Kind);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Read(Kind);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Fatal(Kind);

fn rule(error: &Error) -> Option<OnError> {
    match error.downcast_ref()? {
        Kind::Busy => Some(OnError::Answer),
        Kind::Broken => Some(OnError::Restart),
        Kind::Done => Some(OnError::Stop),
        Kind::Odd => None,
    }
}

/// Fails as it is told; its component decides by the kind of error.
#[component(channel = "ruled", on_error = rule)]
#[derive(Default)]
struct Ruled {
    failed: u32,
}

impl Ruled {
    fn own(error: &Error) -> Option<OnError> {
        // What is not broken is left to the component.
        (error.downcast_ref() == Some(&Kind::Broken)).then_some(OnError::Answer)
    }
}

#[component]
impl Ruled {
    #[handler("plain")]
    fn plain(&mut self, event: &Plain) -> Result<u64, Kind> {
        self.failed += 1;
        Err(event.0)
    }

    #[handler("strict", on_error = "restart")]
    fn strict(&mut self, event: &Strict) -> Result<u64, Kind> {
        Err(event.0)
    }

    #[handler("own", on_error = Self::own)]
    fn own_rule(&mut self, event: &Own) -> Result<u64, Kind> {
        Err(event.0)
    }

    #[handler("read", on_error = "stop", parallel)]
    async fn read(&self, event: &Read) -> Result<u64, Kind> {
        tokio::task::yield_now().await;
        Err(event.0)
    }

    #[handler("fatal", on_error = "answer")]
    fn fatal(&mut self, event: &Fatal) -> Result<u64, Error> {
        Err(Error::fatal(event.0))
    }
}

/// What becomes of the component.
#[derive(Debug, PartialEq)]
enum Then {
    GoesOn,
    Restarts,
    Ends,
}

async fn check<E: Event<Reply = u64>>(event: E, then: Then)
where
    Ruled: circuits::component::Handles<E>,
{
    let system = System::with(Options::new().max_restarts(9));
    let reports = watch(&system).await;
    let transient = system
        .supervise(Ruled::default)
        .restart(Restart::Transient)
        .await
        .unwrap();
    let target = system.to(&transient);
    let called = within(target.call(event)).await;
    assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    settle().await;
    let found = match (transient.is_gone(), transient.life()) {
        (true, 1) => Then::Ends,
        (false, 1) => Then::GoesOn,
        _ => Then::Restarts,
    };
    assert_eq!(found, then, "{}", E::NAME);
    let lines = reports.take();
    let crashed = then == Then::Restarts;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(&format!(" {crashed}: ")), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn the_rule_of_the_component_decides_by_the_kind_of_error() {
    check(Plain(Kind::Busy), Then::GoesOn).await;
    check(Plain(Kind::Broken), Then::Restarts).await;
    check(Plain(Kind::Done), Then::Ends).await;
    check(Plain(Kind::Odd), Then::GoesOn).await;
}

#[tokio::test(start_paused = true)]
async fn the_rule_of_the_handler_comes_before_that_of_the_component() {
    check(Strict(Kind::Busy), Then::Restarts).await;
    check(Own(Kind::Broken), Then::GoesOn).await;
    check(Own(Kind::Done), Then::Ends).await;
    check(Read(Kind::Busy), Then::Ends).await;
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_is_past_all_rules() {
    check(Fatal(Kind::Busy), Then::Restarts).await;
}

/// Stops at each error, after what is queued at that time is a dead letter.
#[component(channel = "stops", on_error = "stop")]
struct Stops(Log);

#[component]
impl Stops {
    #[handler("plain")]
    fn plain(&mut self, event: &Plain) -> Result<u64, Kind> {
        self.0.add(event.0);
        Err(event.0)
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.0.add("stopped");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_that_stops_ends_the_component_in_order() {
    let system = System::new();
    let log = Log::default();
    let stops = system.register(Stops(log.clone())).await.unwrap();
    let target = system.to(&stops);
    target.fire(Plain(Kind::Busy));
    let queued = within(target.call(Plain(Kind::Odd))).await;
    assert!(matches!(queued, Err(CallError::Stopped)), "{queued:?}");
    settle().await;
    assert_eq!(log.take(), ["busy", "stopped"]);
    assert!(stops.is_gone());
}

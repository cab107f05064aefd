//! Exceptions: what a handler's error becomes.

use std::sync::{Arc, Mutex};

use circuits::event::Exception;
use circuits::prelude::*;
use circuits::{Address, CallError};
use tracing::field::{Field, Visit};
use tracing::{Level, Metadata, Subscriber, span};

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Divide(u32);

#[derive(Debug, thiserror::Error)]
#[error("division by zero")]
struct DivisionByZero;

#[component(channel = "divider")]
#[derive(Default)]
struct Divider {
    calls: u32,
}

#[component]
impl Divider {
    #[handler("divide")]
    fn divide(&mut self, event: &Divide) -> Result<u32, DivisionByZero> {
        self.calls += 1;
        12_u32.checked_div(event.0).ok_or(DivisionByZero)
    }
}

/// Keeps the last exception.
#[component]
struct Keeper(Arc<Mutex<Option<Exception>>>);

#[component]
impl Keeper {
    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        *self.0.lock().unwrap() = Some(event.clone());
    }
}

async fn divider(system: &System) -> Address<Divider> {
    let divider = system.supervise(Divider::default).named("divider");
    divider.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_error_is_an_exception_and_the_component_goes_on() {
    let system = System::new();
    let kept = Arc::default();
    system.register(Keeper(Arc::clone(&kept))).await.unwrap();
    let divider = divider(&system).await;
    let answer = system.to(&divider).call(Divide(0)).await;
    let Err(CallError::Failed(error)) = answer else {
        panic!("{answer:?}");
    };
    assert!(error.downcast_ref::<DivisionByZero>().is_some());
    settle().await;
    let exception = kept.lock().unwrap().take().unwrap();
    assert_eq!(
        (exception.component, &*exception.name),
        (divider.id(), "divider")
    );
    assert_eq!(
        (exception.handler, exception.event.name()),
        ("divide", "divide")
    );
    assert_eq!(exception.event.downcast_ref::<Divide>().unwrap().0, 0);
    assert!(exception.error.downcast_ref::<DivisionByZero>().is_some());
    assert!(!exception.crashed);
    assert_eq!(
        within(system.to(&divider).call(Divide(3))).await.unwrap(),
        4
    );
    assert_eq!((divider.life(), system.exceptions()), (1, 1));
    assert_eq!(system.dead_letters(), 0, "its event was handled");
}

#[tokio::test(start_paused = true)]
async fn an_exception_reaches_handlers_wherever_the_failure_was() {
    let system = System::new();
    let (one, two) = (watch(&system).await, watch(&system).await);
    divider(&system).await;
    system.on("divider").fire(Divide(0));
    settle().await;
    let expected = ["exception divide divide false: division by zero"];
    assert_eq!(one.take(), expected);
    assert_eq!(two.take(), expected);
}

/// Writes down what is logged at error level.
pub(crate) struct Errors(pub(crate) Log);

impl Subscriber for Errors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _span: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _span: &span::Id, _values: &span::Record<'_>) {}

    fn record_follows_from(&self, _span: &span::Id, _follows: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.add(line.0);
    }

    fn enter(&self, _span: &span::Id) {}

    fn exit(&self, _span: &span::Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!("{}={value:?} ", field.name());
    }
}

#[tokio::test(start_paused = true)]
async fn an_exception_that_nobody_handles_is_logged_as_an_error() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Errors(log.clone()));
    let system = System::new();
    divider(&system).await;
    system.on("divider").fire(Divide(0));
    settle().await;
    let lines = log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "component=divider ",
        "handler=\"divide\" ",
        "event=Divide(0) ",
        "crashed=false ",
        "message=division by zero ",
    ] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    // Once somebody handles it, the log is left alone.
    let seen = watch(&system).await;
    system.on("divider").fire(Divide(0));
    settle().await;
    assert_eq!((log.take().len(), seen.take().len()), (0, 1));
}

#[component(mailbox = 1, overflow = "reject")]
struct Deaf;

#[component]
impl Deaf {
    #[handler("exception")]
    async fn exception(&mut self, _event: &Exception) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_exception_that_its_handler_has_no_room_for_is_logged_as_an_error() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(Errors(log.clone()));
    let system = System::new();
    system.register(Deaf).await.unwrap();
    divider(&system).await;
    for _ in 0..2 {
        system.on("divider").fire(Divide(0));
        settle().await;
    }
    assert_eq!(log.take(), [""; 0]);
    system.on("divider").fire(Divide(0));
    settle().await;
    let lines = log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("division by zero"), "{lines:?}");
    assert_eq!(system.dead_letters(), 1);
}

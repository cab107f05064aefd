//! The same actor as a component.

use circuits::prelude::*;

#[derive(Event, Debug)]
pub(crate) struct Add {
    pub(crate) amount: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
pub(crate) struct Double {
    pub(crate) number: u64,
}

#[derive(Event, Debug)]
pub(crate) struct News {
    pub(crate) text: String,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
pub(crate) struct Sum;

#[component(channel = "sink")]
#[derive(Default)]
pub(crate) struct Sink {
    sum: u64,
}

#[component]
impl Sink {
    #[handler("add")]
    fn add(&mut self, event: &Add) {
        self.sum += event.amount;
    }

    #[handler("double")]
    fn double(&mut self, event: &Double) -> u64 {
        event.number * 2
    }

    #[handler("news")]
    fn news(&mut self, event: &News) {
        self.sum += event.text.len() as u64;
    }

    #[handler("sum")]
    fn sum(&mut self, _event: &Sum) -> u64 {
        self.sum
    }
}

/// Starts a system with one such component.
pub(crate) async fn start() -> (System, Address<Sink>) {
    let system = System::new();
    let sink = add_to(&system).await;
    (system, sink)
}

/// Adds one more to a system.
pub(crate) async fn add_to(system: &System) -> Address<Sink> {
    let started = system.supervise(Sink::default).await;
    started.expect("the component starts")
}

/// Asks one component for its sum.
pub(crate) async fn sum(system: &System, sink: &Address<Sink>) -> u64 {
    let answer = system.to(sink).call(Sum).await;
    answer.expect("the component answers")
}

//! The same actor as a component, reached by its channel or by its address.

use circuits::Handle;
use circuits::prelude::*;

use crate::harness::On;
use crate::peers::{Payload, Peer};

#[derive(Event, Debug)]
pub(crate) struct Add {
    amount: u64,
}

#[derive(Event, Debug)]
pub(crate) struct AddAsync {
    amount: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
pub(crate) struct Double {
    pub(crate) number: u64,
}

#[derive(Event, Debug)]
pub(crate) struct News {
    payload: Payload,
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

    #[handler("add_async")]
    async fn add_async(&mut self, event: &AddAsync) {
        std::future::ready(()).await;
        self.sum += event.amount;
    }

    #[handler("double")]
    fn double(&mut self, event: &Double) -> u64 {
        event.number * 2
    }

    #[handler("news")]
    fn news(&mut self, event: &News) {
        self.sum += u64::from(event.payload[0]);
    }

    #[handler("sum")]
    fn sum(&mut self, _event: &Sum) -> u64 {
        self.sum
    }
}

/// Adds one to a system.
pub(crate) async fn add_to(system: &Handle) -> Address<Sink> {
    let started = system.supervise(Sink::default).await;
    started.expect("the component starts")
}

#[derive(Clone)]
pub(crate) struct ByChannel {
    system: System,
}

impl ByChannel {
    /// Returns the system, which ends with the last clone.
    pub(crate) fn system(&self) -> &System {
        &self.system
    }
}

impl Peer for ByChannel {
    const NAME: &'static str = "circuits, channel";

    type Sink = Address<Sink>;

    fn begin(_on: On) -> Self {
        Self {
            system: System::new(),
        }
    }

    async fn sink(&self) -> Self::Sink {
        add_to(self.system()).await
    }

    async fn add(&self, _sink: &Self::Sink, amount: u64) {
        self.system().on("sink").fire(Add { amount }).await;
    }

    async fn add_async(&self, _sink: &Self::Sink, amount: u64) {
        self.system().on("sink").fire(AddAsync { amount }).await;
    }

    async fn double(&self, _sink: &Self::Sink, number: u64) -> u64 {
        let answer = self.system().on("sink").call(Double { number }).await;
        answer.expect("the component answers")
    }

    /// By address in any case: several listen on the channel.
    async fn sum(&self, sink: &Self::Sink) -> u64 {
        let answer = self.system().to(sink).call(Sum).await;
        answer.expect("the component answers")
    }

    async fn publish(&self, _sinks: &[Self::Sink], payload: Payload) {
        self.system().on("sink").fire(News { payload }).await;
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = self.sink().await;
        for _ in 0..count {
            self.system().on("sink").fire(Add { amount: 1 });
        }
        self.sum(&sink).await
    }
}

#[derive(Clone)]
pub(crate) struct ByAddress(ByChannel);

impl ByAddress {
    /// Returns the system, which ends with the last clone.
    pub(crate) fn system(&self) -> &System {
        self.0.system()
    }
}

impl Peer for ByAddress {
    const NAME: &'static str = "circuits, address";

    type Sink = Address<Sink>;

    fn begin(on: On) -> Self {
        Self(ByChannel::begin(on))
    }

    async fn sink(&self) -> Self::Sink {
        self.0.sink().await
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        self.system().to(sink).fire(Add { amount }).await;
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        self.system().to(sink).fire(AddAsync { amount }).await;
    }

    async fn double(&self, sink: &Self::Sink, number: u64) -> u64 {
        let answer = self.system().to(sink).call(Double { number }).await;
        answer.expect("the component answers")
    }

    async fn sum(&self, sink: &Self::Sink) -> u64 {
        self.0.sum(sink).await
    }

    /// An address is for one: to many, a channel is the way.
    async fn publish(&self, sinks: &[Self::Sink], payload: Payload) {
        self.0.publish(sinks, payload).await;
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = self.sink().await;
        for _ in 0..count {
            self.system().to(&sink).fire(Add { amount: 1 });
        }
        self.sum(&sink).await
    }
}

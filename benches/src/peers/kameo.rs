//! The same actor on kameo: a type for each message, `tell` and `ask`.

use std::sync::Arc;

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};

use crate::harness::On;
use crate::peers::{CAPACITY, Payload, Peer};

#[derive(Clone, Copy)]
pub(crate) struct Kameo;

#[derive(Default)]
pub(crate) struct Sink {
    sum: u64,
}

impl Actor for Sink {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(sink: Self, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(sink)
    }
}

struct Add {
    amount: u64,
}

impl Message<Add> for Sink {
    type Reply = ();

    async fn handle(&mut self, message: Add, _cx: &mut Context<Self, ()>) {
        self.sum += message.amount;
    }
}

struct AddAsync {
    amount: u64,
}

impl Message<AddAsync> for Sink {
    type Reply = ();

    async fn handle(&mut self, message: AddAsync, _cx: &mut Context<Self, ()>) {
        std::future::ready(()).await;
        self.sum += message.amount;
    }
}

struct Double {
    number: u64,
}

impl Message<Double> for Sink {
    type Reply = u64;

    async fn handle(&mut self, message: Double, _cx: &mut Context<Self, u64>) -> u64 {
        message.number * 2
    }
}

struct Sum;

impl Message<Sum> for Sink {
    type Reply = u64;

    async fn handle(&mut self, _message: Sum, _cx: &mut Context<Self, u64>) -> u64 {
        self.sum
    }
}

struct News(Arc<Payload>);

impl Message<News> for Sink {
    type Reply = ();

    async fn handle(&mut self, message: News, _cx: &mut Context<Self, ()>) {
        self.sum += u64::from(message.0[0]);
    }
}

impl Peer for Kameo {
    const NAME: &'static str = "kameo";

    type Sink = ActorRef<Sink>;

    fn begin(_on: On) -> Self {
        Self
    }

    async fn sink(&self) -> Self::Sink {
        Sink::spawn_with_mailbox(Sink::default(), mailbox::bounded(CAPACITY))
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        let told = sink.tell(Add { amount }).await;
        told.expect("the actor is there");
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        let told = sink.tell(AddAsync { amount }).await;
        told.expect("the actor is there");
    }

    async fn double(&self, sink: &Self::Sink, number: u64) -> u64 {
        let answer = sink.ask(Double { number }).await;
        answer.expect("the actor answers")
    }

    async fn sum(&self, sink: &Self::Sink) -> u64 {
        sink.ask(Sum).await.expect("the actor answers")
    }

    async fn publish(&self, sinks: &[Self::Sink], payload: Payload) {
        let payload = Arc::new(payload);
        for sink in sinks {
            let told = sink.tell(News(payload.clone())).await;
            told.expect("the actor is there");
        }
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = Sink::spawn_with_mailbox(Sink::default(), mailbox::unbounded());
        for _ in 0..count {
            let told = sink.tell(Add { amount: 1 }).try_send();
            told.expect("the actor is there");
        }
        self.sum(&sink).await
    }
}

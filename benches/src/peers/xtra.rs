//! The same actor on xtra: a type for each message; `send(..).priority(TOLD).detach()` tells,
//! `send(..)` asks.
//!
//! Its mailbox is a heap, in which messages of one priority have no order. So what is
//! told goes before what is asked: else a sum would be asked for too early.

use std::sync::Arc;

use futures_util::FutureExt;
use xtra::prelude::*;

use crate::harness::On;
use crate::peers::{CAPACITY, Payload, Peer};

#[derive(Clone, Copy)]
pub(crate) struct Xtra;

#[derive(Default, xtra::Actor)]
pub(crate) struct Sink {
    sum: u64,
}

struct Add {
    amount: u64,
}

impl Handler<Add> for Sink {
    type Return = ();

    async fn handle(&mut self, message: Add, _cx: &mut Context<Self>) {
        self.sum += message.amount;
    }
}

struct AddAsync {
    amount: u64,
}

impl Handler<AddAsync> for Sink {
    type Return = ();

    async fn handle(&mut self, message: AddAsync, _cx: &mut Context<Self>) {
        std::future::ready(()).await;
        self.sum += message.amount;
    }
}

struct Double {
    number: u64,
}

impl Handler<Double> for Sink {
    type Return = u64;

    async fn handle(&mut self, message: Double, _cx: &mut Context<Self>) -> u64 {
        message.number * 2
    }
}

struct Sum;

impl Handler<Sum> for Sink {
    type Return = u64;

    async fn handle(&mut self, _message: Sum, _cx: &mut Context<Self>) -> u64 {
        self.sum
    }
}

struct News(Arc<Payload>);

impl Handler<News> for Sink {
    type Return = ();

    async fn handle(&mut self, message: News, _cx: &mut Context<Self>) {
        self.sum += u64::from(message.0[0]);
    }
}

const TOLD: u32 = 1;

impl Peer for Xtra {
    const NAME: &'static str = "xtra";

    type Sink = Address<Sink>;

    fn begin(_on: On) -> Self {
        Self
    }

    async fn sink(&self) -> Self::Sink {
        xtra::spawn_tokio(Sink::default(), Mailbox::bounded(CAPACITY))
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        let told = sink.send(Add { amount }).priority(TOLD).detach().await;
        drop(told.expect("the actor is there"));
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        let told = sink.send(AddAsync { amount }).priority(TOLD).detach().await;
        drop(told.expect("the actor is there"));
    }

    async fn double(&self, sink: &Self::Sink, number: u64) -> u64 {
        let answer = sink.send(Double { number }).await;
        answer.expect("the actor answers")
    }

    async fn sum(&self, sink: &Self::Sink) -> u64 {
        sink.send(Sum).await.expect("the actor answers")
    }

    async fn publish(&self, sinks: &[Self::Sink], payload: Payload) {
        let payload = Arc::new(payload);
        for sink in sinks {
            let told = sink
                .send(News(payload.clone()))
                .priority(TOLD)
                .detach()
                .await;
            drop(told.expect("the actor is there"));
        }
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = xtra::spawn_tokio(Sink::default(), Mailbox::unbounded());
        for _ in 0..count {
            let told = sink
                .send(Add { amount: 1 })
                .priority(TOLD)
                .detach()
                .now_or_never();
            let told = told.expect("a mailbox without a bound has room");
            drop(told.expect("the actor is there"));
        }
        self.sum(&sink).await
    }
}

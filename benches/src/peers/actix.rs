//! The same actor on actix: a type for each message, `do_send` and `send`.
//!
//! actix has a runtime of its own: each of its arbiters is a thread with the
//! current-thread runtime of tokio, and an actor stays on one of them. On one
//! thread all is on the main arbiter. On two, the sender is on the main arbiter
//! and actors are started on a second one and on the main one in turn, so that the
//! first is not beside its sender.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::prelude::*;

use crate::harness::On;
use crate::peers::{CAPACITY, Payload, Peer};

#[derive(Clone)]
pub(crate) struct Actix {
    places: Arc<Places>,
}

/// Where actors are started, in turn.
struct Places {
    arbiters: Vec<ArbiterHandle>,
    /// Ended when the last clone is dropped, on the thread of the driver.
    own: Option<Arbiter>,
    next: AtomicUsize,
}

impl Drop for Places {
    fn drop(&mut self) {
        if let Some(arbiter) = self.own.take() {
            arbiter.stop();
            // Until it has dropped its actors, which the next run shall not feel.
            arbiter.join().expect("the arbiter ends");
        }
    }
}

impl Actix {
    /// Returns all places.
    pub(crate) fn places(&self) -> &[ArbiterHandle] {
        &self.places.arbiters
    }

    /// Returns the place of the next actor.
    pub(crate) fn place(&self) -> &ArbiterHandle {
        let turn = self.places.next.fetch_add(1, Ordering::Relaxed);
        &self.places.arbiters[turn % self.places.arbiters.len()]
    }
}

#[derive(Default)]
pub(crate) struct Sink {
    sum: u64,
}

impl Actor for Sink {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Add {
    amount: u64,
}

impl Handler<Add> for Sink {
    type Result = ();

    fn handle(&mut self, message: Add, _cx: &mut Self::Context) {
        self.sum += message.amount;
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct AddAsync {
    amount: u64,
}

/// A handler that awaits and then changes the state, before the next message.
impl Handler<AddAsync> for Sink {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, message: AddAsync, _cx: &mut Self::Context) -> Self::Result {
        let ready = std::future::ready(()).into_actor(self);
        AtomicResponse::new(Box::pin(
            ready.map(move |(), this, _cx| this.sum += message.amount),
        ))
    }
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Double {
    number: u64,
}

impl Handler<Double> for Sink {
    type Result = u64;

    fn handle(&mut self, message: Double, _cx: &mut Self::Context) -> u64 {
        message.number * 2
    }
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Sum;

impl Handler<Sum> for Sink {
    type Result = u64;

    fn handle(&mut self, _message: Sum, _cx: &mut Self::Context) -> u64 {
        self.sum
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct News(Arc<Payload>);

impl Handler<News> for Sink {
    type Result = ();

    fn handle(&mut self, message: News, _cx: &mut Self::Context) {
        self.sum += u64::from(message.0[0]);
    }
}

impl Peer for Actix {
    const NAME: &'static str = "actix";

    type Sink = Addr<Sink>;

    fn begin(on: On) -> Self {
        let own = match on {
            On::CurrentThread => None,
            On::TwoThreads => Some(Arbiter::new()),
        };
        let mut arbiters: Vec<_> = own.iter().map(Arbiter::handle).collect();
        arbiters.push(Arbiter::current());
        let next = AtomicUsize::new(0);
        Self {
            places: Arc::new(Places {
                arbiters,
                own,
                next,
            }),
        }
    }

    async fn sink(&self) -> Self::Sink {
        Sink::start_in_arbiter(self.place(), |_cx| Sink::default())
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        sink.do_send(Add { amount });
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        sink.do_send(AddAsync { amount });
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
            sink.do_send(News(payload.clone()));
        }
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = self.sink().await;
        for _ in 0..count {
            sink.do_send(Add { amount: 1 });
        }
        self.sum(&sink).await
    }

    fn run<F>(_on: On, work: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let system = actix::System::new();
        let task = system.block_on(async { tokio::task::spawn_local(work).await });
        task.expect("a measured task does not panic")
    }
}

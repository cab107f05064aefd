//! The same actor on ractor: one enum of messages, `cast` and `call`; a mailbox
//! has no bound, so that nobody waits for room.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use crate::harness::On;
use crate::peers::{Payload, Peer};

#[derive(Clone, Copy)]
pub(crate) struct Ractor;

pub(crate) struct Sink;

pub(crate) enum Message {
    Add {
        amount: u64,
    },
    AddAsync {
        amount: u64,
    },
    Double {
        number: u64,
        reply: RpcReplyPort<u64>,
    },
    News(Arc<Payload>),
    Sum {
        reply: RpcReplyPort<u64>,
    },
}

impl Actor for Sink {
    type Msg = Message;
    type State = u64;
    type Arguments = ();

    async fn pre_start(&self, _this: ActorRef<Message>, (): ()) -> Result<u64, ActorProcessingErr> {
        Ok(0)
    }

    async fn handle(
        &self,
        _this: ActorRef<Message>,
        message: Message,
        sum: &mut u64,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Add { amount } => *sum += amount,
            Message::AddAsync { amount } => {
                std::future::ready(()).await;
                *sum += amount;
            }
            Message::Double { number, reply } => reply.send(number * 2)?,
            Message::News(payload) => *sum += u64::from(payload[0]),
            Message::Sum { reply } => reply.send(*sum)?,
        }
        Ok(())
    }
}

fn cast(sink: &ActorRef<Message>, message: Message) {
    sink.cast(message).expect("the actor is there");
}

impl Peer for Ractor {
    const NAME: &'static str = "ractor";

    type Sink = ActorRef<Message>;

    fn begin(_on: On) -> Self {
        Self
    }

    async fn sink(&self) -> Self::Sink {
        let started = Actor::spawn(None, Sink, ()).await;
        started.expect("the actor starts").0
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        cast(sink, Message::Add { amount });
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        cast(sink, Message::AddAsync { amount });
    }

    async fn double(&self, sink: &Self::Sink, number: u64) -> u64 {
        let answer = sink.call(|reply| Message::Double { number, reply }, None);
        let answer = answer.await.expect("the actor is there");
        answer.expect("the actor answers")
    }

    async fn sum(&self, sink: &Self::Sink) -> u64 {
        let answer = sink.call(|reply| Message::Sum { reply }, None).await;
        answer.expect("the actor is there").expect("it answers")
    }

    async fn publish(&self, sinks: &[Self::Sink], payload: Payload) {
        let payload = Arc::new(payload);
        for sink in sinks {
            cast(sink, Message::News(payload.clone()));
        }
    }

    async fn flood(&self, count: u64) -> u64 {
        let sink = self.sink().await;
        for _ in 0..count {
            cast(&sink, Message::Add { amount: 1 });
        }
        self.sum(&sink).await
    }
}

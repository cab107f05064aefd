//! The baseline: an actor as one writes it by hand on tokio channels.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::harness::On;
use crate::peers::{CAPACITY, Payload, Peer};

#[derive(Clone, Copy)]
pub(crate) struct ByHand;

pub(crate) enum Message {
    Add {
        amount: u64,
    },
    AddAsync {
        amount: u64,
    },
    Double {
        number: u64,
        reply: oneshot::Sender<u64>,
    },
    News(Arc<Payload>),
    Sum {
        reply: oneshot::Sender<u64>,
    },
}

#[derive(Default)]
struct Actor {
    sum: u64,
}

impl Actor {
    async fn run(mut self, mut mailbox: mpsc::Receiver<Message>) {
        while let Some(message) = mailbox.recv().await {
            self.handle(message).await;
        }
    }

    async fn run_unbounded(mut self, mut mailbox: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = mailbox.recv().await {
            self.handle(message).await;
        }
    }

    async fn handle(&mut self, message: Message) {
        match message {
            Message::Add { amount } => self.sum += amount,
            Message::AddAsync { amount } => self.add(amount).await,
            Message::Double { number, reply } => drop(reply.send(number * 2)),
            Message::News(payload) => self.sum += u64::from(payload[0]),
            Message::Sum { reply } => drop(reply.send(self.sum)),
        }
    }

    async fn add(&mut self, amount: u64) {
        std::future::ready(()).await;
        self.sum += amount;
    }
}

async fn send(sink: &mpsc::Sender<Message>, message: Message) {
    assert!(sink.send(message).await.is_ok(), "the actor is there");
}

impl Peer for ByHand {
    const NAME: &'static str = "by hand";

    type Sink = mpsc::Sender<Message>;

    fn begin(_on: On) -> Self {
        Self
    }

    async fn sink(&self) -> Self::Sink {
        let (sender, mailbox) = mpsc::channel(CAPACITY);
        tokio::spawn(Actor::default().run(mailbox));
        sender
    }

    async fn add(&self, sink: &Self::Sink, amount: u64) {
        send(sink, Message::Add { amount }).await;
    }

    async fn add_async(&self, sink: &Self::Sink, amount: u64) {
        send(sink, Message::AddAsync { amount }).await;
    }

    async fn double(&self, sink: &Self::Sink, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        send(sink, Message::Double { number, reply }).await;
        answer.await.expect("the actor answers")
    }

    async fn sum(&self, sink: &Self::Sink) -> u64 {
        let (reply, answer) = oneshot::channel();
        send(sink, Message::Sum { reply }).await;
        answer.await.expect("the actor answers")
    }

    async fn publish(&self, sinks: &[Self::Sink], payload: Payload) {
        let payload = Arc::new(payload);
        for sink in sinks {
            send(sink, Message::News(payload.clone())).await;
        }
    }

    async fn flood(&self, count: u64) -> u64 {
        let (sink, mailbox) = mpsc::unbounded_channel();
        tokio::spawn(Actor::default().run_unbounded(mailbox));
        let send = |message| assert!(sink.send(message).is_ok(), "the actor is there");
        for _ in 0..count {
            send(Message::Add { amount: 1 });
        }
        let (reply, answer) = oneshot::channel();
        send(Message::Sum { reply });
        answer.await.expect("the actor answers")
    }
}

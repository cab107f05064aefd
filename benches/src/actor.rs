//! The baseline: an actor as one writes it by hand on tokio channels.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

/// As many as a component's mailbox holds unless it says otherwise.
const CAPACITY: usize = 1024;

/// What everybody hears; too large to copy for each receiver.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) text: String,
}

pub(crate) enum Message {
    Add {
        amount: u64,
    },
    Double {
        number: u64,
        reply: oneshot::Sender<u64>,
    },
    News(Arc<News>),
    Sum {
        reply: oneshot::Sender<u64>,
    },
}

struct Actor {
    sum: u64,
}

impl Actor {
    async fn run(mut self, mut mailbox: mpsc::Receiver<Message>) {
        while let Some(message) = mailbox.recv().await {
            match message {
                Message::Add { amount } => self.sum += amount,
                Message::Double { number, reply } => drop(reply.send(number * 2)),
                Message::News(news) => self.sum += news.text.len() as u64,
                Message::Sum { reply } => drop(reply.send(self.sum)),
            }
        }
    }
}

/// The sending end, with the verbs that the workloads need.
#[derive(Clone)]
pub(crate) struct Client(mpsc::Sender<Message>);

impl Client {
    /// Starts an actor on a task of its own.
    pub(crate) fn spawn() -> Self {
        let (sender, mailbox) = mpsc::channel(CAPACITY);
        tokio::spawn(Actor { sum: 0 }.run(mailbox));
        Self(sender)
    }

    pub(crate) async fn send(&self, message: Message) {
        assert!(self.0.send(message).await.is_ok(), "the actor is there");
    }

    pub(crate) async fn double(&self, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Double { number, reply }).await;
        answer.await.expect("the actor answers")
    }

    pub(crate) async fn sum(&self) -> u64 {
        let (reply, answer) = oneshot::channel();
        self.send(Message::Sum { reply }).await;
        answer.await.expect("the actor answers")
    }
}

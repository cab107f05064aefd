//! One event that two actors handle, one after the other: first the guard, and when
//! it is done the worker.
//!
//! Ours are two handlers of different priorities on one channel, which know nothing
//! of each other. By hand the guard must know the worker, and sends on what it got.
//! The peers have no such thing: the priorities of xtra order a mailbox, not the
//! actors that get a message.

use std::time::Duration;

use circuits::prelude::*;
use tokio::sync::{mpsc, oneshot};

use crate::case::{Case, Theme};
use crate::harness::{On, timed};
use crate::peers::{ByChannel, ByHand, CAPACITY};

const COUNT: u64 = 100_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    let case = Case::new(Theme::Many, "two handlers in turn", on, COUNT);
    vec![case.side(by_hand).side(ours)]
}

enum Message {
    Order { amount: u64 },
    Total { reply: oneshot::Sender<u64> },
}

/// Looks at each order, and sends it on.
async fn guard(mut mailbox: mpsc::Receiver<Message>, worker: mpsc::Sender<Message>) {
    let mut seen = 0;
    while let Some(message) = mailbox.recv().await {
        if let Message::Order { amount } = message {
            seen += std::hint::black_box(amount);
        }
        if worker.send(message).await.is_err() {
            break;
        }
    }
    std::hint::black_box(seen);
}

async fn worker(mut mailbox: mpsc::Receiver<Message>) {
    let mut total = 0;
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Order { amount } => total += amount,
            Message::Total { reply } => drop(reply.send(total)),
        }
    }
}

async fn by_hand(_peer: ByHand, count: u64) -> Duration {
    let (second, mailbox) = mpsc::channel(CAPACITY);
    tokio::spawn(worker(mailbox));
    let (first, mailbox) = mpsc::channel(CAPACITY);
    tokio::spawn(guard(mailbox, second));
    let send = async |message| assert!(first.send(message).await.is_ok(), "the actor is there");
    timed(async {
        for amount in 0..count {
            send(Message::Order { amount }).await;
        }
        let (reply, total) = oneshot::channel();
        send(Message::Total { reply }).await;
        assert_eq!(total.await.expect("it answers"), (0..count).sum());
    })
    .await
}

#[derive(Event, Debug)]
struct Order {
    amount: u64,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Total;

#[component(channel = "orders")]
#[derive(Default)]
struct Guard {
    seen: u64,
}

#[component]
impl Guard {
    #[handler("order", priority = 10)]
    fn order(&mut self, event: &Order) {
        self.seen += event.amount;
    }
}

#[component(channel = "orders")]
#[derive(Default)]
struct Worker {
    total: u64,
}

#[component]
impl Worker {
    #[handler("order")]
    fn order(&mut self, event: &Order) {
        self.total += event.amount;
    }

    #[handler("total")]
    fn total(&mut self, _event: &Total) -> u64 {
        self.total
    }
}

async fn ours(peer: ByChannel, count: u64) -> Duration {
    let system = peer.system();
    let started = system.supervise(Guard::default).await;
    started.expect("the guard starts");
    let started = system.supervise(Worker::default).await;
    started.expect("the worker starts");
    timed(async {
        let orders = system.on("orders");
        for amount in 0..count - 1 {
            orders.fire(Order { amount }).await;
        }
        // With several stages, an event has left the first mailbox when the next
        // stage begins: only its completion tells that all are through.
        let amount = count - 1;
        let completed = orders.fire(Order { amount }).completed().await;
        completed.expect("the last one is handled");
        let total = orders.call(Total).await.expect("the worker answers");
        assert_eq!(total, (0..count).sum());
    })
    .await
}

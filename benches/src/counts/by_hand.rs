//! The counted operations, done by an actor that is written by hand on the
//! channels of tokio.

use tokio::sync::{mpsc, oneshot};

use crate::counts::{PAYLOAD, RECEIVERS};

/// The usual size of a hand-written mailbox.
const CAPACITY: usize = 64;

enum Message {
    Add {
        amount: u64,
    },
    Double {
        number: u64,
        reply: oneshot::Sender<u64>,
    },
    News {
        bytes: Box<[u8; PAYLOAD]>,
    },
    Sum {
        reply: oneshot::Sender<u64>,
    },
}

async fn serve(mut mailbox: mpsc::Receiver<Message>) {
    let mut sum = 0;
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Add { amount } => sum += amount,
            Message::Double { number, reply } => drop(reply.send(number * 2)),
            Message::News { bytes } => sum += u64::from(bytes[0]),
            Message::Sum { reply } => drop(reply.send(sum)),
        }
    }
}

fn start() -> mpsc::Sender<Message> {
    let (sender, mailbox) = mpsc::channel(CAPACITY);
    tokio::spawn(serve(mailbox));
    sender
}

async fn send(sender: &mpsc::Sender<Message>, message: Message) {
    assert!(sender.send(message).await.is_ok(), "the actor is there");
}

async fn check(sender: &mpsc::Sender<Message>, expected: u64) {
    let (reply, sum) = oneshot::channel();
    send(sender, Message::Sum { reply }).await;
    assert_eq!(sum.await.expect("the actor answers"), expected);
}

pub(crate) async fn tell(count: u64) {
    let sender = start();
    for amount in 0..count {
        send(&sender, Message::Add { amount }).await;
    }
    check(&sender, (0..count).sum()).await;
}

pub(crate) async fn call(count: u64) {
    let sender = start();
    for number in 0..count {
        let (reply, answer) = oneshot::channel();
        send(&sender, Message::Double { number, reply }).await;
        assert_eq!(answer.await.expect("the actor answers"), number * 2);
    }
}

pub(crate) async fn deliver(count: u64) {
    let senders: Vec<_> = (0..RECEIVERS).map(|_| start()).collect();
    for _ in 0..count / RECEIVERS {
        for sender in &senders {
            let bytes = Box::new([1; PAYLOAD]);
            send(sender, Message::News { bytes }).await;
        }
        tokio::task::yield_now().await;
    }
    for sender in &senders {
        check(sender, count / RECEIVERS).await;
    }
}

pub(crate) async fn start_and_stop(count: u64) {
    for _ in 0..count {
        let (sender, mailbox) = mpsc::channel(CAPACITY);
        let task = tokio::spawn(serve(mailbox));
        drop(sender);
        task.await.expect("the actor ends");
    }
}

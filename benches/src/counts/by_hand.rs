//! The counted operations, done by an actor that is written by hand on the
//! channels of tokio.

use tokio::sync::{mpsc, oneshot};

use crate::counts::PAYLOAD;
use crate::peers::CAPACITY;

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

pub(crate) async fn deliver(receivers: u64, count: u64) {
    let senders: Vec<_> = (0..receivers).map(|_| start()).collect();
    for _ in 0..count / receivers {
        for sender in &senders {
            let bytes = Box::new([1; PAYLOAD]);
            send(sender, Message::News { bytes }).await;
        }
    }
    for sender in &senders {
        check(sender, count / receivers).await;
    }
}

/// Sends a number on, one less each time, until it is 0.
async fn play(mut mailbox: mpsc::Receiver<u64>, other: mpsc::Sender<u64>) {
    while let Some(left) = mailbox.recv().await {
        if left == 0 || other.send(left - 1).await.is_err() {
            break;
        }
    }
}

pub(crate) async fn ping_pong(count: u64) {
    let (one, first) = mpsc::channel(CAPACITY);
    let (other, second) = mpsc::channel(CAPACITY);
    let players = [
        tokio::spawn(play(first, other)),
        tokio::spawn(play(second, one.clone())),
    ];
    assert!(one.send(count).await.is_ok(), "the actor is there");
    drop(one);
    for player in players {
        player.await.expect("the actor ends");
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

//! By hand: a loop that spawns the actor again.

use std::sync::Arc;

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::peers::{ByHand, CAPACITY};
use crate::workloads::restart::{PANIC, Restart};

pub(crate) enum Message {
    Fail,
    Failures { reply: oneshot::Sender<u64> },
}

type Mailbox = Arc<Mutex<mpsc::Receiver<Message>>>;

async fn supervise(mailbox: mpsc::Receiver<Message>) {
    let mailbox = Mailbox::new(mailbox.into());
    for failures in 0.. {
        let life = tokio::spawn(serve(mailbox.clone(), failures));
        if life.await.is_ok() {
            break;
        }
    }
}

async fn serve(mailbox: Mailbox, failures: u64) {
    let mut mailbox = mailbox.lock().await;
    while let Some(message) = mailbox.recv().await {
        match message {
            Message::Fail => panic!("{PANIC}"),
            Message::Failures { reply } => drop(reply.send(failures)),
        }
    }
}

impl Restart for ByHand {
    type Child = mpsc::Sender<Message>;

    async fn child(&self) -> Self::Child {
        let (sender, mailbox) = mpsc::channel(CAPACITY);
        tokio::spawn(supervise(mailbox));
        sender
    }

    async fn fail(&self, child: &Self::Child) -> u64 {
        let send = async |message| assert!(child.send(message).await.is_ok(), "it is there");
        send(Message::Fail).await;
        let (reply, failures) = oneshot::channel();
        send(Message::Failures { reply }).await;
        failures.await.expect("the next life answers")
    }
}

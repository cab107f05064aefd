//! The ring on tokio channels: the ends are made first, then the actors.

use tokio::sync::mpsc;

use crate::peers::{ByHand, CAPACITY};
use crate::workloads::ring::{Done, Ring};

pub(crate) struct Pass {
    left: u64,
}

impl Ring for ByHand {
    type Relay = mpsc::Sender<Pass>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let (first, mut mailbox) = mpsc::channel(CAPACITY);
        for _ in 1..size {
            let (next, following) = mpsc::channel(CAPACITY);
            tokio::spawn(relay(mailbox, next, done.clone()));
            mailbox = following;
        }
        tokio::spawn(relay(mailbox, first.clone(), done));
        first
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        let sent = relay.send(Pass { left: hops }).await;
        assert!(sent.is_ok(), "the actor is there");
    }
}

async fn relay(mut mailbox: mpsc::Receiver<Pass>, next: mpsc::Sender<Pass>, done: Done) {
    while let Some(Pass { left }) = mailbox.recv().await {
        if left == 0 {
            done.notify_one();
        } else if next.send(Pass { left: left - 1 }).await.is_err() {
            break;
        }
    }
}

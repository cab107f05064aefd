//! By hand: a task for each call.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::peers::{ByHand, CAPACITY};
use crate::workloads::overlap::{Library, Overlap};

pub(crate) struct Look {
    number: u64,
    reply: oneshot::Sender<u64>,
}

async fn serve(mut mailbox: mpsc::Receiver<Look>, shelf: Arc<Library>) {
    while let Some(Look { number, reply }) = mailbox.recv().await {
        let shelf = shelf.clone();
        tokio::spawn(async move { reply.send(shelf.look(number).await) });
    }
}

impl Overlap for ByHand {
    type Reader = mpsc::Sender<Look>;

    async fn reader(&self, shelf: Arc<Library>) -> Self::Reader {
        let (sender, mailbox) = mpsc::channel(CAPACITY);
        tokio::spawn(serve(mailbox, shelf));
        sender
    }

    async fn look(&self, reader: &Self::Reader, number: u64) -> u64 {
        let (reply, answer) = oneshot::channel();
        let sent = reader.send(Look { number, reply }).await;
        assert!(sent.is_ok(), "the actor is there");
        answer.await.expect("the actor answers")
    }
}

//! By hand.

use tokio::sync::mpsc;

use crate::peers::{ByHand, CAPACITY};
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

enum Message {
    Grow(Part),
    Sum(u64),
}

enum Parent {
    Node(mpsc::Sender<Message>),
    Driver(Done),
}

impl Parent {
    async fn tell(self, sum: u64) {
        match self {
            Self::Node(node) => drop(node.send(Message::Sum(sum)).await),
            Self::Driver(done) => drop(done.send(sum)),
        }
    }
}

/// Does not wait: a new mailbox has room.
fn start(parent: Parent, part: Part) {
    let (this, mailbox) = mpsc::channel(CAPACITY);
    let told = this.try_send(Message::Grow(part));
    assert!(told.is_ok(), "the mailbox has room");
    tokio::spawn(node(this, mailbox, parent));
}

async fn node(this: mpsc::Sender<Message>, mut mailbox: mpsc::Receiver<Message>, parent: Parent) {
    let mut heard = Heard::default();
    while let Some(message) = mailbox.recv().await {
        let sum = match message {
            Message::Grow(part) => {
                let children = part.children();
                let is_leaf = children.len() == 0;
                for child in children {
                    start(Parent::Node(this.clone()), child);
                }
                is_leaf.then_some(part.first)
            }
            Message::Sum(sum) => heard.add(sum),
        };
        if let Some(sum) = sum {
            return parent.tell(sum).await;
        }
    }
}

impl Skynet for ByHand {
    async fn root(&self, part: Part, done: Done) {
        start(Parent::Driver(done), part);
    }
}

//! On kameo.

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};

use crate::peers::{CAPACITY, Kameo};
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

enum Parent {
    Node(ActorRef<Node>),
    /// Taken when the sum is told.
    Driver(Option<Done>),
}

struct Node {
    parent: Parent,
    heard: Heard,
}

impl Actor for Node {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(node: Self, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(node)
    }
}

struct Grow(Part);

impl Message<Grow> for Node {
    type Reply = ();

    async fn handle(&mut self, Grow(part): Grow, cx: &mut Context<Self, ()>) {
        let children = part.children();
        if children.len() == 0 {
            self.finish(part.first, cx).await;
        }
        for child in children {
            start(Parent::Node(cx.actor_ref().clone()), child).await;
        }
    }
}

struct Sum(u64);

impl Message<Sum> for Node {
    type Reply = ();

    async fn handle(&mut self, Sum(sum): Sum, cx: &mut Context<Self, ()>) {
        if let Some(sum) = self.heard.add(sum) {
            self.finish(sum, cx).await;
        }
    }
}

impl Node {
    async fn finish(&mut self, sum: u64, cx: &mut Context<Self, ()>) {
        match &mut self.parent {
            Parent::Node(node) => node.tell(Sum(sum)).await.expect("the parent is there"),
            Parent::Driver(done) => drop(done.take().map(|done| done.send(sum))),
        }
        cx.stop();
    }
}

async fn start(parent: Parent, part: Part) {
    let heard = Heard::default();
    let node = Node::spawn_with_mailbox(Node { parent, heard }, mailbox::bounded(CAPACITY));
    node.tell(Grow(part)).await.expect("the actor is there");
}

impl Skynet for Kameo {
    async fn root(&self, part: Part, done: Done) {
        start(Parent::Driver(Some(done)), part).await;
    }
}

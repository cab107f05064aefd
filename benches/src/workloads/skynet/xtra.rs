//! On xtra.

use xtra::prelude::*;

use crate::peers::{CAPACITY, Xtra};
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

enum Parent {
    Node(Address<Node>),
    /// Taken when the sum is told.
    Driver(Option<Done>),
}

#[derive(xtra::Actor)]
struct Node {
    parent: Parent,
    heard: Heard,
    /// Held until all children have told: an actor ends when nobody has its address.
    this: Option<Address<Self>>,
}

struct Grow {
    part: Part,
    this: Address<Node>,
}

impl Handler<Grow> for Node {
    type Return = ();

    async fn handle(&mut self, Grow { part, this }: Grow, cx: &mut Context<Self>) {
        let children = part.children();
        if children.len() == 0 {
            self.finish(part.first, cx).await;
        }
        for child in children {
            start(Parent::Node(this.clone()), child).await;
        }
        self.this = Some(this);
    }
}

struct Sum(u64);

impl Handler<Sum> for Node {
    type Return = ();

    async fn handle(&mut self, Sum(sum): Sum, cx: &mut Context<Self>) {
        if let Some(sum) = self.heard.add(sum) {
            self.finish(sum, cx).await;
        }
    }
}

impl Node {
    async fn finish(&mut self, sum: u64, cx: &mut Context<Self>) {
        match &mut self.parent {
            Parent::Node(node) => {
                let told = node.send(Sum(sum)).detach().await;
                drop(told.expect("the parent is there"));
            }
            Parent::Driver(done) => drop(done.take().map(|done| done.send(sum))),
        }
        cx.stop_self();
    }
}

async fn start(parent: Parent, part: Part) {
    let node = Node {
        parent,
        heard: Heard::default(),
        this: None,
    };
    let node = xtra::spawn_tokio(node, Mailbox::bounded(CAPACITY));
    let this = node.clone();
    let told = node.send(Grow { part, this }).detach().await;
    drop(told.expect("the actor is there"));
}

impl Skynet for Xtra {
    async fn root(&self, part: Part, done: Done) {
        start(Parent::Driver(Some(done)), part).await;
    }
}

//! Ours: a parent registers its children and tells them to grow.

use circuits::prelude::*;

use crate::peers::ByAddress;
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

#[derive(Event, Debug)]
struct Grow {
    part: Part,
}

#[derive(Event, Debug)]
struct Sum {
    sum: u64,
}

enum Parent {
    Node(Address<Node>),
    /// Taken when the sum is told.
    Driver(Option<Done>),
}

#[component]
struct Node {
    parent: Parent,
    heard: Heard,
}

impl Node {
    fn new(parent: Parent) -> Self {
        let heard = Heard::default();
        Self { parent, heard }
    }

    fn finish(&mut self, sum: u64, cx: &Context<Self>) {
        match &mut self.parent {
            Parent::Node(node) => drop(cx.to(node).fire(Sum { sum })),
            Parent::Driver(done) => drop(done.take().map(|done| done.send(sum))),
        }
        cx.stop();
    }
}

#[component]
impl Node {
    #[handler("grow")]
    async fn grow(&mut self, event: &Grow, cx: &Context<Self>) -> Result<(), Error> {
        let children = event.part.children();
        if children.len() == 0 {
            self.finish(event.part.first, cx);
        }
        for part in children {
            let child = cx.register(Node::new(Parent::Node(cx.address()))).await?;
            cx.to(&child).fire(Grow { part }).await;
        }
        Ok(())
    }

    #[handler("sum")]
    fn sum(&mut self, event: &Sum, cx: &Context<Self>) {
        if let Some(sum) = self.heard.add(event.sum) {
            self.finish(sum, cx);
        }
    }
}

impl Skynet for ByAddress {
    async fn root(&self, part: Part, done: Done) {
        let root = Node::new(Parent::Driver(Some(done)));
        let root = self.system().register(root).await;
        let root = root.expect("the root starts");
        self.system().to(&root).fire(Grow { part }).await;
    }
}

//! On actix. The ten below the root are spread over the arbiters; below them, a
//! child is started where its parent is, as `start` does.

use actix::prelude::*;

use crate::peers::{Actix, CAPACITY};
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

enum Parent {
    Node(Addr<Node>),
    /// Taken when the sum is told.
    Driver(Option<Done>),
}

struct Node {
    parent: Parent,
    heard: Heard,
    /// Where to start the children, in turn; here, if empty, as below the root.
    places: Vec<ArbiterHandle>,
}

impl Actor for Node {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Grow(Part);

impl Handler<Grow> for Node {
    type Result = ();

    fn handle(&mut self, Grow(part): Grow, cx: &mut Self::Context) {
        let children = part.children();
        if children.len() == 0 {
            self.finish(part.first, cx);
        }
        let mut places = self.places.iter().cycle();
        for child in children {
            let node = Node::below(Parent::Node(cx.address()));
            let node = match places.next() {
                Some(place) => Node::start_in_arbiter(place, |_cx| node),
                None => node.start(),
            };
            node.do_send(Grow(child));
        }
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Sum(u64);

impl Handler<Sum> for Node {
    type Result = ();

    fn handle(&mut self, Sum(sum): Sum, cx: &mut Self::Context) {
        if let Some(sum) = self.heard.add(sum) {
            self.finish(sum, cx);
        }
    }
}

impl Node {
    fn below(parent: Parent) -> Self {
        Self {
            parent,
            heard: Heard::default(),
            places: Vec::new(),
        }
    }

    fn finish(&mut self, sum: u64, cx: &mut Context<Self>) {
        match &mut self.parent {
            Parent::Node(node) => node.do_send(Sum(sum)),
            Parent::Driver(done) => drop(done.take().map(|done| done.send(sum))),
        }
        cx.stop();
    }
}

impl Skynet for Actix {
    async fn root(&self, part: Part, done: Done) {
        let mut root = Node::below(Parent::Driver(Some(done)));
        root.places = self.places().to_vec();
        let root = Node::start_in_arbiter(self.place(), |_cx| root);
        root.do_send(Grow(part));
    }
}

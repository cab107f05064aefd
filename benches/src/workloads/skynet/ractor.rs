//! On ractor.

use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::peers::Ractor;
use crate::workloads::skynet::{Done, Heard, Part, Skynet};

struct Node;

enum Message {
    Grow(Part),
    Sum(u64),
}

enum Parent {
    Node(ActorRef<Message>),
    /// Taken when the sum is told.
    Driver(Option<Done>),
}

struct State {
    parent: Parent,
    heard: Heard,
}

impl Actor for Node {
    type Msg = Message;
    type State = State;
    type Arguments = Parent;

    async fn pre_start(
        &self,
        _this: ActorRef<Message>,
        parent: Parent,
    ) -> Result<State, ActorProcessingErr> {
        let heard = Heard::default();
        Ok(State { parent, heard })
    }

    async fn handle(
        &self,
        this: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let sum = match message {
            Message::Grow(part) => {
                let children = part.children();
                let is_leaf = children.len() == 0;
                for child in children {
                    // Boxed, since its type contains itself.
                    Box::pin(start(Parent::Node(this.clone()), child)).await;
                }
                is_leaf.then_some(part.first)
            }
            Message::Sum(sum) => state.heard.add(sum),
        };
        if let Some(sum) = sum {
            match &mut state.parent {
                Parent::Node(node) => node.cast(Message::Sum(sum))?,
                Parent::Driver(done) => drop(done.take().map(|done| done.send(sum))),
            }
            this.stop(None);
        }
        Ok(())
    }
}

async fn start(parent: Parent, part: Part) {
    let started = Actor::spawn(None, Node, parent).await;
    let (node, _) = started.expect("the actor starts");
    node.cast(Message::Grow(part)).expect("the actor is there");
}

impl Skynet for Ractor {
    async fn root(&self, part: Part, done: Done) {
        start(Parent::Driver(Some(done)), part).await;
    }
}

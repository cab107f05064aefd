//! The ring on ractor.

use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::peers::Ractor;
use crate::workloads::ring::{Done, Ring};

struct Relay;

pub(crate) enum Message {
    Meet { next: ActorRef<Message> },
    Pass { left: u64 },
}

struct State {
    next: Option<ActorRef<Message>>,
    done: Done,
}

impl Actor for Relay {
    type Msg = Message;
    type State = State;
    type Arguments = Done;

    async fn pre_start(
        &self,
        _this: ActorRef<Message>,
        done: Done,
    ) -> Result<State, ActorProcessingErr> {
        Ok(State { next: None, done })
    }

    async fn handle(
        &self,
        _this: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match (message, &state.next) {
            (Message::Meet { next }, _) => state.next = Some(next),
            (Message::Pass { left }, Some(next)) if left > 0 => {
                next.cast(Message::Pass { left: left - 1 })?;
            }
            (Message::Pass { .. }, _) => state.done.notify_one(),
        }
        Ok(())
    }
}

impl Ring for Ractor {
    type Relay = ActorRef<Message>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let mut relays = Vec::new();
        for _ in 0..size {
            let started = Actor::spawn(None, Relay, done.clone()).await;
            relays.push(started.expect("the actor starts").0);
        }
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            let told = relay.cast(Message::Meet { next });
            told.expect("the actor is there");
        }
        relays.swap_remove(0)
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        let told = relay.cast(Message::Pass { left: hops });
        told.expect("the actor is there");
    }
}

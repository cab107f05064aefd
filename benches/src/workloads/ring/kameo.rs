//! The ring on kameo.

use kameo::actor::{Actor, ActorRef, Spawn};
use kameo::error::Infallible;
use kameo::mailbox;
use kameo::message::{Context, Message};

use crate::peers::{CAPACITY, Kameo};
use crate::workloads::ring::{Done, Ring};

pub(crate) struct Relay {
    next: Option<ActorRef<Relay>>,
    done: Done,
}

impl Actor for Relay {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(relay: Self, _this: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(relay)
    }
}

struct Pass {
    left: u64,
}

impl Message<Pass> for Relay {
    type Reply = ();

    async fn handle(&mut self, message: Pass, _cx: &mut Context<Self, ()>) {
        match &self.next {
            Some(next) if message.left > 0 => {
                let left = message.left - 1;
                // The next one may be gone already when the run ends.
                let _ = next.tell(Pass { left }).await;
            }
            _ => self.done.notify_one(),
        }
    }
}

struct Meet {
    next: ActorRef<Relay>,
}

impl Message<Meet> for Relay {
    type Reply = ();

    async fn handle(&mut self, message: Meet, _cx: &mut Context<Self, ()>) {
        self.next = Some(message.next);
    }
}

impl Ring for Kameo {
    type Relay = ActorRef<Relay>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let relay = || {
            let (next, done) = (None, done.clone());
            Relay::spawn_with_mailbox(Relay { next, done }, mailbox::bounded(CAPACITY))
        };
        let mut relays: Vec<_> = (0..size).map(|_| relay()).collect();
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            relay.tell(Meet { next }).await.expect("the actor is there");
        }
        relays.swap_remove(0)
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        let told = relay.tell(Pass { left: hops }).await;
        told.expect("the actor is there");
    }
}

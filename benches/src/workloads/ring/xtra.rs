//! The ring on xtra.

use xtra::prelude::*;

use crate::peers::{CAPACITY, Xtra};
use crate::workloads::ring::{Done, Ring};

#[derive(xtra::Actor)]
pub(crate) struct Relay {
    next: Option<Address<Relay>>,
    done: Done,
}

struct Pass {
    left: u64,
}

impl Handler<Pass> for Relay {
    type Return = ();

    async fn handle(&mut self, message: Pass, _cx: &mut Context<Self>) {
        match &self.next {
            Some(next) if message.left > 0 => {
                let left = message.left - 1;
                // The next one may be gone already when the run ends.
                let _ = next.send(Pass { left }).detach().await;
            }
            _ => self.done.notify_one(),
        }
    }
}

struct Meet {
    next: Address<Relay>,
}

impl Handler<Meet> for Relay {
    type Return = ();

    async fn handle(&mut self, message: Meet, _cx: &mut Context<Self>) {
        self.next = Some(message.next);
    }
}

impl Ring for Xtra {
    type Relay = Address<Relay>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let relay = || {
            let (next, done) = (None, done.clone());
            xtra::spawn_tokio(Relay { next, done }, Mailbox::bounded(CAPACITY))
        };
        let mut relays: Vec<_> = (0..size).map(|_| relay()).collect();
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            relay.send(Meet { next }).await.expect("the actor is there");
        }
        relays.swap_remove(0)
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        let told = relay.send(Pass { left: hops }).detach().await;
        drop(told.expect("the actor is there"));
    }
}

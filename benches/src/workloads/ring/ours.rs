//! The ring of components.

use circuits::prelude::*;

use crate::peers::ByAddress;
use crate::workloads::ring::{Done, Ring};

#[derive(Event, Debug)]
struct Pass {
    left: u64,
}

#[derive(Event)]
struct Meet {
    next: Address<Relay>,
}

#[component]
pub(crate) struct Relay {
    next: Option<Address<Relay>>,
    done: Done,
}

#[component]
impl Relay {
    #[handler("meet")]
    fn meet(&mut self, event: &Meet) {
        self.next = Some(event.next.clone());
    }

    #[handler("pass")]
    fn pass(&mut self, event: &Pass, cx: &Context<Self>) {
        match &self.next {
            Some(next) if event.left > 0 => {
                let left = event.left - 1;
                cx.to(next).fire(Pass { left });
            }
            _ => self.done.notify_one(),
        }
    }
}

impl Ring for ByAddress {
    type Relay = Address<Relay>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let system = self.system();
        let mut relays = Vec::new();
        for _ in 0..size {
            let done = done.clone();
            let relay = system.supervise(move || Relay {
                next: None,
                done: done.clone(),
            });
            relays.push(relay.await.expect("the component starts"));
        }
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            system.to(relay).fire(Meet { next }).await;
        }
        relays.swap_remove(0)
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        self.system().to(relay).fire(Pass { left: hops }).await;
    }
}

//! The ring on actix. On two threads, neighbors are on different ones: nothing is
//! said in its guide on how to place actors better.

use actix::prelude::*;

use crate::peers::{Actix, CAPACITY};
use crate::workloads::ring::{Done, Ring};

pub(crate) struct Relay {
    next: Option<Addr<Relay>>,
    done: Done,
}

impl Actor for Relay {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(CAPACITY);
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Pass {
    left: u64,
}

impl Handler<Pass> for Relay {
    type Result = ();

    fn handle(&mut self, message: Pass, _cx: &mut Self::Context) {
        match &self.next {
            Some(next) if message.left > 0 => {
                let left = message.left - 1;
                next.do_send(Pass { left });
            }
            _ => self.done.notify_one(),
        }
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Meet {
    next: Addr<Relay>,
}

impl Handler<Meet> for Relay {
    type Result = ();

    fn handle(&mut self, message: Meet, _cx: &mut Self::Context) {
        self.next = Some(message.next);
    }
}

impl Ring for Actix {
    type Relay = Addr<Relay>;

    async fn ring(&self, size: usize, done: Done) -> Self::Relay {
        let relay = || {
            let (next, done) = (None, done.clone());
            Relay::start_in_arbiter(self.place(), |_cx| Relay { next, done })
        };
        let mut relays: Vec<_> = (0..size).map(|_| relay()).collect();
        for (at, relay) in relays.iter().enumerate() {
            let next = relays[(at + 1) % size].clone();
            relay.send(Meet { next }).await.expect("the actor is there");
        }
        relays.swap_remove(0)
    }

    async fn pass(&self, relay: &Self::Relay, hops: u64) {
        relay.do_send(Pass { left: hops });
    }
}

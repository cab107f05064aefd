//! What things cost: allocations and bytes, exact, in debug and in release.
//!
//! Each count is taken twice, for a number of events and for twice as many;
//! the difference is what the events cost, without what surrounds them.

mod datagrams;
mod events;
mod growth;
mod memory;

use circuits::Address;
use circuits::prelude::*;
use tokio::runtime::{Builder, Runtime};

#[derive(Event, Clone)]
pub(crate) struct Tick {
    pub(crate) payload: [u64; 6],
}

#[derive(Event)]
#[event(reply = u64)]
pub(crate) struct Count;

pub(crate) const TICK: Tick = Tick { payload: [7; 6] };
pub(crate) const EVENTS: u64 = 1000;

#[component(channel = "counter", mailbox = 4096)]
#[derive(Default)]
pub(crate) struct Counter {
    count: u64,
}

#[component]
impl Counter {
    #[handler]
    fn tick(&mut self, event: &Tick) {
        self.count += event.payload[0] / 7;
    }

    #[handler]
    fn count(&mut self, _: &Count) -> u64 {
        self.count
    }
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) async fn counter(system: &System) -> Address<Counter> {
    system.supervise(Counter::default).await.unwrap()
}

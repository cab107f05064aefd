//! What an event allocates.

use std::future::Future;

use circuits::debugger::{Debugger, Switch};
use circuits::prelude::*;
use tokio::runtime::Runtime;

use crate::{Count, EVENTS, TICK, Tick, counter, runtime};

#[derive(Event)]
#[event(reply = u64)]
struct Read;

#[derive(Event)]
#[event(reply = u64)]
struct SlowRead;

#[component(channel = "reader", mailbox = 4096)]
#[derive(Default)]
struct Reader {
    value: u64,
}

#[component]
impl Reader {
    #[handler]
    fn read(&self, _: &Read) -> u64 {
        self.value
    }

    #[handler]
    async fn slow_read(&self, _: &SlowRead) -> u64 {
        tokio::task::yield_now().await;
        self.value
    }
}

#[derive(Event)]
struct Relay;

/// Calls from within a handler, where the call also looks for deadlocks.
#[component(channel = "relay")]
struct Caller;

#[component]
impl Caller {
    #[handler]
    async fn relay(&mut self, _: &Relay, cx: &Context<Self>) {
        cx.on("counter").call(Count).await.unwrap();
    }
}

/// Returns the allocations of `EVENTS` rounds, after the first rounds have
/// grown the buffers to their size.
fn allocations<F: Future<Output = ()>>(runtime: &Runtime, round: impl Fn() -> F) -> u64 {
    let rounds = |number: u64| {
        let info = allocation_counter::measure(|| {
            runtime.block_on(async {
                for _ in 0..number {
                    round().await;
                }
            });
        });
        info.count_total
    };
    rounds(EVENTS);
    let once = rounds(EVENTS);
    rounds(2 * EVENTS) - once
}

#[test]
fn an_event_to_one_receiver_allocates_nothing() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let address = runtime.block_on(counter(&system));
    assert_eq!(size_of::<Tick>(), 48);

    let by_channel = allocations(&runtime, async || system.on("counter").fire(TICK).await);
    assert_eq!(by_channel, 0, "by channel, awaited");
    let to_all = allocations(&runtime, async || system.fire(TICK).await);
    assert_eq!(to_all, 0, "on all channels, awaited");
    let addressed = allocations(&runtime, async || system.to(&address).fire(TICK).await);
    assert_eq!(addressed, 0, "by address, awaited");
    let prioritized = allocations(&runtime, async || {
        system.on("counter").priority(3).fire(TICK).await
    });
    assert_eq!(prioritized, 0, "with a priority");
    let handled = runtime
        .block_on(system.on("counter").call(Count).into_future())
        .unwrap();
    assert_eq!(handled, 4 * 4 * EVENTS);
}

#[test]
fn core_130_a_debugger_that_is_off_costs_nothing() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let address = runtime.block_on(counter(&system));
    let debugger = Debugger::to_writer(std::io::sink()).off();
    let debugger = runtime.block_on(system.register(debugger).into_future());
    let debugger = debugger.unwrap();
    let cost = || {
        allocations(&runtime, async || {
            system.on("counter").fire(TICK).await;
            system.to(&address).fire(TICK).await;
            tokio::task::yield_now().await;
        })
    };
    assert_eq!(cost(), 0, "made so");
    let switch = |switch| {
        let call = system.to(&debugger).call(switch);
        runtime.block_on(call.into_future()).unwrap()
    };
    switch(Switch::On);
    assert!(cost() > 0, "a debugger that is on makes lines");
    switch(Switch::Off);
    assert_eq!(cost(), 0, "switched off");
}

#[test]
fn a_broadcast_allocates_once_whatever_the_number_of_receivers() {
    for receivers in [1, 10, 1000] {
        let runtime = runtime();
        let system = runtime.block_on(async {
            let system = System::new();
            for _ in 0..receivers {
                counter(&system).await;
            }
            system
        });
        let broadcast = allocations(&runtime, async || {
            system.on("counter").fire(TICK).await;
            // The runtime runs 61 tasks at most between two polls of this one.
            for _ in 0..=receivers / 61 {
                tokio::task::yield_now().await;
            }
        });
        // One receiver gets the event itself.
        let expected = if receivers == 1 { 0 } else { EVENTS };
        assert_eq!(broadcast, expected, "to {receivers} receivers");
    }
}

#[test]
fn a_call_allocates_at_most_once() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let address = runtime.block_on(counter(&system));
    let by_channel = allocations(&runtime, async || {
        system.on("counter").call(Count).await.unwrap();
    });
    assert!(
        by_channel <= EVENTS,
        "by channel: {by_channel} for {EVENTS} calls"
    );
    let addressed = allocations(&runtime, async || {
        system.to(&address).call(Count).await.unwrap();
    });
    assert!(
        addressed <= EVENTS,
        "by address: {addressed} for {EVENTS} calls"
    );
    runtime.block_on(async { system.supervise(|| Caller).await.unwrap() });
    let nested = allocations(&runtime, async || {
        system.on("relay").fire(Relay).await;
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    });
    assert!(
        nested <= EVENTS,
        "from a handler: {nested} for {EVENTS} calls"
    );
}

#[test]
fn a_reader_that_finishes_or_waits_in_its_slot_allocates_nothing() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    runtime.block_on(async { system.supervise(Reader::default).await.unwrap() });
    let finished = allocations(&runtime, async || system.on("reader").fire(Read).await);
    assert_eq!(finished, 0, "a reader that finishes");
    let waited = allocations(&runtime, async || {
        for _ in 0..4 {
            system.on("reader").fire(SlowRead).await;
        }
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(waited, 0, "readers that wait in their slots");
}

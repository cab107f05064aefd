//! What things cost: allocations and bytes, exact, in debug and in release.
//!
//! Each count is taken twice, for a number of events and for twice as many;
//! the difference is what the events cost, without what surrounds them.

use std::future::Future;

use circuits::prelude::*;
use circuits::supervisor::{Dynamic, Supervisor};
use circuits::{Address, Options, Restart};
use tokio::runtime::{Builder, Runtime};

#[derive(Event, Clone)]
struct Tick {
    payload: [u64; 6],
}

#[derive(Event)]
#[event(reply = u64)]
struct Count;

#[derive(Event)]
#[event(reply = u64)]
struct Read;

#[derive(Event)]
#[event(reply = u64)]
struct SlowRead;

const TICK: Tick = Tick { payload: [7; 6] };
const EVENTS: u64 = 1000;

#[component(channel = "counter", mailbox = 4096)]
#[derive(Default)]
struct Counter {
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

#[derive(Event)]
#[event(reply = u64)]
struct Late;

/// Answers when nobody waits any more.
#[component(channel = "tardy", mailbox = 4096)]
struct Tardy;

#[component]
impl Tardy {
    #[handler]
    async fn late(&self, _: &Late) -> u64 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        1
    }
}

#[derive(Event)]
struct Ask(u64);

/// Calls, and does not wait for long.
#[component(channel = "impatient")]
struct Impatient;

#[component]
impl Impatient {
    #[handler]
    async fn ask(&self, event: &Ask, cx: &Context<Self>) {
        for _ in 0..event.0 {
            let call = cx.on("tardy").call(Late).timeout(Duration::from_millis(2));
            assert!(call.await.is_err());
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
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

async fn counter(system: &System) -> Address<Counter> {
    system.supervise(Counter::default).await.unwrap()
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

#[test]
fn a_million_calls_that_time_out_leave_nothing_behind() {
    const CALLERS: u64 = 50;
    const CALLS: u64 = 1_000_000;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let system = runtime.block_on(async {
        let system = System::new();
        system.register(Tardy).await.unwrap();
        system.register(Impatient).await.unwrap();
        system
    });
    // Half of them from outside; the others from handlers, which publish each wait.
    let run = |calls: u64| {
        runtime.block_on(async {
            let mut outside = tokio::task::JoinSet::new();
            for _ in 0..CALLERS / 2 {
                system.on("impatient").fire(Ask(calls / CALLERS));
                let system = system.clone();
                outside.spawn(async move {
                    for _ in 0..calls / CALLERS {
                        let call = system.on("tardy").call(Late);
                        let limit = Duration::from_millis(2);
                        assert!(call.timeout(limit).await.is_err());
                    }
                });
            }
            outside.join_all().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        });
    };
    run(10_000);
    let info = allocation_counter::measure(|| run(CALLS));
    // A buffer may have grown once more; nothing grows with the calls.
    let left = info.bytes_current;
    assert!(left < 2_000, "{left} bytes are left");
    assert_eq!(
        system.dead_letters(),
        CALLS + 10_000,
        "each reply is counted"
    );
    assert_eq!(system.exceptions(), 0);
}

/// The heap that one idle component holds, its task and its supervision included.
fn idle_bytes(components: u64) -> i64 {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let start = || {
        runtime.block_on(async {
            for _ in 0..components {
                counter(&system).await;
            }
        });
    };
    start();
    let info = allocation_counter::measure(start);
    runtime.block_on(async {
        system.stop();
        system.join().await.unwrap();
    });
    info.bytes_current / i64::try_from(components).unwrap()
}

#[test]
fn an_idle_component_holds_at_most_1024_bytes() {
    let bytes = idle_bytes(10_000);
    assert!(bytes <= 1024, "an idle component holds {bytes} bytes");
}

#[test]
fn s27_temporary_children_that_have_ended_hold_no_memory() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let argument = [7_u64; 128];
    let start_and_end = || {
        runtime.block_on(async {
            let mut children = Vec::new();
            for _ in 0..10_000 {
                let counter = move || Counter {
                    count: argument.iter().sum(),
                };
                let child = system.supervise(counter).restart(Restart::Temporary);
                children.push(child.await.unwrap());
            }
            children.iter().for_each(Address::kill);
            while !children.iter().all(Address::is_gone) {
                tokio::task::yield_now().await;
            }
        });
    };
    start_and_end();
    let info = allocation_counter::measure(start_and_end);
    let bytes = info.bytes_current;
    assert!(bytes < 10_000, "{bytes} bytes are left");
    runtime.block_on(async {
        system.stop();
        system.join().await.unwrap();
    });
}

/// Watches counters, and asks for timers by key.
#[component(channel = "boss")]
struct Boss(Address<Counter>);

#[derive(Event)]
#[event(reply = bool)]
struct Watch(u64);

#[component]
impl Boss {
    #[handler]
    fn watch(&mut self, event: &Watch, cx: &Context<Self>) -> bool {
        for round in 0..event.0 {
            cx.monitor(&self.0).cancel();
            cx.monitor(&self.0.incarnation()).cancel();
            cx.link(&self.0).cancel();
            let key = round.to_string();
            let timer = cx.timer(&key);
            timer.after(Duration::from_secs(60), Count);
            timer.cancel();
            // These two end with the life.
            cx.monitor(&self.0);
            cx.link(&self.0);
        }
        true
    }

    #[handler("down", "restarted")]
    fn told(&mut self) {}
}

#[test]
fn watches_and_keys_that_are_over_hold_no_memory() {
    let runtime = runtime();
    let system = runtime.block_on(async { System::new() });
    let address = runtime.block_on(counter(&system));
    let watches = |number: u64| {
        let info = allocation_counter::measure(|| {
            runtime.block_on(async {
                let boss = Boss(address.clone());
                let boss = system.register(boss).await.unwrap();
                assert!(system.to(&boss).call(Watch(number)).await.unwrap());
                boss.stop().await;
                for _ in 0..number {
                    // Dropped while it waits.
                    let mut ended = std::pin::pin!(address.ended());
                    let waker = std::task::Waker::noop();
                    let polled = ended
                        .as_mut()
                        .poll(&mut std::task::Context::from_waker(waker));
                    assert!(polled.is_pending());
                }
                tokio::task::yield_now().await;
            });
        });
        info.bytes_current
    };
    watches(10_000);
    let left = watches(10_000);
    assert!(left.abs() < 1_000, "{left} bytes are left");
}

#[test]
fn a_hundred_thousand_components_start_and_stop_in_linear_cost() {
    let cost = |components: u64| {
        let runtime = runtime();
        let info = allocation_counter::measure(|| {
            runtime.block_on(async {
                let system = System::new();
                for _ in 0..components {
                    counter(&system).await;
                }
                system.stop();
                system.join().await.unwrap();
            });
        });
        assert!(
            info.bytes_current < 100_000,
            "{} bytes are left",
            info.bytes_current
        );
        (info.count_total, info.bytes_total)
    };
    let (small_count, small_bytes) = cost(50_000);
    let (large_count, large_bytes) = cost(100_000);
    let at_most = |large: u64, small: u64| large as f64 <= small as f64 * 2.1;
    assert!(
        at_most(large_count, small_count),
        "{small_count} and {large_count} allocations"
    );
    assert!(
        at_most(large_bytes, small_bytes),
        "{small_bytes} and {large_bytes} bytes"
    );
}

/// Starts this many dynamic children.
async fn dynamic(system: &System, children: u64) -> Address<Dynamic<u64, Counter>> {
    let make = || Dynamic::new(|count: &u64| Counter { count: *count });
    let boss = system.supervise(make).await.unwrap();
    for count in 0..children {
        let start = circuits::supervisor::Start::new(count);
        system.to(&boss).call(start).await.unwrap();
    }
    boss
}

#[test]
fn s59_a_hundred_thousand_children_start_and_stop_in_linear_cost() {
    let cost = |children: u64| {
        let info = allocation_counter::measure(|| {
            // Made and dropped in here: its queue grows with those told at once.
            runtime().block_on(async {
                let system = System::new();
                let boss = dynamic(&system, children).await;
                let count = boss.children().count().await.unwrap();
                assert_eq!(count.active as u64, children);
                boss.stop().await;
                assert!(boss.is_gone());
                system.stop();
                system.join().await.unwrap();
            });
        });
        let left = info.bytes_current;
        assert!(left < 100_000, "{left} bytes are left");
        (info.count_total, info.bytes_total)
    };
    let (small, large) = (cost(50_000), cost(100_000));
    let at_most = |large: u64, small: u64| large as f64 <= small as f64 * 2.1;
    assert!(
        at_most(large.0, small.0) && at_most(large.1, small.1),
        "{small:?} and {large:?} allocations and bytes"
    );
}

#[test]
fn s53_two_thousand_children_are_listed_and_counted_in_linear_cost() {
    let cost = |children: u64| {
        let runtime = runtime();
        let (system, boss) = runtime.block_on(async {
            let system = System::new();
            let boss = dynamic(&system, children).await;
            // Their names are made when they are asked for first.
            boss.children().list().await.unwrap();
            (system, boss)
        });
        let list = allocation_counter::measure(|| {
            let list = runtime.block_on(boss.children().list()).unwrap();
            assert_eq!(list.len() as u64, children);
        });
        let count = allocation_counter::measure(|| {
            let count = runtime.block_on(boss.children().count()).unwrap();
            assert_eq!(count.specs as u64, children);
        });
        drop(system);
        (list, count)
    };
    let ((list, count), (longer, larger)) = (cost(1000), cost(2000));
    assert!(longer.bytes_total <= list.bytes_total * 21 / 10);
    assert_eq!(count.count_total, larger.count_total);
    assert_eq!(count.bytes_total, larger.bytes_total);
}

#[derive(Event)]
struct Fail;

#[component(channel = "flaky")]
#[derive(Default)]
struct Flaky;

#[component]
impl Flaky {
    #[handler]
    fn fail(&mut self, _: &Fail) -> Result<(), Error> {
        Err(Error::fatal(Error::new("it fails")))
    }
}

#[test]
fn restarts_without_a_limit_leave_nothing_behind() {
    let runtime = runtime();
    let system = runtime.block_on(async {
        let system = System::with(Options::new().unlimited_restarts());
        let boss = || {
            let spec = circuits::supervisor::ChildSpec::new("flaky", Flaky::default);
            Supervisor::one_for_all().unlimited_restarts().child(spec)
        };
        system.supervise(boss).await.unwrap();
        system
    });
    let restart = |times: u64| {
        runtime.block_on(async {
            let done = system.restarts() + times;
            while system.restarts() < done {
                let before = system.restarts();
                system.on("flaky").fire(Fail).await;
                while system.restarts() == before {
                    tokio::task::yield_now().await;
                }
            }
        });
    };
    restart(1000);
    let info = allocation_counter::measure(|| restart(10_000));
    let left = info.bytes_current;
    assert!(left.abs() < 1000, "{left} bytes are left");
}

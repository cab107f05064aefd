//! What is held, and what is given back.

use circuits::prelude::*;
use circuits::supervisor::Supervisor;
use circuits::{Address, Options, Restart};
use tokio::runtime::Builder;

use crate::{Count, Counter, counter, runtime};

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

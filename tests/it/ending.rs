//! Three ways to end: drain, stop, kill; and what ends by force.

use std::sync::{Arc, Mutex, mpsc};

use circuits::event::{Started, Stopped};
use circuits::prelude::*;
use circuits::{Address, CallError};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
#[event(reply = u32)]
struct Work(u32);

/// Notes that it was dropped: a handler's future ends here when it is killed.
struct Noted(Log);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.add("dropped");
    }
}

#[component(channel = "worker", shutdown = "3s")]
struct Worker {
    log: Log,
    gate: Arc<Semaphore>,
    children: u32,
}

#[component]
impl Worker {
    #[handler("started")]
    async fn started(&mut self, _event: &Started, cx: &Context<Self>) -> circuits::Result<()> {
        for number in 0..self.children {
            let child = Worker {
                log: self.log.clone(),
                gate: self.gate.clone(),
                children: 0,
            };
            let name = format!("{}.{number}", cx.name());
            cx.register(child).named(name).await?;
        }
        Ok(())
    }

    #[handler("work")]
    async fn work(&mut self, event: &Work, cx: &Context<Self>) -> u32 {
        let _noted = Noted(self.log.clone());
        self.log
            .add(format_args!("{} begins {}", cx.name(), event.0));
        let _ = self.gate.acquire().await.map(|permit| permit.forget());
        self.log.add(format_args!("{} ends {}", cx.name(), event.0));
        event.0
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.log.add(format_args!("{} stopped", event.name));
    }
}

async fn working(children: u32) -> (System, Address<Worker>, Log, Arc<Semaphore>, Log) {
    let system = System::new();
    let dead = watch(&system).await;
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let worker = Worker {
        log: log.clone(),
        gate: gate.clone(),
        children,
    };
    let worker = system.register(worker).named("w").await.unwrap();
    for number in 0..3 {
        system.to(&worker).fire(Work(number));
    }
    settle().await;
    assert_eq!(log.take(), ["w begins 0"]);
    (system, worker, log, gate, dead)
}

#[tokio::test(start_paused = true)]
async fn drain_handles_what_is_queued_and_takes_nothing_new() {
    let (system, worker, log, gate, dead) = working(0).await;
    let draining = tokio::spawn({
        let worker = worker.clone();
        async move { worker.drain().await }
    });
    settle().await;
    gate.add_permits(1);
    settle().await;
    system.to(&worker).fire(Work(9));
    let called = system.to(&worker).call(Work(9)).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    assert!(!draining.is_finished());
    gate.add_permits(9);
    within(draining).await.unwrap();
    let expected = [
        "w ends 0",
        "dropped",
        "w begins 1",
        "w ends 1",
        "dropped",
        "w begins 2",
        "w ends 2",
        "dropped",
        "w stopped",
    ];
    assert_eq!(log.take(), expected);
    settle().await;
    assert_eq!(dead.take(), ["dead work Stopped", "dead work Stopped"]);
}

#[tokio::test(start_paused = true)]
async fn stop_finishes_the_running_handler_and_drops_what_is_queued() {
    let (_system, worker, log, gate, dead) = working(0).await;
    let stopping = tokio::spawn({
        let worker = worker.clone();
        async move { worker.stop().await }
    });
    settle().await;
    assert!(!stopping.is_finished());
    gate.add_permits(9);
    within(stopping).await.unwrap();
    assert_eq!(log.take(), ["w ends 0", "dropped", "w stopped"]);
    settle().await;
    assert_eq!(dead.take(), ["dead work Stopped", "dead work Stopped"]);
    // Again, in every way: nothing more happens.
    within(worker.stop()).await;
    within(worker.drain()).await;
    worker.kill();
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn kill_drops_the_running_handler_at_its_await() {
    let (system, worker, log, _gate, dead) = working(0).await;
    let called = tokio::spawn({
        let (handle, worker) = (system.handle(), worker.clone());
        async move { handle.to(&worker).call(Work(3)).await }
    });
    settle().await;
    worker.kill();
    settle().await;
    assert!(worker.is_gone());
    assert_eq!(
        log.take(),
        ["dropped"],
        "no `stopped` in a life that was cut"
    );
    let called = within(called).await.unwrap();
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    settle().await;
    let expected = [
        "dead work Crashed",
        "dead work Stopped",
        "dead work Stopped",
        "dead work Stopped",
    ];
    assert_eq!(dead.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_end_in_time_is_killed() {
    let (_system, worker, log, _gate, _dead) = working(0).await;
    let begun = Instant::now();
    // Asked again and again, it gets no more time.
    let stop = async {
        tokio::join!(worker.stop(), async {
            for _ in 0..2 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                let _ = tokio::time::timeout(Duration::from_millis(1), worker.stop()).await;
            }
        })
    };
    within(stop).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
    assert_eq!(log.take(), ["dropped"]);
}

#[tokio::test(start_paused = true)]
async fn drain_lets_the_children_end_first_and_then_handles_what_they_sent() {
    let (system, worker, log, gate, dead) = working(2).await;
    system.on("worker").fire(Work(7));
    settle().await;
    log.take();
    let draining = tokio::spawn(async move { worker.drain().await });
    settle().await;
    gate.add_permits(2);
    settle().await;
    gate.add_permits(9);
    within(draining).await.unwrap();
    let lines = log.take();
    let at = |line: &str| lines.iter().position(|other| other == line).expect(line);
    assert!(at("w.1 ends 7") < at("w.1 stopped"), "{lines:?}");
    assert!(at("w.1 stopped") < at("w.0 stopped"), "{lines:?}");
    assert!(at("w.0 stopped") < at("w stopped"), "{lines:?}");
    assert!(at("w ends 7") < at("w stopped"), "{lines:?}");
    assert_eq!(dead.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_killed_parent_takes_its_children_with_it() {
    let (_system, worker, log, _gate, _dead) = working(2).await;
    worker.kill();
    settle().await;
    assert!(worker.is_gone());
    assert_eq!(log.take(), ["dropped"], "the children are killed as well");
}

#[derive(Event)]
struct Block;

#[component(channel = "blocked", shutdown = "100ms", max_restarts = 9)]
struct Blocked {
    begun: mpsc::SyncSender<()>,
    release: Option<mpsc::Receiver<()>>,
    child: Option<Log>,
}

#[component]
impl Blocked {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        if let Some(log) = &self.child {
            let child = Worker {
                log: log.clone(),
                gate: Arc::new(Semaphore::new(0)),
                children: 0,
            };
            cx.register(child).await?;
        }
        Ok(())
    }

    #[handler("block")]
    fn block(&mut self, _event: &Block) {
        self.begun.send(()).unwrap();
        let release = self.release.take().unwrap();
        let _ = release.recv();
    }

    #[handler("work")]
    fn work(&mut self, event: &Work) -> u32 {
        event.0
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_child_that_blocks_its_thread_is_abandoned_and_hangs_nobody() {
    let system = System::new();
    let (begun, begins) = mpsc::sync_channel(1);
    let (released, release) = mpsc::sync_channel(1);
    let log = Log::default();
    let blocked = Blocked {
        begun,
        release: Some(release),
        child: Some(log.clone()),
    };
    let blocked = within(system.register(blocked)).await.unwrap();
    system.to(&blocked).fire(Block);
    tokio::task::spawn_blocking(move || begins.recv())
        .await
        .unwrap()
        .unwrap();
    // In its mailbox, or in the batch that its life has taken.
    let called = tokio::spawn({
        let (handle, blocked) = (system.handle(), blocked.clone());
        async move { handle.to(&blocked).call(Work(1)).await }
    });
    while blocked.waiting() == 0 {
        tokio::task::yield_now().await;
    }
    let child = within(
        system
            .on("worker")
            .call_all(Work(1))
            .timeout(Duration::ZERO),
    )
    .await;
    assert_eq!(child.len(), 1, "its child works");
    assert_eq!(system.stuck(), 0);
    within(blocked.stop()).await;
    assert!(blocked.is_gone());
    assert_eq!(system.stuck(), 1);
    let called = within(called).await.unwrap();
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    let heard = within(system.on("worker").call(Work(1))).await;
    assert!(
        matches!(heard, Err(CallError::NoHandler)),
        "its child went with it: {heard:?}"
    );
    drop(released);
    system.stop();
    within(system.join()).await.unwrap();
}

/// Blocks its thread until the gate opens, and has one child that does so too.
#[component(shutdown = "10ms")]
struct Blocking {
    gate: Arc<Mutex<mpsc::Receiver<()>>>,
    begun: mpsc::SyncSender<()>,
    below: u32,
}

#[component]
impl Blocking {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        if self.below > 0 {
            let (gate, begun) = (self.gate.clone(), self.begun.clone());
            let below = self.below - 1;
            cx.register(Self { gate, begun, below }).await?;
        }
        cx.to(&cx.address()).fire(Block);
        Ok(())
    }

    #[handler("block")]
    fn block(&mut self, _event: &Block) {
        self.begun.send(()).unwrap();
        let _ = self.gate.lock().unwrap().recv();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_that_are_stuck_share_a_second_also_where_one_is_the_parent_of_another() {
    let (opens, gate) = mpsc::sync_channel(1);
    let (begun, begins) = mpsc::sync_channel(2);
    let system = System::new();
    let blocking = Blocking {
        gate: Arc::new(Mutex::new(gate)),
        begun,
        below: 1,
    };
    // It has started before it blocks, and its supervisor hears of that.
    within(system.register(blocking)).await.unwrap();
    let both = move || begins.recv().is_ok() && begins.recv().is_ok();
    assert!(tokio::task::spawn_blocking(both).await.unwrap());
    let start = Instant::now();
    system.stop();
    within(system.join()).await.unwrap();
    let took = start.elapsed();
    assert_eq!(system.stuck(), 2);
    assert!(took <= Duration::from_millis(20 + 1000), "{took:?}");
    drop(opens);
}

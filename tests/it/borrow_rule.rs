//! The borrow rule: `&mut self` alone, `&self` together, in mailbox order.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Instant;

use circuits::prelude::*;
use tokio::sync::Semaphore;

use crate::support::{Log, settle, until, within};

#[derive(Event)]
struct Read(u32);

#[derive(Event)]
struct Write(u32);

#[derive(Event)]
struct Glance(u32);

#[component]
struct Library {
    log: Log,
    gate: Arc<Semaphore>,
    pen: Arc<Semaphore>,
}

#[component]
impl Library {
    #[handler("read")]
    async fn read(&self, event: &Read) {
        self.log.add(format_args!("read {}", event.0));
        let _ = self.gate.acquire().await.map(|permit| permit.forget());
        self.log.add(format_args!("done {}", event.0));
    }

    #[handler("glance")]
    fn glance(&self, event: &Glance) {
        self.log.add(format_args!("glance {}", event.0));
    }

    #[handler("write")]
    async fn write(&mut self, event: &Write) {
        self.log.add(format_args!("write {}", event.0));
        let _ = self.pen.acquire().await.map(|permit| permit.forget());
        self.log.add(format_args!("written {}", event.0));
    }
}

async fn library() -> (System, Log, Arc<Semaphore>, Arc<Semaphore>) {
    let system = System::new();
    let (log, gate, pen) = (Log::default(), Semaphore::new(0), Semaphore::new(0));
    let (gate, pen) = (Arc::new(gate), Arc::new(pen));
    let library = Library {
        log: log.clone(),
        gate: gate.clone(),
        pen: pen.clone(),
    };
    system.register(library).await.unwrap();
    (system, log, gate, pen)
}

#[tokio::test(start_paused = true)]
async fn a_writer_runs_alone_and_in_order() {
    let (system, log, _gate, pen) = library().await;
    for number in 0..3 {
        system.fire(Write(number));
    }
    settle().await;
    assert_eq!(log.take(), ["write 0"]);
    pen.add_permits(3);
    settle().await;
    let rest = ["written 0", "write 1", "written 1", "write 2", "written 2"];
    assert_eq!(log.take(), rest);
}

#[tokio::test(start_paused = true)]
async fn readers_overlap_while_they_wait() {
    for readers in [2, 4, 5, 9, 300] {
        let (system, log, gate, _pen) = library().await;
        for number in 0..readers {
            system.fire(Read(number));
        }
        settle().await;
        let begun: Vec<_> = (0..readers)
            .map(|number| format!("read {number}"))
            .collect();
        assert_eq!(log.take(), begun, "{readers} readers begin in order");
        gate.add_permits(readers as usize);
        settle().await;
        let mut done = log.take();
        let mut expected: Vec<_> = (0..readers)
            .map(|number| format!("done {number}"))
            .collect();
        done.sort();
        expected.sort();
        assert_eq!(done, expected, "{readers} readers end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_writer_waits_for_the_readers_before_it_and_holds_back_those_after_it() {
    let (system, log, gate, pen) = library().await;
    system.fire(Read(1));
    system.fire(Read(2));
    system.fire(Write(3));
    system.fire(Read(4));
    system.fire(Glance(5));
    settle().await;
    assert_eq!(log.take(), ["read 1", "read 2"]);
    // Fired once the writer waits already: it does not overtake either.
    system.fire(Glance(6));
    gate.add_permits(1);
    settle().await;
    assert_eq!(log.take(), ["done 1"], "one reader still runs");
    gate.add_permits(1);
    settle().await;
    assert_eq!(log.take(), ["done 2", "write 3"]);
    pen.add_permits(1);
    settle().await;
    assert_eq!(log.take(), ["written 3", "read 4", "glance 5", "glance 6"]);
    gate.add_permits(1);
    settle().await;
    assert_eq!(log.take(), ["done 4"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_not_async_runs_beside_waiting_ones() {
    let (system, log, _gate, _pen) = library().await;
    system.fire(Read(1));
    settle().await;
    system.fire(Glance(2));
    settle().await;
    assert_eq!(log.take(), ["read 1", "glance 2"]);
}

#[component]
struct Mill {
    barrier: Arc<Barrier>,
    running: Arc<AtomicUsize>,
    log: Log,
}

#[component]
impl Mill {
    #[handler("read", parallel)]
    fn grind(&self, _event: &Read) {
        self.running.fetch_add(1, Ordering::SeqCst);
        // Only two threads get past this.
        self.barrier.wait();
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.log.add("ground");
    }

    #[handler("write")]
    fn write(&mut self, _event: &Write) {
        let running = self.running.load(Ordering::SeqCst);
        self.log.add(format_args!("write beside {running}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_handlers_run_on_several_threads_and_obey_the_writer() {
    let system = System::new();
    let log = Log::default();
    let mill = Mill {
        barrier: Arc::new(Barrier::new(2)),
        running: Arc::new(AtomicUsize::new(0)),
        log: log.clone(),
    };
    let mill = within(system.register(mill)).await.unwrap();
    for _ in 0..50 {
        system.fire(Read(0));
        system.fire(Read(1));
        system.fire(Write(2));
    }
    within(mill.drain()).await;
    let round = ["ground", "ground", "write beside 0"];
    assert_eq!(log.take(), round.repeat(50));
}

#[component]
#[derive(Default)]
struct Alone {
    // Not `Sync`, which nobody needs who has no `&self` handler.
    seen: Cell<u32>,
}

#[derive(Event)]
#[event(reply = u32)]
struct Seen;

#[component]
impl Alone {
    #[handler("seen")]
    async fn seen(&mut self, _event: &Seen) -> u32 {
        tokio::task::yield_now().await;
        self.seen.set(self.seen.get() + 1);
        self.seen.get()
    }
}

#[tokio::test]
async fn a_component_that_is_not_sync_may_have_exclusive_handlers() {
    let system = System::new();
    system.supervise(Alone::default).await.unwrap();
    assert_eq!(within(system.call(Seen)).await.unwrap(), 1);
    assert_eq!(within(system.call(Seen)).await.unwrap(), 2);
}

#[component(channel = "busy")]
struct Busy(Arc<AtomicUsize>);

#[component]
impl Busy {
    #[handler("glance")]
    fn glance(&self, _event: &Glance) {
        self.0.fetch_add(1, Ordering::SeqCst);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_micros(20) {
            std::hint::spin_loop();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn readers_that_never_pause_let_other_components_run() {
    let system = System::new();
    let seen = Arc::new(AtomicUsize::new(0));
    within(system.register(Busy(seen.clone()))).await.unwrap();
    within(system.register(Alone::default())).await.unwrap();
    let (handle, pumping) = (system.handle(), Arc::new(()));
    let pump = std::thread::spawn({
        let pumping = Arc::downgrade(&pumping);
        move || {
            while pumping.upgrade().is_some() {
                handle.on("busy").fire(Glance(0));
            }
        }
    });
    until(|| seen.load(Ordering::SeqCst) > 1000).await;
    assert_eq!(within(system.call(Seen)).await.unwrap(), 1);
    drop(pumping);
    pump.join().unwrap();
    system.kill();
    within(system.join()).await.unwrap();
}

#[component(channel = "slow", mailbox = 1)]
struct Slow(Arc<Semaphore>);

#[component]
impl Slow {
    #[handler("write")]
    async fn write(&mut self, _event: &Write) {
        let _ = self.0.acquire().await.map(|permit| permit.forget());
    }
}

#[component(channel = "reader")]
struct Debtor {
    log: Log,
    gate: Arc<Semaphore>,
}

#[component]
impl Debtor {
    #[handler("read")]
    async fn read(&self, event: &Read, cx: &Context<Self>) {
        self.log.add(format_args!("read {}", event.0));
        if event.0 == 0 {
            let _ = self.gate.acquire().await;
        } else {
            cx.on("slow").fire(Write(0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_crowds_a_mailbox_holds_back_others_only_until_there_is_room() {
    let system = System::new();
    let (log, gate, pen) = (Log::default(), Semaphore::new(0), Semaphore::new(0));
    let (gate, pen) = (Arc::new(gate), Arc::new(pen));
    system.register(Slow(pen.clone())).await.unwrap();
    let debtor = Debtor {
        log: log.clone(),
        gate,
    };
    system.register(debtor).await.unwrap();
    let target = system.on("reader");
    // The first waits for ever, the second fills the mailbox, the third crowds it.
    for number in 0..6 {
        target.fire(Read(number));
    }
    settle().await;
    assert_eq!(log.take(), ["read 0", "read 1", "read 2"]);
    pen.add_permits(10);
    settle().await;
    assert_eq!(log.take(), ["read 3", "read 4", "read 5"]);
}

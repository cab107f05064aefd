//! The system: a value, the root of a tree, and its ways to end.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Task, Poll, Waker};

use circuits::event::Stopped;
use circuits::prelude::*;
use circuits::{CallError, StartError, WaitError};
use tokio::sync::Semaphore;

use crate::support::{Log, settle, watch, within};

#[derive(Event, Debug)]
#[event(reply = u32)]
struct Work(u32);

#[component(channel = "worker")]
struct Worker {
    log: Log,
    gate: Arc<Semaphore>,
}

#[component]
impl Worker {
    #[handler("work")]
    async fn work(&mut self, event: &Work) -> u32 {
        let _ = self.gate.acquire().await.map(|permit| permit.forget());
        self.log.add(format_args!("work {}", event.0));
        event.0
    }

    #[handler("stopped")]
    fn stopped(&mut self, _event: &Stopped) {
        self.log.add("stopped");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.log.add("dropped");
    }
}

fn worker() -> (Worker, Log, Arc<Semaphore>) {
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let worker = Worker {
        log: log.clone(),
        gate: gate.clone(),
    };
    (worker, log, gate)
}

async fn two_systems() {
    let (one, two) = (System::new(), System::new());
    let ((worker1, log1, gate1), (worker2, log2, gate2)) = (worker(), worker());
    let worker1 = within(one.register(worker1).named("w")).await.unwrap();
    within(two.register(worker2).named("w")).await.unwrap();
    gate1.add_permits(100);
    gate2.add_permits(100);
    assert_eq!(within(one.on("worker").call(Work(1))).await.unwrap(), 1);
    assert_eq!(within(two.on("*").call(Work(2))).await.unwrap(), 2);
    within(worker1.stop()).await;
    one.exit(3);
    assert_eq!(within(one.join()).await.unwrap(), 3);
    one.fire(Work(4));
    assert_eq!((one.dead_letters(), two.dead_letters()), (1, 0));
    assert!(one.is_stopped() && !two.is_stopped());
    assert_eq!(within(two.on("worker").call(Work(5))).await.unwrap(), 5);
    assert_eq!(log1.take(), ["work 1", "stopped", "dropped"]);
    assert_eq!(log2.take(), ["work 2", "work 5"]);
}

#[tokio::test]
async fn two_systems_know_nothing_of_each_other() {
    two_systems().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_systems_on_several_threads_know_nothing_of_each_other() {
    two_systems().await;
}

/// A way to end, what the worker writes down then, and how many dead letters there are.
type End = (fn(&System), &'static [&'static str], u64);

#[tokio::test(start_paused = true)]
async fn stop_drain_and_kill_end_the_tree_as_they_say() {
    let ends: [End; 3] = [
        (|system| system.stop(), &["work 0", "stopped", "dropped"], 2),
        (
            |system| system.drain(),
            &["work 0", "work 1", "work 2", "stopped", "dropped"],
            0,
        ),
        (|system| system.kill(), &["dropped"], 3),
    ];
    for (end, expected, dead) in ends {
        let system = System::new();
        let (worker, log, gate) = worker();
        system.register(worker).await.unwrap();
        for number in 0..3 {
            system.on("worker").fire(Work(number));
        }
        settle().await;
        end(&system);
        // Told again and by others, it ends once.
        end(&system.clone());
        gate.add_permits(9);
        assert_eq!(within(system.join()).await.unwrap(), 0);
        assert_eq!(
            (log.take(), system.dead_letters()),
            (expected.iter().map(ToString::to_string).collect(), dead)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_system_ends_the_tree() {
    let (worker, log, _gate) = worker();
    let system = System::new();
    system.register(worker).await.unwrap();
    let (handle, clone) = (system.handle(), system.clone());
    system.on("worker").fire(Work(1));
    drop(system);
    settle().await;
    assert!(!handle.is_stopped());
    drop(clone);
    settle().await;
    assert!(handle.is_stopped());
    assert_eq!(log.take(), ["dropped"]);
}

#[tokio::test(start_paused = true)]
async fn join_returns_the_first_exit_code_that_is_not_zero() {
    let system = System::new();
    let (worker, _log, _gate) = worker();
    system.register(worker).await.unwrap();
    let joined = tokio::spawn({
        let system = system.clone();
        async move { system.join().await }
    });
    settle().await;
    assert!(!joined.is_finished());
    system.exit(7);
    system.exit(8);
    system.stop();
    assert_eq!(within(joined).await.unwrap().unwrap(), 7);
    assert_eq!(within(system.join()).await.unwrap(), 7, "and again");
}

#[tokio::test(start_paused = true)]
async fn a_system_without_components_stops_as_well() {
    let system = System::new();
    system.stop();
    assert_eq!(within(system.join()).await.unwrap(), 0);
    let system = System::new();
    system.stop();
    within(system.run()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stopped_system_answers_at_once() {
    let system = System::new();
    let (first, log, _gate) = worker();
    let first = system.register(first).await.unwrap();
    let waiting = system.wait::<Work>();
    system.stop();
    within(system.join()).await.unwrap();
    assert!(matches!(within(waiting).await, Err(WaitError::Stopped)));
    assert!(matches!(
        within(system.wait::<Work>()).await,
        Err(WaitError::Stopped)
    ));
    system.fire(Work(1)).await;
    system.to(&first).fire(Work(2)).await;
    within(system.on("worker").fire(Work(3)).completed())
        .await
        .unwrap();
    assert_eq!(system.dead_letters(), 3);
    let called = within(system.call(Work(4))).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    let called = within(system.to(&first).call(Work(4))).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    let late = within(system.register(worker().0)).await;
    assert!(matches!(late, Err(StartError::Stopped)), "{late:?}");
    within(first.stop()).await;
    within(first.unregister()).await;
    assert_eq!(log.take(), ["stopped", "dropped"]);
}

/// Polls once, without any runtime.
fn poll<F: IntoFuture>(future: F) -> Poll<F::Output> {
    pin!(future.into_future()).poll(&mut Task::from_waker(Waker::noop()))
}

#[test]
fn a_system_without_a_runtime_gives_errors_and_no_panics() {
    let system = System::new();
    system.fire(Work(1));
    assert_eq!(system.dead_letters(), 1);
    let called = poll(system.call(Work(2)));
    assert!(
        matches!(called, Poll::Ready(Err(CallError::NoHandler))),
        "{called:?}"
    );
    let limited = poll(system.call(Work(2)).timeout(Duration::from_secs(1)));
    assert!(
        matches!(limited, Poll::Ready(Err(CallError::NoRuntime))),
        "{limited:?}"
    );
    let wait = poll(system.wait::<Work>().timeout(Duration::from_secs(1)));
    assert!(
        matches!(wait, Poll::Ready(Err(WaitError::NoRuntime))),
        "{wait:?}"
    );
    let late = poll(system.register(worker().0));
    assert!(
        matches!(late, Poll::Ready(Err(StartError::NoRuntime))),
        "{late:?}"
    );
    system.stop();
    // Once a runtime runs, it does what it was told.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let stopped = runtime
        .unwrap()
        .block_on(async { within(system.join()).await });
    assert_eq!(stopped.unwrap(), 0);
}

#[test]
fn a_system_that_was_asked_before_a_runtime_ran_works_in_one() {
    let system = System::new();
    let late = poll(system.register(worker().0));
    assert!(matches!(late, Poll::Ready(Err(StartError::NoRuntime))));
    assert!(!system.is_stopped());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let (worker, _log, gate) = worker();
        within(system.register(worker)).await.unwrap();
        gate.add_permits(1);
        let answer = within(system.on("worker").call(Work(1))).await;
        assert_eq!(answer.unwrap(), 1);
    });
}

#[test]
fn a_system_whose_runtime_is_gone_gives_errors_and_no_panics() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (worker1, log, _gate) = worker();
    let (system, worker1) = runtime.block_on(async {
        let system = System::new();
        let worker = within(system.register(worker1)).await.unwrap();
        (system, worker)
    });
    drop(runtime);
    assert_eq!(log.take(), ["dropped"]);
    assert!(system.is_stopped());
    system.to(&worker1).fire(Work(1));
    let other = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    other.unwrap().block_on(async {
        let late = within(system.register(worker().0)).await;
        assert!(matches!(late, Err(StartError::Stopped)), "{late:?}");
        within(system.join()).await.unwrap();
        within(worker1.stop()).await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handle_works_from_any_thread() {
    let system = System::new();
    let dead = watch(&system).await;
    let (worker, log, gate) = worker();
    let worker = within(system.register(worker)).await.unwrap();
    let threads = (0..8).map(|number| {
        let (handle, gate, worker) = (system.handle(), gate.clone(), worker.clone());
        std::thread::spawn(move || {
            gate.add_permits(1);
            if number % 2 == 0 {
                handle.on("worker").fire(Work(number));
            } else {
                handle.to(&worker).fire(Work(number));
            }
        })
    });
    threads.for_each(|thread| thread.join().unwrap());
    within(worker.drain()).await;
    let mut lines = log.take();
    lines.sort();
    let expected = [
        "dropped", "stopped", "work 0", "work 1", "work 2", "work 3", "work 4", "work 5", "work 6",
        "work 7",
    ];
    assert_eq!(
        (lines, dead.len()),
        (expected.map(str::to_owned).to_vec(), 0)
    );
    let handle = system.handle();
    std::thread::spawn(move || handle.exit(5)).join().unwrap();
    assert_eq!(within(system.join()).await.unwrap(), 5);
}

//! Supervisors that are asked from everywhere: they serve where they are asked.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Task, Wake, Waker};

use circuits::StartError;
use circuits::prelude::*;
use tokio::runtime::Builder;

use crate::support::within;

#[component]
#[derive(Default)]
struct Idle;

#[component]
impl Idle {}

#[component]
struct Hanging;

#[component]
impl Hanging {
    #[handler("started")]
    async fn started(&mut self) {
        std::future::pending::<()>().await;
    }
}

#[component]
struct Pool;

#[component]
impl Pool {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        for _ in 0..3 {
            cx.supervise(Idle::default).await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_another_runtime_asks_for_keeps_the_time_of_its_own() {
    let system = System::new();
    let handle = system.handle();
    let asking = std::thread::spawn(move || {
        let other = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        other.block_on(async {
            // A deadline by this clock would not come within the test.
            tokio::time::advance(Duration::from_secs(3600)).await;
            tokio::time::resume();
            let limit = Duration::from_millis(20);
            let hanging = handle.supervise(|| Hanging).start_limit(limit);
            let hangs = within(hanging).await;
            let idle = within(handle.supervise(Idle::default)).await.unwrap();
            within(idle.stop()).await;
            (hangs.map(|_| ()), idle.is_gone())
        })
    });
    let (hangs, gone) = asking.join().unwrap();
    assert!(
        matches!(hangs, Err(StartError::TimedOut { .. })),
        "{hangs:?}"
    );
    assert!(gone);
    system.stop();
    within(system.join()).await.unwrap();
}

#[test]
fn a_thread_without_a_runtime_ends_a_child_by_asking_once() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let system = runtime.block_on(async { System::new() });
    let idle = runtime.block_on(async { system.supervise(Idle::default).await.unwrap() });
    // It may be over at once: its runtime goes on meanwhile.
    let _ = pin!(idle.stop()).poll(&mut Task::from_waker(Waker::noop()));
    runtime.block_on(async {
        within(idle.ended()).await;
        system.stop();
        within(system.join()).await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_ask_one_supervisor_at_once() {
    let system = System::new();
    let asking = (0..8).map(|_| {
        let handle = system.handle();
        tokio::spawn(async move {
            for _ in 0..50 {
                let pool = handle.register(Pool).await.unwrap();
                assert_eq!(pool.children().count().await.unwrap().active, 3);
                pool.stop().await;
                assert!(pool.is_gone());
            }
        })
    });
    for task in asking.collect::<Vec<_>>() {
        within(task).await.unwrap();
    }
    assert_eq!(system.children().count().await.unwrap().specs, 0);
    system.stop();
    within(system.join()).await.unwrap();
}

/// A waker that breaks whoever uses it.
struct Explosive;

impl Wake for Explosive {
    fn wake(self: Arc<Self>) {
        panic!("a waker");
    }
}

#[tokio::test]
async fn a_supervisor_that_breaks_ends_with_its_children_and_whoever_asks_is_told() {
    let system = System::new();
    let idle = system.supervise(Idle::default).await.unwrap();
    let mut starting = pin!(system.supervise(Idle::default).into_future());
    let waker = Waker::from(Arc::new(Explosive));
    let polled = starting.as_mut().poll(&mut Task::from_waker(&waker));
    assert!(polled.is_pending());
    within(system.join()).await.unwrap();
    within(idle.ended()).await;
    assert!(idle.is_gone());
    let refused = within(system.supervise(Idle::default)).await.map(|_| ());
    assert!(matches!(refused, Err(StartError::Stopped)), "{refused:?}");
}

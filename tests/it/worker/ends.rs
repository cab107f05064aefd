//! How jobs are cancelled, and how a worker ends.

use std::sync::mpsc;
use std::thread;

use circuits::CallError;
use circuits::event::Unregistered;
use circuits::prelude::*;
use circuits::worker::{JobContext, JobError, Worker};

use super::{Factorial, Held, Holder};
use crate::support::{until, watch, within};

/// A worker with one thread, and a job that runs on it.
struct Busy {
    system: System,
    worker: Address<Worker>,
    holder: Holder,
    running: Call,
    go: mpsc::Sender<()>,
}

type Call = tokio::task::JoinHandle<Result<u32, CallError>>;

async fn busy(worker: Worker) -> Busy {
    let system = System::new();
    let worker = worker.job::<Held>().job::<Factorial>();
    let worker = system.supervise(move || worker.clone()).await.unwrap();
    let holder = Holder::default();
    let (running, go) = call(&system, &holder, 1);
    holder.sees("1 begins").await;
    Busy {
        system,
        worker,
        holder,
        running,
        go,
    }
}

fn call(system: &System, holder: &Holder, number: u32) -> (Call, mpsc::Sender<()>) {
    let ((held, go), system) = (holder.hold(number), system.clone());
    let call = tokio::spawn(async move { system.on("worker").call(held).await });
    (call, go)
}

impl Busy {
    /// Calls for one more job, which waits for its turn.
    async fn wait_for_turn(&self, number: u32) -> (Call, mpsc::Sender<()>) {
        let waiting = call(&self.system, &self.holder, number);
        let hearer = self.worker.children().list().await.unwrap();
        assert!(hearer.iter().any(|child| &*child.name == "held"));
        // The call is polled, and its event is taken from the mailbox.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        waiting
    }
}

async fn fails(call: Call) -> JobError {
    let error = within(call).await.unwrap().unwrap_err();
    let CallError::Failed(error) = error else {
        panic!("{error:?}");
    };
    error.downcast_ref::<JobError>().unwrap().clone()
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[tokio::test]
async fn core_100_a_job_whose_caller_has_gone_is_not_begun_or_told() {
    let busy = busy(Worker::threads(1)).await;
    let log = watch(&busy.system).await;
    let (waiting, _go) = busy.wait_for_turn(2).await;
    waiting.abort();
    let (held, _go) = busy.holder.hold(3);
    let limited = busy.system.on("worker").call(held).timeout(ms(20));
    let error = within(limited).await.unwrap_err();
    assert!(matches!(error, CallError::TimedOut(_)));
    until(|| log.len() == 2).await;
    let text = "the job was cancelled, for its caller has gone";
    let exception = format!("exception job held false: {text}");
    assert_eq!(log.take(), [exception.clone(), exception]);
    // The one that runs hears of it.
    busy.running.abort();
    busy.holder.sees("1 is cancelled").await;
    let (last, go) = call(&busy.system, &busy.holder, 4);
    go.send(()).unwrap();
    assert_eq!(within(last).await.unwrap().unwrap(), 4);
    assert_eq!(busy.holder.0.take(), ["4 begins", "4 ends"]);
}

#[tokio::test]
async fn core_100_a_job_whose_event_is_cancelled_is_not_begun_or_told_in_silence() {
    let busy = busy(Worker::threads(1)).await;
    let log = watch(&busy.system).await;
    let (waits, _go) = busy.holder.hold(2);
    let waits = busy.system.on("worker").fire(waits).cancelable();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    waits.cancel();
    busy.go.send(()).unwrap();
    within(busy.running).await.unwrap().unwrap();
    let (runs, _go) = busy.holder.hold(3);
    let runs = busy.system.on("worker").fire(runs).cancelable();
    busy.holder.sees("3 begins").await;
    runs.cancel();
    busy.holder.sees("3 is cancelled").await;
    assert!(log.take().is_empty());
}

#[tokio::test]
async fn core_101_a_stop_fails_what_waits_at_once_and_waits_for_what_runs() {
    let busy = busy(Worker::threads(1)).await;
    let (waiting, _go) = busy.wait_for_turn(2).await;
    let worker = busy.worker.clone();
    let stop = tokio::spawn(async move { worker.stop().await });
    assert!(matches!(fails(waiting).await, JobError::Stopped));
    assert!(!stop.is_finished());
    busy.go.send(()).unwrap();
    assert_eq!(within(busy.running).await.unwrap().unwrap(), 1);
    within(stop).await.unwrap();
    assert_eq!(busy.holder.0.take(), ["1 ends"]);
    assert!(busy.worker.is_gone());
}

#[tokio::test]
async fn core_101_a_job_that_takes_longer_than_the_shutdown_time_is_abandoned() {
    let busy = busy(Worker::threads(1).shutdown(ms(30))).await;
    within(busy.worker.stop()).await;
    assert!(matches!(fails(busy.running).await, JobError::Abandoned));
    busy.holder.sees("1 is cancelled").await;
    assert_eq!(busy.system.stuck(), 0);
}

#[tokio::test]
async fn core_101_a_drain_does_what_waits() {
    let busy = busy(Worker::threads(1)).await;
    let (waiting, go) = busy.wait_for_turn(2).await;
    let worker = busy.worker.clone();
    let unregistered = busy.system.on("worker").wait::<Unregistered>();
    let unregister = tokio::spawn(async move { worker.unregister().await });
    busy.go.send(()).unwrap();
    go.send(()).unwrap();
    assert_eq!(within(busy.running).await.unwrap().unwrap(), 1);
    assert_eq!(within(waiting).await.unwrap().unwrap(), 2);
    within(unregister).await.unwrap();
    within(unregistered).await.unwrap();
    assert!(busy.worker.is_gone());
}

#[tokio::test]
async fn core_101_a_system_that_stops_waits_for_jobs() {
    let busy = busy(Worker::threads(1)).await;
    busy.system.stop();
    busy.go.send(()).unwrap();
    assert_eq!(within(busy.running).await.unwrap().unwrap(), 1);
    within(busy.system.join()).await.unwrap();
}

#[tokio::test]
async fn core_101_a_worker_that_is_killed_waits_for_nothing_and_starts_again() {
    let busy = busy(Worker::threads(1)).await;
    let (waiting, _go) = busy.wait_for_turn(2).await;
    busy.worker.kill();
    for call in [busy.running, waiting] {
        let error = within(call).await.unwrap().unwrap_err();
        let is_told = matches!(error, CallError::Crashed | CallError::Failed(_));
        assert!(is_told, "{error:?}");
    }
    busy.holder.sees("1 is cancelled").await;
    within(async {
        while let Err(CallError::NoHandler) = busy.system.on("worker").call(Factorial(1)).await {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(busy.worker.life(), 2);
    let (last, go) = call(&busy.system, &busy.holder, 3);
    go.send(()).unwrap();
    assert_eq!(within(last).await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn core_101_the_threads_end_with_the_worker() {
    let system = System::new();
    let worker = Worker::threads(3).job::<Factorial>();
    let pool = worker.pool();
    let worker = system.supervise(move || worker.clone()).await.unwrap();
    // A value of each thread's own, which is dropped when the thread ends.
    struct Sign(mpsc::Sender<()>);
    impl Drop for Sign {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    thread_local! {
        static SIGN: std::cell::RefCell<Option<Sign>> = const { std::cell::RefCell::new(None) };
    }
    let (tell, told) = mpsc::channel();
    let jobs: Vec<_> = (0..3)
        .map(|_| {
            let (tell, pool) = (tell.clone(), pool.clone());
            let work = move |_: &JobContext| {
                SIGN.with(|sign| sign.borrow_mut().replace(Sign(tell)));
                thread::sleep(ms(20));
            };
            tokio::spawn(async move { pool.run(work).await.unwrap() })
        })
        .collect();
    for job in jobs {
        within(job).await.unwrap();
    }
    assert!(told.try_recv().is_err());
    within(worker.stop()).await;
    for _ in 0..3 {
        told.recv_timeout(Duration::from_secs(30)).unwrap();
    }
}

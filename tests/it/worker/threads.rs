//! What a worker with threads does, in what order, and what becomes of failures.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use circuits::event::{Complete, Exception, Failure, Success};
use circuits::prelude::*;
use circuits::worker::{Job, JobContext, JobError, Worker};
use circuits::{CallError, StartError};

use super::{Factorial, Holder};
use crate::support::{Log, until, watch, within};

async fn start(worker: Worker) -> (System, Address<Worker>) {
    let system = System::new();
    let worker = within(system.supervise(move || worker.clone())).await;
    (system, worker.unwrap())
}

fn job_error(error: &CallError) -> JobError {
    let CallError::Failed(error) = error else {
        panic!("{error:?}");
    };
    error.downcast_ref::<JobError>().unwrap().clone()
}

#[tokio::test]
async fn core_100_a_job_is_called_as_any_event() {
    let (system, _worker) = start(Worker::default().job::<Factorial>()).await;
    let on = system.on("worker");
    assert_eq!(
        within(on.call(Factorial(20))).await.unwrap(),
        2_432_902_008_176_640_000
    );
    let all = within(on.call_all(Factorial(3))).await;
    assert!(matches!(all[..], [Ok(6)]));
    let too_large = within(on.call(Factorial(21))).await.unwrap_err();
    assert_eq!(too_large.to_string(), "the handler failed");
    assert!(matches!(too_large, CallError::Failed(e) if e.to_string() == "21! is too large"));
    within(on.fire(Factorial(4)).completed()).await.unwrap();
}

/// Hears what the framework tells about a job.
#[component(channel = "worker")]
struct Ear(Log);

#[component]
impl Ear {
    #[handler("factorial_success")]
    fn success(&mut self, event: &Success<Factorial>) {
        self.0.add(format_args!("success {}", event.event.0));
    }

    #[handler("factorial_failure")]
    fn failure(&mut self, event: &Failure<Factorial>) {
        self.0
            .add(format_args!("failure {}: {}", event.event.0, event.error));
    }

    #[handler("factorial_complete")]
    fn complete(&mut self, event: &Complete<Factorial>) {
        self.0.add(format_args!("complete {}", event.event.0));
    }

    #[handler("exception")]
    fn exception(&mut self, event: &Exception) {
        self.0.add(format_args!("exception: {}", event.error));
    }
}

#[tokio::test]
async fn core_100_success_failure_and_complete_are_fired_when_the_job_is_done() {
    let (system, _worker) = start(Worker::threads(1).job::<Factorial>()).await;
    let log = Log::default();
    system.register(Ear(log.clone())).await.unwrap();
    let complete = system.on("worker").wait::<Complete<Factorial>>();
    system.on("worker").fire(Factorial(5));
    within(complete).await.unwrap();
    until(|| log.len() == 2).await;
    assert_eq!(log.take(), ["success 5", "complete 5"]);
    system.on("worker").fire(Factorial(50));
    until(|| log.len() == 3).await;
    let mut lines = log.take();
    lines.sort();
    let text = "50! is too large";
    assert_eq!(
        lines,
        [
            "complete 50".to_owned(),
            format!("exception: {text}"),
            format!("failure 50: {text}")
        ]
    );
}

#[tokio::test]
async fn core_100_complete_waits_for_a_job_that_another_event_caused() {
    #[derive(Event)]
    struct Import;

    #[component(channel = "import")]
    struct Importer(Holder);

    #[component]
    impl Importer {
        #[handler("import")]
        fn import(&mut self, cx: &Context<Self>) {
            let (held, go) = self.0.hold(1);
            cx.on("worker").fire(held);
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(20));
                go.send(()).unwrap();
            });
        }
    }

    let (system, _worker) = start(Worker::threads(1).job::<super::Held>()).await;
    let holder = Holder::default();
    system.register(Importer(holder.clone())).await.unwrap();
    within(system.on("import").fire(Import).completed())
        .await
        .unwrap();
    assert_eq!(holder.0.take(), ["1 begins", "1 ends"]);
}

#[derive(Event, Clone)]
struct Panics(bool);

impl Job for Panics {
    fn run(&self, _cx: &JobContext) -> Result<(), Error> {
        assert!(!self.0, "out of {}", "luck");
        std::panic::panic_any(7_u8)
    }
}

#[tokio::test]
async fn core_100_a_panic_costs_its_job_only_and_reaches_the_caller() {
    let worker = Worker::threads(1).job::<Panics>().job::<Factorial>();
    let (system, worker) = start(worker).await;
    let log = watch(&system).await;
    let on = system.on("worker");
    for (text, payload) in [("out of luck", true), ("without a message", false)] {
        let error = within(on.call(Panics(payload))).await.unwrap_err();
        assert!(matches!(job_error(&error), JobError::Panicked(it) if it == text));
        until(|| log.len() == 1).await;
        let expected = format!("exception job panics false: the job panicked: {text}");
        assert_eq!(log.take(), [expected]);
    }
    assert_eq!(within(on.call(Factorial(3))).await.unwrap(), 6);
    assert_eq!((worker.life(), system.restarts()), (1, 0));
}

#[tokio::test]
async fn core_100_a_closure_runs_on_the_same_threads_with_a_typed_result() {
    let worker = Worker::threads(1).job::<super::Held>();
    let pool = worker.pool();
    assert!(matches!(pool.run(|_| 1).await, Err(JobError::Stopped)));
    let (system, worker) = start(worker).await;
    let name = within(pool.run(|_| thread::current().name().map(str::to_owned))).await;
    assert_eq!(name.unwrap().as_deref(), Some("circuits-worker"));
    let panicked = within(pool.run(|_| -> u8 { panic!("no") })).await;
    assert!(matches!(panicked, Err(JobError::Panicked(text)) if text == "no"));

    // One thread for both: the closure comes after the job.
    let holder = Holder::default();
    let (held, go) = holder.hold(1);
    system.on("worker").fire(held);
    holder.sees("1 begins").await;
    let log = holder.0.clone();
    let mut closure = Box::pin(pool.run(move |_| log.add("closure")));
    assert!(futures_poll(closure.as_mut()).await.is_none());
    go.send(()).unwrap();
    within(closure).await.unwrap();
    assert_eq!(holder.0.take(), ["1 ends", "closure"]);

    worker.stop().await;
    assert!(matches!(pool.run(|_| 1).await, Err(JobError::Stopped)));
}

/// Polls a future once.
async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|task| {
        let polled = std::pin::Pin::new(&mut future).poll(task);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn core_100_as_many_jobs_run_at_once_as_there_are_threads() {
    let worker = Worker::threads(3);
    let pool = worker.pool();
    let (_system, _worker) = start(worker).await;
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let shared = std::sync::Arc::new((running, most));
    let jobs: Vec<_> = (0..30)
        .map(|_| {
            let (shared, pool) = (shared.clone(), pool.clone());
            tokio::spawn(async move {
                let work = move |_: &JobContext| {
                    let now = shared.0.fetch_add(1, Ordering::SeqCst) + 1;
                    shared.1.fetch_max(now, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(5));
                    shared.0.fetch_sub(1, Ordering::SeqCst);
                    thread::current().id()
                };
                pool.run(work).await.unwrap()
            })
        })
        .collect();
    let mut threads = HashSet::new();
    for job in jobs {
        threads.insert(within(job).await.unwrap());
    }
    assert_eq!(shared.1.load(Ordering::SeqCst), 3);
    assert_eq!(threads.len(), 3);
}

#[tokio::test]
async fn core_100_jobs_begin_in_the_order_in_which_they_come() {
    let (system, _worker) = start(Worker::threads(1).job::<super::Held>()).await;
    let holder = Holder::default();
    let mut lets = Vec::new();
    for number in 0..50 {
        let (held, go) = holder.hold(number);
        system.on("worker").fire(held);
        lets.push(go);
    }
    for go in &lets {
        go.send(()).unwrap();
    }
    until(|| holder.0.len() == 100).await;
    let expected: Vec<_> = (0..50)
        .flat_map(|number| [format!("{number} begins"), format!("{number} ends")])
        .collect();
    assert_eq!(holder.0.take(), expected);
}

#[tokio::test]
async fn core_100_a_full_queue_refuses_the_next_job_and_takes_the_last_that_fits() {
    let worker = Worker::threads(2).max_queue(3).job::<super::Held>();
    let (system, _worker) = start(worker).await;
    let holder = Holder::default();
    let call = |number| {
        let ((held, go), system) = (holder.hold(number), system.clone());
        let call = tokio::spawn(async move { system.on("worker").call(held).await });
        (call, go)
    };
    let held: Vec<_> = (0..5).map(call).collect();
    until(|| holder.0.len() == 2).await;
    // All five are there: two run, and three wait.
    let (sixth, _go) = call(5);
    let error = within(sixth).await.unwrap().unwrap_err();
    assert!(matches!(job_error(&error), JobError::Full(3)));
    let text = "3 jobs wait already: call again later, or allow more with `max_queue`";
    assert_eq!(job_error(&error).to_string(), text);
    for (number, (call, go)) in (0..).zip(held) {
        go.send(()).unwrap();
        assert_eq!(within(call).await.unwrap().unwrap(), number);
        // There is room at once for whoever has a result.
    }
    let (last, go) = call(6);
    go.send(()).unwrap();
    assert_eq!(within(last).await.unwrap().unwrap(), 6);
}

#[tokio::test]
async fn core_100_no_queue_at_all_takes_as_many_jobs_as_there_are_threads() {
    let worker = Worker::threads(1).max_queue(0).job::<Factorial>();
    let (system, _worker) = start(worker).await;
    for _ in 0..100 {
        let one = within(system.on("worker").call(Factorial(2))).await;
        assert_eq!(one.unwrap(), 2);
    }
}

#[tokio::test]
async fn core_100_a_sender_waits_when_the_worker_and_its_mailbox_are_full() {
    let (system, _worker) = start(Worker::threads(1).job::<super::Held>()).await;
    let holder = Holder::default();
    let (held, go) = holder.hold(0);
    system.on("worker").fire(held).await;
    holder.sees("0 begins").await;
    // One runs, 1,023 wait in the worker and 1,024 in the mailbox: one is too much.
    let mut lets = vec![go];
    for number in 1..2048 {
        let (held, go) = holder.hold(number);
        within(system.on("worker").fire(held)).await;
        lets.push(go);
    }
    let (held, go) = holder.hold(2048);
    lets.push(go);
    let mut fire = Box::pin(system.on("worker").fire(held));
    for _ in 0..10 {
        assert!(futures_poll(fire.as_mut()).await.is_none());
        tokio::task::yield_now().await;
    }
    for go in &lets {
        go.send(()).unwrap();
    }
    within(fire).await;
    until(|| holder.0.len() == 2 * 2048 + 1).await;
    assert_eq!(system.dead_letters(), 0);
}

#[tokio::test]
async fn core_102_a_job_fired_on_all_channels_is_done_once() {
    let (system, _worker) = start(Worker::threads(4).job::<Factorial>()).await;
    assert_eq!(within(system.call(Factorial(3))).await.unwrap(), 6);
    assert_eq!(within(system.call_all(Factorial(3))).await.len(), 1);
}

#[tokio::test]
async fn core_102_a_second_worker_for_the_same_jobs_on_one_channel_does_not_start() {
    let worker = Worker::threads(1).job::<Factorial>().job::<Panics>();
    let (system, first) = start(worker).await;
    let other = || Worker::threads(1).job::<super::Held>().job::<Factorial>();
    let refused = within(system.supervise(other)).await.unwrap_err();
    let StartError::Failed { error, .. } = refused else {
        panic!("{refused:?}");
    };
    let text = "another worker does `factorial` on the channel `worker`, and a job is done once: \
                give one of them another channel, or more threads to the other";
    assert_eq!(error.to_string(), text);
    assert_eq!(
        within(system.on("worker").call_all(Factorial(3)))
            .await
            .len(),
        1
    );

    let elsewhere = system.supervise(other).channel("other");
    within(elsewhere).await.unwrap();
    assert_eq!(
        within(system.on("other").call(Factorial(4))).await.unwrap(),
        24
    );
    // One with other jobs is no rival, and the jobs of one that has ended are free.
    within(system.supervise(|| Worker::threads(1).job::<super::Held>()))
        .await
        .unwrap();
    first.stop().await;
    within(system.supervise(|| Worker::threads(1).job::<Factorial>()))
        .await
        .unwrap();
}

#[tokio::test]
async fn core_102_a_clone_of_a_worker_that_runs_does_not_start() {
    let worker = Worker::threads(1);
    let (system, _first) = start(worker.clone()).await;
    let refused = within(system.register(worker).channel("other"))
        .await
        .unwrap_err();
    let StartError::Failed { error, .. } = refused else {
        panic!("{refused:?}");
    };
    let text = "this worker runs already: make another one with `Worker::threads`, not a clone";
    assert_eq!(error.to_string(), text);
}

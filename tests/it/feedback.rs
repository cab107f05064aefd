//! Feedback: how an event went, and when all that it caused is done.

use circuits::event::{Complete, Event, Exception, Failure, Success};
use circuits::prelude::*;

use crate::log::Log;

#[derive(Event, Debug)]
#[event(success, failure, complete)]
struct Job(u32);

#[derive(Event)]
#[event(complete)]
struct Part(u32);

#[derive(Event)]
struct Step(u32);

#[component(channel = "work")]
#[derive(Clone)]
struct Worker(Log);

#[component]
impl Worker {
    #[handler("job", priority = 1)]
    fn first(&mut self, event: &Job, cx: &Context<Self>) -> Result<(), Error> {
        match event.0 {
            1 => cx.fire(Part(1)),
            2 => return Err(Error::new("two")),
            3 => panic!("three"),
            _ => return Ok(()),
        };
        Ok(())
    }

    #[handler("job")]
    async fn second(&self, event: &Job) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.add(format!("job {}", event.0));
    }

    #[handler("part")]
    async fn part(&mut self, event: &Part, cx: &Context<Self>) {
        cx.fire(Step(event.0 + 1));
        self.0.add(format!("part {}", event.0));
    }

    #[handler("step")]
    async fn step(&self, event: &Step, cx: &Context<Self>) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if event.0 < 4 {
            cx.fire(Step(event.0 + 1)).await;
        }
        self.0.add(format!("step {}", event.0));
    }

    #[handler("timer")]
    fn timer(&mut self, _: &Timer, cx: &Context<Self>) {
        cx.after(Duration::from_secs(60), Step(9));
        let system = cx.system();
        cx.spawn(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            system.on("work").fire(Step(8));
        });
    }
}

#[derive(Event)]
struct Timer;

#[component(channel = "work")]
struct Observer(Log);

#[component]
impl Observer {
    #[handler("job_success")]
    fn success(&mut self, event: &Success<Job>) {
        self.0.add(format!("success {}", event.event.0));
    }

    #[handler("job_failure")]
    fn failure(&mut self, event: &Failure<Job>) {
        self.0.add(format!("failure {}", event.error));
    }

    #[handler("job_complete")]
    fn complete(&mut self, event: &Complete<Job>) {
        self.0.add(format!("complete {}", event.event.0));
    }

    #[handler("part_complete")]
    fn part_complete(&mut self, event: &Complete<Part>) {
        self.0.add(format!("part complete {}", event.event.0));
    }

    #[handler("exception", channel = "*")]
    fn exception(&mut self, event: &Exception) {
        self.0.add(format!("exception {}", event.error));
    }
}

async fn check(number: u32, expected: &[&str]) {
    let (system, log) = (System::new(), Log::default());
    let worker = Worker(log.clone());
    system.supervise(move || worker.clone()).await.unwrap();
    system.register(Observer(log.clone())).await.unwrap();
    let complete = system.on("work").wait::<Complete<Job>>();
    system.on("work").fire(Job(number));
    complete.await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(log.take(), expected);
}

#[test]
fn feedback_is_named_after_its_event() {
    assert_eq!(Success::<Job>::NAME, "job_success");
    assert_eq!(Failure::<Job>::NAME, "job_failure");
    assert_eq!(Complete::<Part>::NAME, "part_complete");
}

#[tokio::test(start_paused = true)]
async fn success_comes_after_the_last_stage_and_complete_after_all() {
    check(0, &["job 0", "success 0", "complete 0"]).await;
}

#[tokio::test(start_paused = true)]
async fn failure_comes_before_exception_and_complete_last() {
    let after_error = ["failure two", "exception two", "job 2", "complete 2"];
    check(2, &after_error).await;
    let panic = "panicked: three";
    let failure = format!("failure {panic}");
    let exception = format!("exception {panic}");
    check(3, &[&failure, &exception, "job 3", "complete 3"]).await;
}

#[tokio::test(start_paused = true)]
async fn complete_waits_for_all_that_was_caused_inner_before_outer() {
    let (system, log) = (System::new(), Log::default());
    system.register(Worker(log.clone())).await.unwrap();
    system.register(Observer(log.clone())).await.unwrap();
    let job = system.on("work").fire(Job(1));
    job.completed().await.unwrap();
    let lines = log.take();
    let at = |line: &str| lines.iter().position(|other| other == line).unwrap();
    assert!(at("step 4") < at("part complete 1"), "{lines:?}");
    assert!(at("part complete 1") < at("complete 1"), "{lines:?}");
    assert!(at("success 1") < at("complete 1"), "{lines:?}");
    assert_eq!(lines.len(), 8, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_handles_is_done_at_once() {
    let (system, log) = (System::new(), Log::default());
    system.register(Observer(log.clone())).await.unwrap();
    let job = system.on("work").fire(Job(5));
    job.completed().await.unwrap();
    assert_eq!(log.take(), ["success 5", "complete 5"]);
    system.on("").fire(Step(1)).completed().await.unwrap();
    system.on("x").fire(Step(1)).completed().await.unwrap();
    assert_eq!(system.dead_letters(), 3);
}

#[tokio::test(start_paused = true)]
async fn timers_and_spawned_tasks_are_causes_of_their_own() {
    let (system, log) = (System::new(), Log::default());
    system.register(Worker(log.clone())).await.unwrap();
    let begun = tokio::time::Instant::now();
    let timer = system.on("work").fire(Timer);
    timer.completed().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::ZERO);
    let step = system.on("work").wait::<Step>();
    step.await.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 60);
}

/// Each event causes the next.
#[derive(Event)]
#[event(complete)]
struct Link(u32);

#[component(channel = "chain")]
struct Chain;

#[component]
impl Chain {
    #[handler("link")]
    fn link(&mut self, event: &Link, cx: &Context<Self>) {
        if event.0 > 0 {
            cx.fire(Link(event.0 - 1));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_a_hundred_thousand_events_does_not_take_the_stack() {
    let system = System::new();
    system.register(Chain).await.unwrap();
    let chain = system.on("chain").fire(Link(100_000));
    chain.completed().await.unwrap();
}

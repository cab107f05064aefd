//! S85 to S93: calls whose callee ends, fails or answers late.

use std::sync::Arc;

use circuits::prelude::*;
use circuits::{CallError, Options, Restart};
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};

use super::{Child, Do, Step, Trace, World, cases, child};

cases!(
    s85_a_call_to_one_that_has_ended_fails_at_once,
    s86_a_call_fails_when_its_callee_does,
    s87_a_late_reply_is_a_dead_letter_and_nobody_elses,
    s88_a_thousand_calls_that_time_out_leave_nothing,
    s89_a_callee_without_an_opinion_says_so_at_once,
    s90_an_answer_may_come_from_another,
    s91_a_call_that_would_wait_for_its_caller_is_refused,
    s92_a_caller_that_goes_stops_nobody,
    s93_a_queued_call_is_answered_by_the_next_life,
);

type Called = Result<u32, CallError>;

fn call(system: &System, step: Step) -> JoinHandle<Called> {
    let system = system.clone();
    tokio::spawn(async move { system.on("a").call(Do(step)).await })
}

async fn start(world: &World, restart: Restart) -> (System, Address<Child>) {
    let options = Options::new().unlimited_restarts();
    let system = world.system_with(options).await;
    let a = world.start(&system, child("a").restart(restart)).await;
    world.expect(&["a 1 started"]).await;
    (system, a.unwrap())
}

async fn s85_a_call_to_one_that_has_ended_fails_at_once(world: World) {
    let (system, a) = start(&world, Restart::Temporary).await;
    a.stop().await;
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    let begun = world.trace.elapsed();
    let addressed = system.to(&a).call(Do(Step::Work)).await;
    assert!(
        matches!(addressed, Err(CallError::Stopped)),
        "{addressed:?}"
    );
    let by_name = system.on("a").call(Do(Step::Work)).await;
    assert!(matches!(by_name, Err(CallError::NoHandler)), "{by_name:?}");
    if world.is_paused() {
        assert_eq!(world.trace.elapsed(), begun);
    }
}

async fn s86_a_call_fails_when_its_callee_does(world: World) {
    let (system, a) = start(&world, Restart::Permanent).await;
    let panicked = call(&system, Step::Panic).await.unwrap();
    assert!(matches!(panicked, Err(CallError::Crashed)), "{panicked:?}");
    let failed = call(&system, Step::Fatal).await.unwrap();
    assert!(matches!(failed, Err(CallError::Failed(_))), "{failed:?}");
    let expected = [
        "a 1 failed: panic",
        "a 2 started",
        "a 2 failed: fatal",
        "a 3 started",
    ];
    world.expect(&expected).await;
    let killed = call(&system, Step::Hang);
    world
        .until("it hangs", || world.trace.has("a 3 hangs"))
        .await;
    a.kill();
    let killed = killed.await.unwrap();
    assert!(matches!(killed, Err(CallError::Crashed)), "{killed:?}");
    world
        .expect(&["a 3 hangs", "a 3 killed", "a 4 started"])
        .await;
    let permits = Arc::new(Semaphore::new(0));
    let running = call(&system, Step::Wait(permits.clone()));
    world
        .until("it works", || world.trace.has("a 4 works"))
        .await;
    let queued = call(&system, Step::Work);
    world.until("it is queued", || a.waiting() == 1).await;
    let stop = tokio::spawn(async move { a.stop().await });
    world.settle().await;
    permits.add_permits(1);
    stop.await.unwrap();
    assert_eq!(running.await.unwrap().unwrap(), 1, "it was let finish");
    let queued = queued.await.unwrap();
    assert!(matches!(queued, Err(CallError::Stopped)), "{queued:?}");
    world
        .expect(&["a 4 works", "a 4 worked", "a 4 stopping", "a 4 stopped"])
        .await;
    let expected = [
        "a crashed in act: panicked: panic",
        "dead do: Crashed",
        "a crashed in act: fatal",
        "dead do: Crashed",
        "dead do: Stopped",
    ];
    world.expect_reports(&expected).await;
}

async fn s87_a_late_reply_is_a_dead_letter_and_nobody_elses(world: World) {
    let (system, _a) = start(&world, Restart::Permanent).await;
    let permits = Arc::new(Semaphore::new(0));
    let late = system.on("a").call(Do(Step::Wait(permits.clone())));
    let late = late.timeout(world.secs(5)).await;
    assert!(matches!(late, Err(CallError::TimedOut(_))), "{late:?}");
    let next = call(&system, Step::Work);
    world.settle().await;
    permits.add_permits(1);
    assert_eq!(
        next.await.unwrap().unwrap(),
        2,
        "not the reply of the first"
    );
    world
        .expect(&["a 1 works", "a 1 worked", "a 1 works"])
        .await;
    world.expect_reports(&["dead do: Late"]).await;
}

/// That no byte stays behind is counted in `costs`, over a million calls.
async fn s88_a_thousand_calls_that_time_out_leave_nothing(world: World) {
    const CALLS: usize = 1000;
    let (system, a) = start(&world, Restart::Permanent).await;
    let permits = Arc::new(Semaphore::new(0));
    let mut calls = JoinSet::new();
    for _ in 0..CALLS {
        let (system, limit) = (system.clone(), world.secs(5));
        let step = Step::Wait(permits.clone());
        calls.spawn(async move { system.on("a").call(Do(step)).timeout(limit).await });
    }
    for called in calls.join_all().await {
        assert!(matches!(called, Err(CallError::TimedOut(_))), "{called:?}");
    }
    permits.add_permits(CALLS);
    world
        .expect(&["a 1 works", "a 1 worked"].repeat(CALLS))
        .await;
    world.expect_reports(&["dead do: Late"].repeat(CALLS)).await;
    assert_eq!(a.waiting(), 0);
    // Each step held one share of the permits.
    world
        .until("no call is kept", || Arc::strong_count(&permits) == 1)
        .await;
}

#[derive(Event)]
#[event(reply = u32)]
struct Ask;

/// Lets its answer go.
#[component(channel = "shy")]
struct Shy(Trace);

#[component]
impl Shy {
    #[handler("ask")]
    fn ask(&mut self, _event: &Ask, cx: &Context<Self>) -> Option<u32> {
        self.0.add("shy", cx.life(), "is silent");
        None
    }
}

async fn s89_a_callee_without_an_opinion_says_so_at_once(world: World) {
    let system = world.system().await;
    system.register(Shy(world.trace.clone())).await.unwrap();
    let begun = world.trace.elapsed();
    let called = system.on("shy").call(Ask).await;
    assert!(matches!(called, Err(CallError::NoReply)), "{called:?}");
    if world.is_paused() {
        assert_eq!(world.trace.elapsed(), begun);
    }
    world.expect(&["shy 1 is silent"]).await;
}

#[derive(Event)]
#[event(reply = u32)]
struct Order(Arc<Semaphore>);

/// Has its orders answered by a child, and goes on meanwhile.
#[component(channel = "broker")]
struct Broker(Trace);

#[component]
impl Broker {
    #[handler("order")]
    async fn order(&self, event: &Order, cx: &Context<Self>) -> Result<u32, CallError> {
        self.0.add("broker", cx.life(), "passes on");
        cx.on("a").call(Do(Step::Wait(event.0.clone()))).await
    }

    #[handler("ask")]
    async fn ask(&self, _event: &Ask, cx: &Context<Self>) -> u32 {
        self.0.add("broker", cx.life(), "answers");
        7
    }
}

async fn s90_an_answer_may_come_from_another(world: World) {
    let (system, _a) = start(&world, Restart::Permanent).await;
    system.register(Broker(world.trace.clone())).await.unwrap();
    let permits = Arc::new(Semaphore::new(0));
    let ordered = tokio::spawn({
        let (system, permits) = (system.clone(), permits.clone());
        async move { system.on("broker").call(Order(permits)).await }
    });
    world
        .until("it is passed on", || world.trace.has("a 1 works"))
        .await;
    assert_eq!(system.on("broker").call(Ask).await.unwrap(), 7);
    permits.add_permits(1);
    assert_eq!(ordered.await.unwrap().unwrap(), 1);
    let expected = [
        "broker 1 passes on",
        "a 1 works",
        "broker 1 answers",
        "a 1 worked",
    ];
    world.expect(&expected).await;
}

#[derive(Event)]
#[event(reply = u32)]
struct Go;

/// Calls the next one, and writes down why it could not.
#[component]
struct Peer {
    next: &'static str,
    trace: Trace,
}

#[component]
impl Peer {
    #[handler("go")]
    async fn go(&mut self, _event: &Go, cx: &Context<Self>) -> u32 {
        match cx.on(self.next).call(Go).await {
            Ok(number) => number + 1,
            Err(CallError::Deadlock(ring)) => {
                let ring = ring.path().join(", ");
                self.trace
                    .add(cx.name(), cx.life(), format!("refused: {ring}"));
                0
            }
            Err(error) => panic!("{error}"),
        }
    }
}

async fn s91_a_call_that_would_wait_for_its_caller_is_refused(world: World) {
    let system = world.system().await;
    for (name, next) in [("x", "x"), ("b", "c"), ("c", "d"), ("d", "b")] {
        let peer = Peer {
            next,
            trace: world.trace.clone(),
        };
        let peer = system.register(peer).named(name).channel(name);
        peer.await.unwrap();
    }
    let begun = world.trace.elapsed();
    assert_eq!(system.on("x").call(Go).await.unwrap(), 0);
    // Nobody handles what was refused: the call would go on for ever.
    world.expect(&["x 1 refused: x.go"]).await;
    assert_eq!(system.on("b").call(Go).await.unwrap(), 2);
    if world.is_paused() {
        assert_eq!(world.trace.elapsed(), begun);
    }
    let refused = "d 1 refused: d.go, b.go, c.go";
    world.expect(&[refused]).await;
}

async fn s92_a_caller_that_goes_stops_nobody(world: World) {
    let (system, _a) = start(&world, Restart::Permanent).await;
    let permits = Arc::new(Semaphore::new(0));
    let caller = call(&system, Step::Wait(permits.clone()));
    world
        .until("it works", || world.trace.has("a 1 works"))
        .await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    permits.add_permits(1);
    assert_eq!(call(&system, Step::Work).await.unwrap().unwrap(), 2);
    world
        .expect(&["a 1 works", "a 1 worked", "a 1 works"])
        .await;
    world.expect_reports(&["dead do: Late"]).await;
}

async fn s93_a_queued_call_is_answered_by_the_next_life(world: World) {
    let (system, a) = start(&world, Restart::Permanent).await;
    let permits = Arc::new(Semaphore::new(0));
    system.on("a").fire(Do(Step::Wait(permits.clone()))).await;
    system.on("a").fire(Do(Step::Panic)).await;
    world.until("it works", || a.waiting() == 1).await;
    let queued = call(&system, Step::Work);
    world.until("it is queued", || a.waiting() == 2).await;
    permits.add_permits(1);
    assert_eq!(
        queued.await.unwrap().unwrap(),
        1,
        "the first step of its life"
    );
    let expected = [
        "a 1 works",
        "a 1 worked",
        "a 1 failed: panic",
        "a 2 started",
        "a 2 works",
    ];
    world.expect(&expected).await;
    let expected = ["a crashed in act: panicked: panic", "dead do: Crashed"];
    world.expect_reports(&expected).await;
}

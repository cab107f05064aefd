//! S65 to S74 and S115: where a failure happens, and what it takes along.

use std::sync::{Arc, Mutex};

use circuits::event::{Crashed, Started};
use circuits::prelude::*;
use circuits::{CallError, OnError, Options};
use tokio::sync::Semaphore;

use super::{Do, Step, Trace, World, cases, child};

cases!(
    s65_a_panic_ends_one_life_and_nothing_beside_it,
    s66_an_error_is_an_answer_unless_it_is_fatal,
    s67_a_timer_that_panics_fails_the_one_who_armed_it,
    s68_a_timer_ends_with_the_life_that_armed_it,
    s69_a_task_ends_with_the_life_that_owns_it,
    s70_a_value_that_panics_as_it_is_dropped_is_reported,
    s71_a_lock_of_the_framework_outlives_a_panic,
    s73_an_error_that_is_answered_costs_no_life,
    s74_the_innermost_rule_that_matches_decides,
    s115_a_hook_runs_on_the_value_that_failed,
);

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Act(What);

#[derive(Clone, Debug)]
enum What {
    Work,
    /// Panics once there is a permit.
    Panic(Arc<Semaphore>),
    /// Panics while a lock is held, and fires as it unwinds.
    PanicLocked(Arc<Mutex<()>>),
    /// Arms a timer whose event panics as it is copied.
    ArmBomb,
    /// Arms a timer of so long.
    Arm(Duration),
    /// Starts a task that holds a value.
    Own,
    Err(Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{self:?}")]
enum Kind {
    Mild,
    Grave,
    Last,
    Other,
}

#[derive(Event, Debug)]
#[event(reply = u64)]
struct Judged(Kind);

#[derive(Event, Debug, Clone)]
struct Tick;

#[derive(Event, Debug)]
struct Bomb;

impl Clone for Bomb {
    fn clone(&self) -> Self {
        panic!("bomb");
    }
}

/// Writes down that it is dropped.
struct Held(Trace, u64);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add("t", self.1, "task dropped");
    }
}

/// Fires as it is dropped.
struct Last<'a>(&'a Context<Actor>);

impl Drop for Last<'_> {
    fn drop(&mut self) {
        drop(self.0.fire(Act(What::Work)));
    }
}

/// How an actor behaves beside what it is asked for.
#[derive(Clone, Copy, Default)]
struct Habits {
    /// Its first value panics as it is dropped.
    fragile: bool,
}

fn rule(error: &Error) -> Option<OnError> {
    match error.downcast_ref()? {
        Kind::Grave => Some(OnError::Restart),
        Kind::Last => Some(OnError::Stop),
        Kind::Mild | Kind::Other => None,
    }
}

/// A grave error is left to the handler's own rule first.
fn mild(error: &Error) -> Option<OnError> {
    (error.downcast_ref() == Some(&Kind::Grave)).then_some(OnError::Answer)
}

#[component(channel = "t", on_error = rule)]
struct Actor {
    trace: Trace,
    habits: Habits,
    life: u64,
    steps: u64,
}

#[component]
impl Actor {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        self.life = event.life;
        self.trace.add("t", self.life, "started");
    }

    #[handler("act")]
    async fn act(&mut self, event: &Act, cx: &Context<Self>) -> Result<u64, Error> {
        match &event.0 {
            What::Work => self.trace.add("t", self.life, "works"),
            What::Panic(permits) => {
                permits.acquire().await?.forget();
                self.trace.add("t", self.life, "fails");
                panic!("act");
            }
            What::PanicLocked(lock) => {
                let _last = Last(cx);
                let _held = lock.lock();
                self.trace.add("t", self.life, "fails");
                panic!("act");
            }
            What::ArmBomb => {
                cx.every(Duration::from_millis(1), Bomb);
            }
            What::Arm(delay) => {
                cx.after(*delay, Tick);
            }
            What::Own => {
                let held = Held(self.trace.clone(), self.life);
                let (entered, running) = tokio::sync::oneshot::channel();
                cx.spawn(async move {
                    let held = held;
                    entered.send(()).unwrap();
                    std::future::pending::<()>().await;
                    held.0.note("a late result");
                });
                running.await?;
            }
            What::Err(kind) => return Err((*kind).into()),
        }
        self.steps += 1;
        Ok(self.steps)
    }

    #[handler("judged", on_error = mild)]
    fn judged(&mut self, event: &Judged) -> Result<u64, Kind> {
        Err(event.0)
    }

    #[handler("tick")]
    fn tick(&mut self) {
        self.trace.add("t", self.life, "ticks");
    }
}

impl Drop for Actor {
    fn drop(&mut self) {
        self.trace.add("t", self.life, "dropped");
        if self.habits.fragile && self.life == 1 {
            panic!("drop");
        }
    }
}

async fn start(world: &World, habits: Habits) -> (System, Address<Actor>) {
    let system = world.system_with(Options::new().max_restarts(3)).await;
    let trace = world.trace.clone();
    let factory = move || Actor {
        trace: trace.clone(),
        habits,
        life: 0,
        steps: 0,
    };
    let actor = system.supervise(factory).named("t").await.unwrap();
    world.expect(&["t 1 started"]).await;
    (system, actor)
}

fn open() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(Semaphore::MAX_PERMITS))
}

async fn s65_a_panic_ends_one_life_and_nothing_beside_it(world: World) {
    let system = world.system().await;
    let permits = Arc::new(Semaphore::new(0));
    for name in ["a", "b"] {
        world.start(&system, child(name)).await.unwrap();
    }
    system.on("b").fire(Do(Step::Wait(permits.clone()))).await;
    world
        .expect(&["a 1 started", "b 1 started", "b 1 works"])
        .await;
    let called = system.on("a").call(Do(Step::Panic)).await;
    assert!(matches!(called, Err(CallError::Crashed)), "{called:?}");
    world.expect(&["a 1 failed: panic", "a 2 started"]).await;
    permits.add_permits(1);
    world.expect(&["b 1 worked"]).await;
    let expected = ["a crashed in act: panicked: panic", "dead do: Crashed"];
    world.expect_reports(&expected).await;
}

async fn s66_an_error_is_an_answer_unless_it_is_fatal(world: World) {
    let system = world.system().await;
    world.start(&system, child("a")).await.unwrap();
    let a = system.on("a");
    assert_eq!(a.call(Do(Step::Work)).await.unwrap(), 1);
    for step in [Step::Error, Step::Error, Step::Error] {
        let called = a.call(Do(step)).await;
        assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    }
    assert_eq!(
        a.call(Do(Step::Work)).await.unwrap(),
        2,
        "the state is kept"
    );
    assert_eq!(system.restarts(), 0);
    let expected = [
        "a 1 started",
        "a 1 works",
        "a 1 errs",
        "a 1 errs",
        "a 1 errs",
        "a 1 works",
    ];
    world.expect(&expected).await;
    let called = a.call(Do(Step::Fatal)).await;
    assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    world.expect(&["a 1 failed: fatal", "a 2 started"]).await;
    let failed = "a failed in act: error";
    let expected = [failed, failed, failed, "a crashed in act: fatal"];
    world.expect_reports(&expected).await;
    assert_eq!(system.restarts(), 1);
}

async fn s67_a_timer_that_panics_fails_the_one_who_armed_it(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    system.to(&actor).call(Act(What::ArmBomb)).await.unwrap();
    world
        .until("it fails", || world.trace.has("t 2 started"))
        .await;
    world.expect(&["t 1 dropped", "t 2 started"]).await;
    world
        .expect_reports(&["t crashed in every: panicked: bomb"])
        .await;
}

async fn s68_a_timer_ends_with_the_life_that_armed_it(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    let target = system.to(&actor);
    for delay in [1, 9] {
        target
            .call(Act(What::Arm(world.secs(delay))))
            .await
            .unwrap();
    }
    let permits = Arc::new(Semaphore::new(0));
    target.fire(Act(What::Panic(permits.clone()))).await;
    world.until("one is due", || actor.waiting() == 1).await;
    permits.add_permits(1);
    world
        .until("it is back", || world.trace.has("t 2 started"))
        .await;
    target.call(Act(What::Arm(world.secs(1)))).await.unwrap();
    world.pass(world.secs(20)).await;
    let expected = ["t 1 fails", "t 1 dropped", "t 2 started", "t 2 ticks"];
    world.expect(&expected).await;
    let expected = ["t crashed in act: panicked: act", "dead act: Crashed"];
    world.expect_reports(&expected).await;
}

async fn s69_a_task_ends_with_the_life_that_owns_it(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    let target = system.to(&actor);
    target.call(Act(What::Own)).await.unwrap();
    target.fire(Act(What::Panic(open()))).await;
    let expected = [
        "t 1 fails",
        "t 1 dropped",
        "t 1 task dropped",
        "t 2 started",
    ];
    world.expect(&expected).await;
    target.call(Act(What::Own)).await.unwrap();
    actor.kill();
    let expected = ["t 2 dropped", "t 2 task dropped", "t 3 started"];
    world.expect(&expected).await;
}

async fn s70_a_value_that_panics_as_it_is_dropped_is_reported(world: World) {
    let (system, actor) = start(&world, Habits { fragile: true }).await;
    let target = system.to(&actor);
    target.fire(Act(What::Panic(open()))).await;
    assert_eq!(target.call(Act(What::Work)).await.unwrap(), 1);
    let expected = ["t 1 fails", "t 1 dropped", "t 2 started", "t 2 works"];
    world.expect(&expected).await;
    let expected = [
        "t crashed in act: panicked: act",
        "dead act: Crashed",
        "t crashed in drop: panicked: drop",
    ];
    world.expect_reports(&expected).await;
}

async fn s71_a_lock_of_the_framework_outlives_a_panic(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    let target = system.to(&actor);
    let lock = Arc::new(Mutex::new(()));
    target.fire(Act(What::PanicLocked(lock.clone()))).await;
    world
        .until("it is back", || world.trace.has("t 2 works"))
        .await;
    // The user's own lock is poisoned; what the panic fired came through.
    assert!(lock.is_poisoned());
    assert_eq!(target.call(Act(What::Work)).await.unwrap(), 2);
    let expected = [
        "t 1 fails",
        "t 1 dropped",
        "t 2 started",
        "t 2 works",
        "t 2 works",
    ];
    world.expect(&expected).await;
}

async fn s73_an_error_that_is_answered_costs_no_life(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    let target = system.to(&actor);
    target.call(Act(What::Arm(world.secs(2)))).await.unwrap();
    let called = target.call(Act(What::Err(Kind::Mild))).await;
    assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    assert_eq!(target.call(Act(What::Work)).await.unwrap(), 2);
    world.pass(world.secs(3)).await;
    world.expect(&["t 1 works", "t 1 ticks"]).await;
    world.expect_reports(&["t failed in act: Mild"]).await;
    assert_eq!((actor.life(), system.restarts()), (1, 0));
}

async fn s74_the_innermost_rule_that_matches_decides(world: World) {
    let (system, actor) = start(&world, Habits::default()).await;
    let target = system.to(&actor);
    // By the rule of the handler, by none, and by that of the component.
    for kind in [Kind::Grave, Kind::Other, Kind::Last] {
        let called = target.call(Judged(kind)).await;
        assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    }
    // It is permanent, and so its end in order begins another life.
    world.expect(&["t 1 dropped", "t 2 started"]).await;
    let called = target.call(Act(What::Err(Kind::Grave))).await;
    assert!(matches!(called, Err(CallError::Failed(_))), "{called:?}");
    world.expect(&["t 2 dropped", "t 3 started"]).await;
    let expected = [
        "t failed in judged: Grave",
        "t failed in judged: Other",
        "t failed in judged: Last",
        "t crashed in act: Grave",
    ];
    world.expect_reports(&expected).await;
}

/// Saves what it has when it fails.
#[component(channel = "saver")]
struct Saver {
    trace: Trace,
    unsaved: u32,
    /// Whether it panics as it saves.
    clumsy: bool,
}

#[component]
impl Saver {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        self.trace.add("saver", event.life, "started");
    }

    #[handler("tick")]
    fn tick(&mut self, _event: &Tick) {
        self.unsaved += 1;
        assert!(self.unsaved < 3, "full");
    }

    #[handler("crashed")]
    async fn crashed(&mut self, event: &Crashed) {
        let Crashed { life, error, .. } = event;
        tokio::task::yield_now().await;
        self.trace
            .add("saver", *life, format!("saves {}: {error}", self.unsaved));
        assert!(!self.clumsy, "clumsy");
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        self.trace
            .note(format!("saver dropped with {}", self.unsaved));
    }
}

async fn s115_a_hook_runs_on_the_value_that_failed(world: World) {
    for clumsy in [false, true] {
        let system = world.system_with(Options::new().max_restarts(9)).await;
        let trace = world.trace.clone();
        let factory = move || Saver {
            trace: trace.clone(),
            unsaved: 0,
            clumsy,
        };
        let saver = system.supervise(factory).named("saver").await.unwrap();
        for _ in 0..4 {
            system.to(&saver).fire(Tick).await;
        }
        let expected = [
            "saver 1 started",
            "saver 1 saves 3: panicked: full",
            "saver dropped with 3",
            "saver 2 started",
        ];
        world.expect(&expected).await;
        let mut expected = vec![
            "saver crashed in tick: panicked: full",
            "dead tick: Crashed",
        ];
        if clumsy {
            expected.push("saver crashed in crashed: panicked: clumsy");
            expected.push("dead crashed: Crashed");
        }
        world.expect_reports(&expected).await;
        saver.kill();
        world
            .expect(&["saver dropped with 1", "saver 3 started"])
            .await;
        system.stop();
        system.join().await.unwrap();
        world.expect(&["saver dropped with 0"]).await;
    }
}

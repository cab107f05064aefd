//! Starts with nothing to run, with specifications that are wrong, and under
//! names that are taken.

use circuits::event::{Started, Stopped};
use circuits::prelude::*;
use circuits::supervisor::{ChildSpec, ChildState, Dynamic, SpecError, Start, Supervisor};
use circuits::{AutoShutdown, CallError, Options, Restart, StartError};

use super::{Child, Do, Step, Trace, World, called, cases, child};

cases!(
    s04_a_start_with_nothing_to_run_succeeds_and_is_kept,
    s05_a_temporary_start_with_nothing_to_run_leaves_nothing,
    s07_a_wrong_specification_is_refused_before_any_child_starts,
    s08_a_name_that_is_taken_is_refused_with_its_owner,
);

/// Has nothing to run in some of its lives.
#[component(channel = "idle")]
struct Idle {
    trace: Trace,
    declines: fn(u64) -> bool,
}

#[component]
impl Idle {
    #[handler("started")]
    fn started(&mut self, event: &Started, cx: &Context<Self>) {
        if (self.declines)(event.life) {
            self.trace.add(cx.name(), event.life, "declines");
            cx.decline();
        } else {
            self.trace.add(cx.name(), event.life, "started");
        }
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped, cx: &Context<Self>) {
        self.trace.add(cx.name(), event.life, "stopping");
    }

    #[handler("do")]
    fn act(&mut self, _event: &Do) -> u32 {
        panic!("panic");
    }
}

fn idle(world: &World, declines: fn(u64) -> bool) -> impl Fn() -> Idle + Send + Sync + 'static {
    let trace = world.trace.clone();
    move || Idle {
        trace: trace.clone(),
        declines,
    }
}

/// Lists name, state and life of each child.
async fn listed(boss: &Address<Supervisor>) -> Vec<(String, ChildState, u64)> {
    let list = boss.children().list().await.unwrap();
    list.into_iter()
        .map(|child| (child.name.to_string(), child.state, child.life))
        .collect()
}

/// Starts a supervisor of `a`, a child that may have nothing to run, and `c`.
async fn start(
    world: &World,
    restart: Restart,
    declines: fn(u64) -> bool,
) -> (System, Address<Supervisor>) {
    let system = world.system_with(Options::new().max_restarts(0)).await;
    let clone = world.clone();
    let make = move || {
        let spec = |name| child(name).spec(&clone.trace);
        Supervisor::one_for_one()
            .child(spec("a"))
            .child(ChildSpec::new("b", idle(&clone, declines)).restart(restart))
            .child(spec("c"))
    };
    let boss = system.supervise(make).await.unwrap();
    (system, boss)
}

async fn s04_a_start_with_nothing_to_run_succeeds_and_is_kept(world: World) {
    for restart in [Restart::Permanent, Restart::Transient] {
        let (system, boss) = start(&world, restart, |life| life == 1).await;
        let expected = ["a 1 started", "b 1 declines", "c 1 started"];
        world.expect(&expected).await;
        let (running, stopped) = (ChildState::Running, ChildState::Stopped);
        let line = |name: &str, state, life| (name.to_owned(), state, life);
        let expected = [
            line("a", running, 1),
            line("b", stopped, 1),
            line("c", running, 1),
        ];
        assert_eq!(listed(&boss).await, expected);
        let count = boss.children().count().await.unwrap();
        assert_eq!((count.specs, count.active), (3, 2));
        let called = system.on("idle").call(Do(Step::Work)).await;
        assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
        world.pass(world.secs(10)).await;
        world.expect(&[]).await;
        assert_eq!(system.restarts(), 0);
        world.expect_reports(&[]).await;
        // It can be asked for again.
        boss.children().restart("b").await.unwrap();
        world.expect(&["b 2 started"]).await;
        boss.stop().await;
        let expected = [
            "c 1 stopping",
            "c 1 stopped",
            "b 2 stopping",
            "a 1 stopping",
            "a 1 stopped",
        ];
        world.expect(&expected).await;
    }
    // A restart may find nothing to run as well: that is no further failure.
    let system = world.system().await;
    let b = system.supervise(idle(&world, |life| life == 2)).named("b");
    let b = b.await.unwrap();
    let _ = system.to(&b).call(Do(Step::Panic)).await;
    world.expect(&["b 1 started", "b 2 declines"]).await;
    world.until("it stands still", || b.is_gone()).await;
    let list = system.children().list().await.unwrap();
    let b = list.iter().find(|child| &*child.name == "b").unwrap();
    assert_eq!((b.state, b.life), (ChildState::Stopped, 2));
    assert_eq!((system.restarts(), system.is_stopped()), (1, false));
}

async fn s05_a_temporary_start_with_nothing_to_run_leaves_nothing(world: World) {
    let (system, boss) = start(&world, Restart::Temporary, |_life| true).await;
    let expected = ["a 1 started", "b 1 declines", "c 1 started"];
    world.expect(&expected).await;
    let running = ChildState::Running;
    let expected = ["a", "c"].map(|name| (name.to_owned(), running, 1));
    assert_eq!(listed(&boss).await, expected);
    // Among dynamic children, of whatever kind.
    for restart in [Restart::Permanent, Restart::Transient, Restart::Temporary] {
        let clone = world.clone();
        let make = move || {
            let clone = clone.clone();
            let make = move |declines: &fn(u64) -> bool| idle(&clone, *declines)();
            Dynamic::new(make).restart(restart)
        };
        let dynamic = system.supervise(make).await.unwrap();
        let declines: fn(u64) -> bool = |_life| true;
        let declined = system
            .to(&dynamic)
            .call(Start::new(declines))
            .await
            .unwrap();
        assert!(declined.is_gone());
        world
            .expect(&[&format!("{} 1 declines", declined.name())])
            .await;
        let count = dynamic.children().count().await.unwrap();
        assert_eq!((count.specs, count.active), (0, 0));
    }
    assert_eq!(system.restarts(), 0);
    world.expect_reports(&[]).await;
}

async fn s07_a_wrong_specification_is_refused_before_any_child_starts(world: World) {
    let system = world.system_with(Options::new().max_restarts(0)).await;
    let trace = world.trace.clone();
    let (any, never) = (AutoShutdown::AnySignificant, AutoShutdown::Never);
    let declared = move |wrong: u8| {
        let [a, b] = called(["a", "b"]).map(|script| script.spec(&trace));
        let one = Supervisor::one_for_one();
        match wrong {
            0 => one.child(a).child(b).child(child("a").spec(&trace)),
            1 => one.child(a).within(Duration::ZERO),
            2 => one
                .child(a)
                .child(b.restart(Restart::Transient).significant())
                .auto_shutdown(never),
            _ => one.child(a).child(b.significant()).auto_shutdown(any),
        }
    };
    let name = |name: &str| name.to_owned();
    let errors = [
        SpecError::DuplicateName(name("a")),
        SpecError::ZeroWindow,
        SpecError::NeverSignificant(name("b")),
        SpecError::PermanentSignificant(name("b")),
    ];
    for (wrong, error) in (0..).zip(errors) {
        assert_eq!(declared(wrong).check(), Err(error.clone()));
        let declared = declared.clone();
        let started = system.supervise(move || declared(wrong)).await;
        let Err(StartError::Failed { error: cause, .. }) = &started else {
            panic!("{started:?}");
        };
        assert_eq!(cause.downcast_ref::<SpecError>(), Some(&error));
    }
    // Also of children that are started one by one.
    let trace = &world.trace;
    let script = child("x");
    let factory = || script.factory(trace);
    let significant = system.supervise(factory()).named("x").significant();
    let transient = significant.restart(Restart::Transient).await;
    assert!(
        matches!(
            &transient,
            Err(StartError::BadSpec(SpecError::NeverSignificant(name))) if name == "x"
        ),
        "{transient:?}"
    );
    let options = Options::new().auto_shutdown(any);
    let other = world.system_with(options).await;
    let permanent = other.supervise(factory()).named("x").significant().await;
    assert!(
        matches!(
            &permanent,
            Err(StartError::BadSpec(SpecError::PermanentSignificant(name))) if name == "x"
        ),
        "{permanent:?}"
    );
    assert_eq!((system.restarts(), system.is_stopped()), (0, false));
    world.expect(&[]).await;
}

async fn s08_a_name_that_is_taken_is_refused_with_its_owner(world: World) {
    let system = world.system().await;
    let a = world.start(&system, child("a")).await.unwrap();
    system.to(&a).call(Do(Step::Work)).await.unwrap();
    let again = world.start(&system, child("a")).await;
    match again {
        Err(StartError::AlreadyStarted { name, component }) => {
            assert_eq!((&*name, component), ("a", a.id()));
        }
        other => panic!("{other:?}"),
    }
    // Its owner is untouched: the same life, with its state.
    assert_eq!(system.to(&a).call(Do(Step::Work)).await.unwrap(), 2);
    world
        .expect(&["a 1 started", "a 1 works", "a 1 works"])
        .await;
    assert_eq!((a.life(), system.restarts()), (1, 0));
    // Names are for siblings: another component may have a child of that name.
    let boss = child("boss").children([child("a")]);
    world.start(&system, boss).await.unwrap();
    world.expect(&["a 1 started", "boss 1 started"]).await;
    // And the name is free once its owner has left.
    a.stop().await;
    let next: Address<Child> = world.start(&system, child("a")).await.unwrap();
    assert_ne!(next.id(), a.id());
    world
        .expect(&["a 1 stopping", "a 1 stopped", "a 1 started"])
        .await;
}

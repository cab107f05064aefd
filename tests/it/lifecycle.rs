//! The life of a component: registered, started, stopped, moved, unregistered.

use circuits::event::{PrepareUnregister, Registered, Started, Stopped, Unregistered};
use circuits::prelude::*;
use circuits::{Options, Restart, StartError};
use tokio::sync::Semaphore;

use std::sync::Arc;

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
struct Mark(u32);

#[derive(Event)]
struct Crash;

#[derive(Event)]
struct Later;

#[component(channel = "cat")]
struct Cat(Log);

#[component]
impl Cat {
    #[handler("registered")]
    fn registered(&mut self, event: &Registered) {
        self.0.add(format_args!(
            "{} registered below {}",
            event.name, event.parent
        ));
    }

    #[handler("started")]
    async fn started(&mut self, event: &Started) {
        // Whatever is fired meanwhile waits.
        tokio::task::yield_now().await;
        self.0
            .add(format_args!("{} started {}", event.name, event.life));
    }

    #[handler("mark")]
    fn mark(&mut self, event: &Mark, cx: &Context<Self>) {
        self.0.add(format_args!(
            "{} mark {} in life {}",
            cx.name(),
            event.0,
            cx.life()
        ));
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.0
            .add(format_args!("{} stopped {}", event.name, event.life));
    }

    #[handler("prepare_unregister")]
    fn prepare(&mut self, event: &PrepareUnregister, cx: &Context<Self>) {
        self.0.add(format_args!("{} prepares", event.name));
        cx.on("later").fire(Later);
    }

    #[handler("unregistered")]
    fn unregistered(&mut self, event: &Unregistered) {
        self.0.add(format_args!("{} unregistered", event.name));
    }
}

/// Hears of the lives of all components, in one line each.
#[component(channel = "spy")]
struct Spy(Log);

#[component]
impl Spy {
    #[handler("registered", channel = "*")]
    fn registered(&mut self, event: &Registered) {
        self.0.add(format_args!("registered {}", event.name));
    }

    #[handler("started", channel = "*")]
    fn started(&mut self, event: &Started) {
        self.0
            .add(format_args!("started {} {}", event.name, event.life));
    }

    #[handler("stopped", channel = "*")]
    fn stopped(&mut self, event: &Stopped) {
        self.0
            .add(format_args!("stopped {} {}", event.name, event.life));
    }

    #[handler("prepare_unregister", channel = "*")]
    fn prepare(&mut self, event: &PrepareUnregister) {
        self.0.add(format_args!("prepare {}", event.name));
    }

    #[handler("unregistered", channel = "*")]
    fn unregistered(&mut self, event: &Unregistered) {
        self.0.add(format_args!("unregistered {}", event.name));
    }
}

#[tokio::test(start_paused = true)]
async fn a_component_hears_of_its_own_life_and_of_no_other() {
    let system = System::new();
    let (one, two) = (Log::default(), Log::default());
    let cat = {
        let one = one.clone();
        system.supervise(move || Cat(one.clone())).named("one")
    };
    let cat = cat.await.unwrap();
    system
        .register(Cat(two.clone()))
        .named("two")
        .await
        .unwrap();
    system.on("cat").fire(Mark(1));
    settle().await;
    system.to(&cat).fire(Crash);
    system.to(&cat).fire(Mark(2));
    settle().await;
    assert_eq!((cat.life(), cat.name()), (2, "one"));
    cat.stop().await;
    let root = cat.parent();
    let expected = [
        &format!("one registered below {root}"),
        "one started 1",
        "one mark 1 in life 1",
        "one started 2",
        "one mark 2 in life 2",
        "one stopped 2",
    ];
    assert_eq!(one.take(), expected);
    let expected = [
        &format!("two registered below {root}"),
        "two started 1",
        "two mark 1 in life 1",
    ];
    assert_eq!(two.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_handler_on_all_channels_hears_of_all_lives() {
    let system = System::new();
    let spied = Log::default();
    system
        .register(Spy(spied.clone()))
        .named("spy")
        .await
        .unwrap();
    settle().await;
    spied.take();
    let made = || Cat(Log::default());
    let cat = system.supervise(made).named("cat").await.unwrap();
    system.to(&cat).fire(Crash);
    settle().await;
    cat.unregister().await;
    settle().await;
    let expected = [
        "registered cat",
        "started cat 1",
        "started cat 2",
        "prepare cat",
        "stopped cat 2",
        "unregistered cat",
    ];
    assert_eq!(spied.take(), expected);
}

#[component(channel = "late")]
struct Late {
    log: Log,
    gate: Arc<Semaphore>,
}

#[component]
impl Late {
    #[handler("started")]
    async fn started(&mut self) {
        self.log.add("starting");
        let _ = self.gate.acquire().await.map(|permit| permit.forget());
        self.log.add("started");
    }

    #[handler("mark")]
    fn mark(&mut self, event: &Mark) {
        self.log.add(format_args!("mark {}", event.0));
    }
}

#[tokio::test(start_paused = true)]
async fn events_fired_while_a_component_starts_wait_until_it_has_started() {
    let system = System::new();
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    let late = Late {
        log: log.clone(),
        gate: gate.clone(),
    };
    let starting = tokio::spawn({
        let handle = system.handle();
        async move { handle.register(late).await }
    });
    settle().await;
    system.on("late").fire(Mark(1));
    system.on("late").fire(Mark(2));
    settle().await;
    assert_eq!(log.take(), ["starting"]);
    assert!(!starting.is_finished());
    gate.add_permits(1);
    within(starting).await.unwrap().unwrap();
    settle().await;
    assert_eq!(log.take(), ["started", "mark 1", "mark 2"]);
}

/// Takes its time over what `PrepareUnregister` causes.
#[component(channel = "later")]
struct Janitor(Arc<Semaphore>);

#[component]
impl Janitor {
    #[handler("later")]
    async fn later(&mut self, _event: &Later) {
        let _ = self.0.acquire().await.map(|permit| permit.forget());
    }
}

#[tokio::test(start_paused = true)]
async fn unregistering_waits_for_all_that_its_announcement_causes() {
    let system = System::new();
    let (log, gate) = (Log::default(), Arc::new(Semaphore::new(0)));
    system.register(Janitor(gate.clone())).await.unwrap();
    let cat = system
        .register(Cat(log.clone()))
        .named("cat")
        .await
        .unwrap();
    log.take();
    let leaving = tokio::spawn({
        let cat = cat.clone();
        async move { cat.unregister().await }
    });
    settle().await;
    assert_eq!(log.take(), ["cat prepares"]);
    // In the first phase it still works.
    system.to(&cat).fire(Mark(1));
    settle().await;
    assert_eq!(log.take(), ["cat mark 1 in life 1"]);
    assert!(!leaving.is_finished() && !cat.is_gone());
    gate.add_permits(1);
    within(leaving).await.unwrap();
    assert_eq!(log.take(), ["cat unregistered", "cat stopped 1"]);
    assert!(cat.is_gone());
    assert_eq!(system.dead_letters(), 0);
    within(cat.unregister()).await;
    assert_eq!(log.take(), [""; 0], "again: nothing");
}

#[derive(Event)]
#[event(reply = u32)]
struct Count;

/// A parent that starts cats, named by number; and counts, to show its state.
#[component(channel = "litter", max_restarts = 10)]
struct Litter {
    log: Log,
    cats: u32,
    count: u32,
}

#[component]
impl Litter {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        for number in 0..self.cats {
            let log = self.log.clone();
            let name = format!("{}.{number}", cx.name());
            cx.supervise(move || Cat(log.clone())).named(name).await?;
        }
        Ok(())
    }

    #[handler("registered")]
    fn registered(&mut self, event: &Registered) {
        self.log.add(format_args!(
            "{} registered below {}",
            event.name, event.parent
        ));
    }

    #[handler("count")]
    fn count(&mut self, _event: &Count) -> u32 {
        self.count += 1;
        self.count
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.log
            .add(format_args!("{} stopped {}", event.name, event.life));
    }
}

fn litter(log: &Log, cats: u32) -> Litter {
    let log = log.clone();
    Litter {
        log,
        cats,
        count: 0,
    }
}

#[tokio::test(start_paused = true)]
async fn children_leave_with_their_parent_last_started_first() {
    let system = System::new();
    let log = Log::default();
    let parent = system.register(litter(&log, 3)).named("p").await.unwrap();
    log.take();
    parent.unregister().await;
    let expected = [
        "p.2 stopped 1",
        "p.1 stopped 1",
        "p.0 stopped 1",
        "p stopped 1",
    ];
    assert_eq!(log.take(), expected);
    assert!(parent.is_gone());
    let late = system.register(Cat(log.clone())).named("p").await;
    assert!(late.is_ok(), "the name is free again");
}

#[tokio::test(start_paused = true)]
async fn a_moved_subtree_keeps_running_and_stops_with_its_new_parent() {
    let system = System::new();
    let log = Log::default();
    let old = system.register(litter(&log, 0)).named("old").await.unwrap();
    let new = system.register(litter(&log, 0)).named("new").await.unwrap();
    let subtree = system.register(litter(&log, 1)).named("s").await.unwrap();
    subtree.move_to(&old).await.unwrap();
    assert_eq!(subtree.parent(), old.id());
    assert_eq!(system.to(&subtree).call(Count).await.unwrap(), 1);
    log.take();
    subtree.move_to(&new).await.unwrap();
    settle().await;
    let registered = format!("s registered below {}", new.id());
    assert_eq!(log.take(), [registered], "it is told of its new parent");
    assert_eq!(subtree.parent(), new.id());
    assert_eq!(
        (
            subtree.life(),
            system.to(&subtree).call(Count).await.unwrap()
        ),
        (1, 2)
    );
    old.stop().await;
    assert!(!subtree.is_gone());
    new.stop().await;
    assert!(subtree.is_gone());
    let expected = [
        "old stopped 1",
        "s.0 stopped 1",
        "s stopped 1",
        "new stopped 1",
    ];
    assert_eq!(log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_moved_component_is_restarted_by_its_new_parent() {
    let system = System::with(Options::new().max_restarts(0));
    let log = Log::default();
    let parent = system.register(litter(&log, 0)).await.unwrap();
    let made = log.clone();
    let cat = system.supervise(move || Cat(made.clone())).named("c");
    let cat = cat.restart(Restart::Transient).await.unwrap();
    cat.move_to(&parent).await.unwrap();
    system.to(&cat).fire(Crash);
    settle().await;
    assert_eq!(cat.life(), 2);
    cat.move_to_root(&system).await.unwrap();
    parent.stop().await;
    assert!(!cat.is_gone() && !system.is_stopped());
    system.to(&cat).fire(Crash);
    // The root allows none.
    let error = within(system.join()).await.unwrap_err();
    assert!(format!("{error:?}").contains("crash"), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_move_that_cannot_be_is_refused_and_changes_nothing() {
    let system = System::new();
    let log = Log::default();
    let top = system.register(litter(&log, 0)).named("top").await.unwrap();
    let mid = system.register(litter(&log, 0)).named("mid").await.unwrap();
    let low = system.register(litter(&log, 0)).named("low").await.unwrap();
    mid.move_to(&top).await.unwrap();
    low.move_to(&mid).await.unwrap();
    for below in [&top, &mid, &low] {
        let refused = top.move_to(below).await;
        assert!(
            matches!(refused, Err(StartError::OwnDescendant)),
            "{refused:?}"
        );
    }
    let other = system.register(litter(&log, 0)).named("mid").await.unwrap();
    let refused = other.move_to(&top).await;
    assert!(
        matches!(refused, Err(StartError::AlreadyStarted { .. })),
        "{refused:?}"
    );
    let gone = system.register(litter(&log, 0)).await.unwrap();
    gone.stop().await;
    let refused = other.move_to(&gone).await;
    assert!(matches!(refused, Err(StartError::Stopped)), "{refused:?}");
    let refused = gone.move_to(&other).await;
    assert!(matches!(refused, Err(StartError::Stopped)), "{refused:?}");
    let elsewhere = System::new();
    let foreign = elsewhere.register(litter(&log, 0)).await.unwrap();
    for refused in [
        other.move_to(&foreign).await,
        other.move_to_root(&elsewhere).await,
    ] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, StartError::OtherSystem), "{refused:?}");
    }
    assert_eq!(other.parent(), gone.parent());
    assert_eq!(within(system.to(&other).call(Count)).await.unwrap(), 1);
    top.stop().await;
    assert!(mid.is_gone() && low.is_gone() && !other.is_gone());
    system.stop();
    assert_eq!(within(system.join()).await.unwrap(), 0);
    assert!(other.is_gone());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn moving_a_component_that_crashes_meanwhile_loses_nobody() {
    let system = System::with(Options::new().max_restarts(10_000));
    watch(&system).await;
    let log = Log::default();
    let one = within(system.register(litter(&log, 0))).await.unwrap();
    let two = within(system.register(litter(&log, 0))).await.unwrap();
    let mut cats = Vec::new();
    for _ in 0..50 {
        let made = || Cat(Log::default());
        let cat = within(system.supervise(made).restart(Restart::Temporary)).await;
        let cat = cat.unwrap();
        system.to(&cat).fire(Crash);
        let mover = tokio::spawn({
            let (cat, one, two) = (cat.clone(), one.clone(), two.clone());
            async move {
                // Refused as soon as it has crashed, and never stuck.
                while cat.move_to(&one).await.is_ok() && cat.move_to(&two).await.is_ok() {}
            }
        });
        cats.push((cat, mover));
    }
    for (cat, mover) in cats {
        within(mover).await.unwrap();
        within(cat.stop()).await;
        assert!(cat.is_gone());
    }
    system.stop();
    within(system.join()).await.unwrap();
}

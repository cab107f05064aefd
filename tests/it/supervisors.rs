//! Declared supervisors: what they are asked, and new specifications.

use circuits::event::{Started, Stopped};
use circuits::prelude::*;
use circuits::supervisor::{
    ChildError, ChildKind, ChildSpec, ChildState, CountChildren, DeleteChild, Dynamic,
    RestartChild, SpecError, StartChild, Supervisor, TerminateChild, WhichChildren,
};
use circuits::{CallError, Restart, StartError};

use crate::support::{Log, settle, within};

#[derive(Event)]
struct Crash;

#[derive(Event)]
#[event(reply = u64)]
struct Life;

/// Asks its supervisor to end it: by its handle, or by event.
#[derive(Event)]
#[event(reply = bool)]
struct EndMe {
    by_event: bool,
}

#[component(channel = "kid")]
struct Kid {
    log: Log,
    boss: Option<Address<Supervisor>>,
}

#[component]
impl Kid {
    #[handler("started")]
    fn started(&mut self, event: &Started) {
        self.log
            .add(format_args!("{} started {}", event.name, event.life));
    }

    #[handler("stopped")]
    fn stopped(&mut self, event: &Stopped) {
        self.log
            .add(format_args!("{} stopped {}", event.name, event.life));
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash) {
        panic!("crash");
    }

    #[handler("life")]
    fn life(&mut self, _event: &Life, cx: &Context<Self>) -> u64 {
        cx.life()
    }

    #[handler("end_me")]
    async fn end_me(&mut self, event: &EndMe, cx: &Context<Self>) -> Result<bool, Error> {
        let boss = self.boss.as_ref().expect("it was given one");
        if event.by_event {
            let name = cx.name().to_owned();
            cx.to(boss).call(TerminateChild(name)).await?;
        } else {
            boss.children().terminate(cx.name()).await?;
        }
        self.log.add("it went on");
        Ok(true)
    }
}

/// Of another type; writes down when it is registered.
#[component(channel = "kid")]
struct Other(Log);

#[component]
impl Other {
    #[handler("registered")]
    fn registered(&mut self, cx: &Context<Self>) {
        self.0.add(format_args!("{} registered", cx.name()));
    }

    #[handler("life")]
    fn life(&mut self, _event: &Life, cx: &Context<Self>) -> u64 {
        100 * cx.life()
    }
}

fn kid(log: &Log, name: &str) -> ChildSpec {
    let log = log.clone();
    ChildSpec::new(name, move || Kid {
        log: log.clone(),
        boss: None,
    })
}

fn other(log: &Log, name: &str) -> ChildSpec {
    let log = log.clone();
    ChildSpec::new(name, move || Other(log.clone()))
}

/// Starts a supervisor of `a` and `b`.
async fn start(log: &Log) -> (System, Address<Supervisor>) {
    let system = System::new();
    let clone = log.clone();
    let make = move || {
        Supervisor::one_for_one()
            .unlimited_restarts()
            .child(kid(&clone, "a"))
            .child(kid(&clone, "b"))
    };
    let boss = system.supervise(make).named("boss").await.unwrap();
    assert_eq!(log.take(), ["a started 1", "b started 1"]);
    (system, boss)
}

async fn names(boss: &Address<Supervisor>) -> Vec<String> {
    let list = boss.children().list().await.unwrap();
    list.iter().map(|child| child.name.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_update_keeps_the_address_where_type_and_channel_stay() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let a = boss.children().find::<Kid>("a").await.unwrap();
    let slower = kid(&log, "a").restart(Restart::Transient);
    boss.children().update([slower]).await.unwrap();
    // Nothing has changed yet.
    assert_eq!(system.to(&a).call(Life).await.unwrap(), 1);
    let list = boss.children().list().await.unwrap();
    assert_eq!((list[0].restart, list.len()), (Restart::Permanent, 2));
    system.to(&a).fire(Crash);
    assert_eq!(system.to(&a).call(Life).await.unwrap(), 2);
    let list = boss.children().list().await.unwrap();
    assert_eq!(list[0].restart, Restart::Transient);
    assert_eq!((list[0].component, list[0].life), (a.id(), 2));
    assert_eq!(names(&boss).await, ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn an_update_gives_another_type_or_channel_a_new_address() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let children = boss.children();
    let a = children.find::<Kid>("a").await.unwrap();
    let b = children.find::<Kid>("b").await.unwrap();
    let moved = kid(&log, "b").channel("elsewhere");
    children.update([other(&log, "a"), moved]).await.unwrap();
    assert!(!a.is_gone() && !b.is_gone());
    // The next start may be one that is asked for, or a restart.
    children.terminate("a").await.unwrap();
    children.restart("a").await.unwrap();
    system.to(&b).fire(Crash);
    settle().await;
    assert!(a.is_gone() && b.is_gone());
    let called = system.to(&a).call(Life).await;
    assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
    let new_a = children.find::<Other>("a").await.unwrap();
    let new_b = children.find::<Kid>("b").await.unwrap();
    assert!(new_a.id() != a.id() && new_b.id() != b.id());
    assert_eq!(new_b.channel(), "elsewhere");
    // They are new components: these are their first lives.
    assert_eq!(system.to(&new_a).call(Life).await.unwrap(), 100);
    assert_eq!(system.on("elsewhere").call(Life).await.unwrap(), 1);
    assert_eq!(log.take(), ["a stopped 1", "a registered", "b started 1"]);
    // In the places of the old ones, under the same supervision.
    assert_eq!(names(&boss).await, ["a", "b"]);
    system.to(&new_b).fire(Crash);
    assert_eq!(system.to(&new_b).call(Life).await.unwrap(), 2);
    children.terminate(&a).await.unwrap();
    let alive = system.to(&new_a).call(Life).await;
    assert_eq!(alive.unwrap(), 100, "the old address ends nobody");
}

#[tokio::test(start_paused = true)]
async fn a_faulty_update_changes_nothing() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let children = boss.children();
    let [a, fine] = ["a", "c"].map(|name| other(&log, name));
    let refused = children.update([a, fine, kid(&log, "a")]).await;
    assert!(
        matches!(&refused, Err(StartError::BadSpec(SpecError::DuplicateName(name))) if name == "a"),
        "{refused:?}"
    );
    let significant = kid(&log, "d").restart(Restart::Temporary).significant();
    let refused = children.update([other(&log, "a"), significant]).await;
    assert!(
        matches!(
            refused,
            Err(StartError::BadSpec(SpecError::NeverSignificant(_)))
        ),
        "{refused:?}"
    );
    for channel in [String::new(), "x".repeat(256)] {
        let nowhere = kid(&log, "d").channel(channel);
        let refused = children.update([other(&log, "a"), nowhere]).await;
        assert!(
            matches!(refused, Err(StartError::BadChannel(_))),
            "{refused:?}"
        );
    }
    assert_eq!(names(&boss).await, ["a", "b"]);
    let a = children.find::<Kid>("a").await.unwrap();
    system.to(&a).fire(Crash);
    assert_eq!(system.to(&a).call(Life).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_an_update_lists_waits_until_it_is_asked_for() {
    let log = Log::default();
    let (_system, boss) = start(&log).await;
    let children = boss.children();
    let once = kid(&log, "t").restart(Restart::Temporary);
    children.update([kid(&log, "c"), once]).await.unwrap();
    let list = children.list().await.unwrap();
    let listed: Vec<_> = list[2..]
        .iter()
        .map(|child| (&*child.name, child.state, child.life))
        .collect();
    let stopped = ChildState::Stopped;
    assert_eq!(listed, [("c", stopped, 0), ("t", stopped, 0)]);
    settle().await;
    assert!(log.take().is_empty());
    for name in ["t", "c"] {
        children.restart(name).await.unwrap();
    }
    assert_eq!(log.take(), ["t started 1", "c started 1"]);
    // A temporary one is forgotten at its end, as ever.
    children.terminate("t").await.unwrap();
    assert_eq!(names(&boss).await, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_child_is_found_by_its_name_and_its_type() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let children = boss.children();
    assert_eq!(children.find::<Kid>("b").await.unwrap().name(), "b");
    let wrong = children.find::<Other>("b").await;
    assert!(
        matches!(&wrong, Err(ChildError::OtherType(name)) if name == "b"),
        "{wrong:?}"
    );
    let nobody = children.find::<Kid>("c").await;
    assert!(
        matches!(&nobody, Err(ChildError::NotFound(name)) if name == "c"),
        "{nobody:?}"
    );
    // By a name that nobody gave as well.
    let clone = log.clone();
    let unnamed = move || Kid {
        log: clone.clone(),
        boss: None,
    };
    let unnamed = system.supervise(unnamed).await.unwrap();
    let found = system.children().find::<Kid>(unnamed.name()).await.unwrap();
    assert_eq!(found.id(), unnamed.id());
}

/// Returns what a supervisor answered by event, if that was an error of its own.
fn child_error<T: std::fmt::Debug>(answer: Result<T, CallError>) -> ChildError {
    match answer {
        Err(CallError::Failed(error)) => error.downcast_ref::<ChildError>().unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

async fn check_questions_by_event() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let name = |name: &str| name.to_owned();
    let to = || system.to(&boss);
    let list = to().call(WhichChildren).await.unwrap();
    assert_eq!(list, boss.children().list().await.unwrap());
    let count = to().call(CountChildren).await.unwrap();
    assert_eq!((count.specs, count.active, count.workers), (2, 2, 2));
    to().call(TerminateChild(name("a"))).await.unwrap();
    assert_eq!(to().call(CountChildren).await.unwrap().active, 1);
    to().call(RestartChild(name("a"))).await.unwrap();
    to().call(TerminateChild(name("a"))).await.unwrap();
    to().call(DeleteChild(name("a"))).await.unwrap();
    let started = to().call(StartChild::new(kid(&log, "c"))).await.unwrap();
    let c = boss.children().find::<Kid>("c").await.unwrap();
    assert_eq!(started, c.id());
    assert_eq!(names(&boss).await, ["b", "c"]);
    let expected = ["a stopped 1", "a started 2", "a stopped 2", "c started 1"];
    assert_eq!(log.take(), expected);
    // What cannot be done is the handler's error.
    let unknown = || name("x");
    let errors = [
        child_error(to().call(TerminateChild(unknown())).await),
        child_error(to().call(RestartChild(unknown())).await),
        child_error(to().call(DeleteChild(unknown())).await),
    ];
    for error in errors {
        assert!(
            matches!(&error, ChildError::NotFound(name) if name == "x"),
            "{error:?}"
        );
    }
    let errors = [
        child_error(to().call(RestartChild(name("b"))).await),
        child_error(to().call(DeleteChild(name("b"))).await),
    ];
    for error in errors {
        assert!(
            matches!(&error, ChildError::Running(name) if name == "b"),
            "{error:?}"
        );
    }
    match to().call(StartChild::new(kid(&log, "b"))).await {
        Err(CallError::Failed(error)) => {
            let error = error.downcast_ref::<StartError>().unwrap();
            assert!(
                matches!(error, StartError::AlreadyStarted { .. }),
                "{error:?}"
            );
        }
        other => panic!("{other:?}"),
    }
    // They are heard on its channel as well, and failures end nobody.
    let count = system.on("supervisor").call(CountChildren).await.unwrap();
    assert_eq!((count.specs, boss.life()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_six_questions_are_answered_by_event() {
    check_questions_by_event().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_six_questions_are_answered_by_event_on_several_threads() {
    within(check_questions_by_event()).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_asks_for_its_own_end_does_not_wait_for_it() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let (clone, above) = (log.clone(), boss.clone());
    let kid = ChildSpec::new("c", move || Kid {
        log: clone.clone(),
        boss: Some(above.clone()),
    });
    boss.children().start(kid).await.unwrap();
    let begun = tokio::time::Instant::now();
    let c = boss.children().find::<Kid>("c").await.unwrap();
    system.to(&c).call(EndMe { by_event: false }).await.unwrap();
    settle().await;
    assert_eq!(log.take(), ["c started 1", "it went on", "c stopped 1"]);
    let list = boss.children().list().await.unwrap();
    assert_eq!(list[2].state, ChildState::Stopped);
    assert!(begun.elapsed() < Duration::from_secs(1));
    // By event it is the supervisor that waits: until the child's time is over.
    boss.children().restart("c").await.unwrap();
    let cut = system.to(&c).call(EndMe { by_event: true }).await;
    assert!(cut.is_err(), "{cut:?}");
    settle().await;
    assert_eq!(log.take(), ["c started 2"]);
    let list = boss.children().list().await.unwrap();
    assert_eq!(list[2].state, ChildState::Stopped);
    assert!(begun.elapsed() < Duration::from_secs(6));
    assert_eq!(system.restarts(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_gone_with_the_life_of_its_supervisor() {
    let log = Log::default();
    let (system, boss) = start(&log).await;
    let children = boss.children();
    children.start(kid(&log, "c")).await.unwrap();
    children.update([kid(&log, "d")]).await.unwrap();
    children.terminate("a").await.unwrap();
    assert_eq!(names(&boss).await, ["a", "b", "c", "d"]);
    boss.kill();
    within(async {
        while boss.life() == 1 || boss.children().list().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    settle().await;
    // What was declared is back, what was added or terminated is not.
    let list = boss.children().list().await.unwrap();
    let listed: Vec<_> = list
        .iter()
        .map(|child| (&*child.name, child.state, child.life))
        .collect();
    let running = ChildState::Running;
    assert_eq!(listed, [("a", running, 1), ("b", running, 1)]);
    // A handle is for one life.
    let stale = children.list().await;
    assert!(matches!(stale, Err(ChildError::Stopped)), "{stale:?}");
    assert_eq!(system.restarts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_component_of_another_system_is_nobodys_child() {
    let log = Log::default();
    let ((one, first), (two, second)) = (start(&log).await, start(&log).await);
    let a = first.children().find::<Kid>("a").await.unwrap();
    let twin = second.children().find::<Kid>("a").await.unwrap();
    assert_eq!(a.id(), twin.id(), "ids are unique in one system");
    let refused = first.children().terminate(&twin).await;
    assert!(
        matches!(refused, Err(ChildError::NotFound(_))),
        "{refused:?}"
    );
    second.children().terminate(&twin).await.unwrap();
    let refused = first.children().terminate(&twin).await;
    assert!(
        matches!(refused, Err(ChildError::NotFound(_))),
        "{refused:?}"
    );
    assert_eq!(one.to(&a).call(Life).await.unwrap(), 1);
    drop(two);
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_without_children_is_one_all_the_same() {
    let log = Log::default();
    let system = System::new();
    system
        .supervise(Supervisor::one_for_one)
        .named("static")
        .await
        .unwrap();
    let clone = log.clone();
    let make = move || {
        let log = clone.clone();
        Dynamic::new(move |(): &()| Other(log.clone()))
    };
    system.supervise(make).named("dynamic").await.unwrap();
    let clone = log.clone();
    let leaf = move || Other(clone.clone());
    let leaf = system.supervise(leaf).named("leaf").await.unwrap();
    let list = system.children().list().await.unwrap();
    let kinds: Vec<_> = list.iter().map(|child| child.kind).collect();
    let (supervisor, worker) = (ChildKind::Supervisor, ChildKind::Worker);
    assert_eq!(kinds, [supervisor, supervisor, worker]);
    // Nobody has to have children to be asked for them.
    assert!(leaf.children().list().await.unwrap().is_empty());
}

/// Takes a second to end.
#[component]
struct Slow;

#[component]
impl Slow {
    #[handler("stopped")]
    async fn stopped(&mut self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_comes_back_while_its_siblings_end_ends_with_them() {
    let log = Log::default();
    let system = System::new();
    let from = system.supervise(Supervisor::dynamic);
    let from = from.restart(Restart::Temporary).await.unwrap();
    let to = system.supervise(Supervisor::one_for_one).await.unwrap();
    from.children().supervise(|| Slow).await.unwrap();
    for boss in [&from, &to] {
        boss.children().start(kid(&log, "x")).await.unwrap();
    }
    let x = from.children().find::<Kid>("x").await.unwrap();
    // The move is on its way when its old parent ends; and its new parent
    // refuses it, as there is one of that name already.
    from.kill();
    let refused = within(x.move_to(&to)).await;
    assert!(refused.is_err(), "{refused:?}");
    settle().await;
    assert!(x.is_gone() && from.is_gone());
    assert_eq!(names(&to).await, ["x"]);
}

//! Asking a supervisor: what it answers, and what it does when it is asked to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use circuits::prelude::*;
use circuits::supervisor::{
    ChildError, ChildKind, ChildSpec, ChildState, Supervisor, TerminateChild, WhichChildren,
};
use circuits::{Backoff, CallError, Restart, StartError};
use tokio::sync::Semaphore;

use super::{Child, Do, Script, Start, Step, Tree, World, called, cases, child};

cases!(
    s48_a_terminated_child_has_ended_is_kept_and_stays_so,
    s49_a_terminated_child_runs_again_when_asked_and_is_not_counted,
    s50_only_a_child_that_does_not_run_is_deleted,
    s51_a_name_that_is_taken_is_not_started_again,
    s52_a_child_that_fails_while_it_is_terminated_is_terminated,
    s53_list_and_count_agree_on_two_thousand_children,
    s54_questions_to_one_that_has_ended_fail_at_once,
    s55_a_terminated_child_that_does_not_start_again_stays_terminated,
    s100_a_name_leads_to_the_next_life_and_never_to_the_last,
    s116_new_specifications_hold_from_the_next_start_on,
);

const STOPPED: ChildState = ChildState::Stopped;
const RUNNING: ChildState = ChildState::Running;

async fn start(world: &World, scripts: impl Into<Vec<Script>>) -> Tree {
    Tree::start(world, Supervisor::one_for_one, scripts).await
}

async fn s48_a_terminated_child_has_ended_is_kept_and_stays_so(world: World) {
    let slow = super::Stop::Slow(world.secs(1));
    let tree = start(&world, [child("a").stop(slow), child("b")]).await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    tree.children.terminate("a").await.unwrap();
    world.trace.note("it has returned");
    let expected = ["a 1 stopping", "a 1 stopped", "it has returned"];
    let entries = world.expect(&expected).await;
    assert!(!world.is_paused() || entries[2].at == world.secs(1));
    let listed = [("a".to_owned(), STOPPED, 1), ("b".to_owned(), RUNNING, 1)];
    assert_eq!(tree.list().await, listed);
    assert!(a.is_gone());
    let called = tree.system.on("a").call(Do(Step::Work)).await;
    assert!(matches!(called, Err(CallError::NoHandler)), "{called:?}");
    // Again, by its name and by its address.
    tree.children.terminate("a").await.unwrap();
    tree.children.terminate(&a).await.unwrap();
    assert_eq!(tree.list().await, listed);
    let unknown = tree.children.terminate("nobody").await;
    assert!(
        matches!(&unknown, Err(ChildError::NotFound(name)) if name == "nobody"),
        "{unknown:?}"
    );
    assert_eq!(tree.system.restarts(), 0);
    world.pass(world.secs(10)).await;
    world.expect(&[]).await;
}

async fn s49_a_terminated_child_runs_again_when_asked_and_is_not_counted(world: World) {
    let none = || Supervisor::one_for_one().max_restarts(0);
    let tree = Tree::start(&world, none, called(["a", "b"])).await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    assert_eq!(tree.system.to(&a).call(Do(Step::Work)).await.unwrap(), 1);
    tree.children.terminate("a").await.unwrap();
    tree.children.restart("a").await.unwrap();
    let expected = ["a 1 works", "a 1 stopping", "a 1 stopped", "a 2 started"];
    world.expect(&expected).await;
    let listed = [("a".to_owned(), RUNNING, 2), ("b".to_owned(), RUNNING, 1)];
    assert_eq!(tree.list().await, listed);
    assert_eq!(tree.system.restarts(), 0);
    // The address outlives that, and the state is new.
    assert_eq!(tree.system.to(&a).call(Do(Step::Work)).await.unwrap(), 1);
    assert_eq!(tree.system.on("a").call(Do(Step::Work)).await.unwrap(), 2);
    world.expect(&["a 2 works", "a 2 works"]).await;
    let running = tree.children.restart("a").await;
    assert!(
        matches!(running, Err(ChildError::Running(_))),
        "{running:?}"
    );
    let unknown = tree.children.restart("nobody").await;
    assert!(
        matches!(unknown, Err(ChildError::NotFound(_))),
        "{unknown:?}"
    );
}

async fn s50_only_a_child_that_does_not_run_is_deleted(world: World) {
    let tree = start(&world, called(["a", "b"])).await;
    let running = tree.children.delete("a").await;
    assert!(
        matches!(&running, Err(ChildError::Running(name)) if name == "a"),
        "{running:?}"
    );
    let unknown = tree.children.delete("nobody").await;
    assert!(
        matches!(unknown, Err(ChildError::NotFound(_))),
        "{unknown:?}"
    );
    tree.children.terminate("a").await.unwrap();
    tree.children.delete("a").await.unwrap();
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    let gone = tree.children.delete("a").await;
    assert!(matches!(gone, Err(ChildError::NotFound(_))), "{gone:?}");
    let gone = tree.children.restart("a").await;
    assert!(matches!(gone, Err(ChildError::NotFound(_))), "{gone:?}");
    assert_eq!(tree.list().await, [("b".to_owned(), RUNNING, 1)]);
    // The name is free; the new one is another component, started last.
    tree.children.start(tree.spec(&child("a"))).await.unwrap();
    world.expect(&["a 1 started"]).await;
    let listed = [("b".to_owned(), RUNNING, 1), ("a".to_owned(), RUNNING, 1)];
    assert_eq!(tree.list().await, listed);
    assert_eq!(tree.system.restarts(), 0);
}

async fn s51_a_name_that_is_taken_is_not_started_again(world: World) {
    let tree = start(&world, called(["a", "b"])).await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    let started = tree.children.start(tree.spec(&child("a"))).await;
    match started {
        Err(StartError::AlreadyStarted { name, component }) => {
            assert_eq!((&*name, component), ("a", a.id()));
        }
        other => panic!("{other:?}"),
    }
    // In whatever way it is started.
    let by_value = child("a").factory(&world.trace)();
    let started = tree.children.register(by_value).named("a").await;
    assert!(
        matches!(&started, Err(StartError::AlreadyStarted { component, .. }) if *component == a.id()),
        "{started:?}"
    );
    tree.children.terminate("a").await.unwrap();
    let present = tree.children.start(tree.spec(&child("a"))).await;
    assert!(
        matches!(&present, Err(StartError::AlreadyPresent { name }) if name == "a"),
        "{present:?}"
    );
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    let listed = [("a".to_owned(), STOPPED, 1), ("b".to_owned(), RUNNING, 1)];
    assert_eq!(tree.list().await, listed);
}

async fn s52_a_child_that_fails_while_it_is_terminated_is_terminated(world: World) {
    let unlimited = || Supervisor::one_for_one().unlimited_restarts();
    let tree = Tree::start(&world, unlimited, called(["a"])).await;
    // First it is terminated, then it fails.
    let permits = Arc::new(Semaphore::new(0));
    tree.tell("a", Step::PanicAfter(permits.clone()));
    world.expect(&["a 1 works"]).await;
    let fail = async {
        world.pass(world.secs(1)).await;
        permits.add_permits(1);
    };
    let (terminated, ()) = tokio::join!(tree.children.terminate("a"), fail);
    terminated.unwrap();
    world.expect(&["a 1 failed: panic"]).await;
    assert_eq!(tree.state("a").await, Some(STOPPED));
    assert_eq!(tree.system.restarts(), 0);
    // First it fails, then it is terminated, sooner or later.
    for yields in 0..40 {
        tree.children.restart("a").await.unwrap();
        let life = tree.list().await[0].2;
        tree.tell("a", Step::Panic);
        for _ in 0..yields {
            tokio::task::yield_now().await;
        }
        tree.children.terminate("a").await.unwrap();
        assert_eq!(tree.state("a").await, Some(STOPPED), "{yields}");
        let lives = tree.list().await[0].2;
        world.settle().await;
        let entries = world.trace.take();
        let lines: Vec<_> = entries.iter().map(|entry| &*entry.text).collect();
        let failed = format!("a {life} failed: panic");
        let next = life + 1;
        let first = [&format!("a {life} started"), &*failed].map(str::to_owned);
        let again = ["started", "stopping", "stopped"].map(|what| format!("a {next} {what}"));
        let possible: [Vec<String>; 4] = [
            first.to_vec(),
            [&first[..], &again].concat(),
            // It was told to end before it could fail, or start.
            [
                &first[..1],
                &[format!("a {life} stopping"), format!("a {life} stopped")],
            ]
            .concat(),
            [&first[..], &[format!("a {next} killed")]].concat(),
        ];
        assert!(
            possible.iter().any(|it| *it == lines),
            "{yields}: {lines:?}"
        );
        // And it is not restarted afterwards.
        assert_eq!(tree.list().await[0].2, lives);
    }
}

async fn s53_list_and_count_agree_on_two_thousand_children(world: World) {
    let (pause, long) = (Duration::from_secs(3600), Duration::from_secs(7200));
    let unlimited = move || Supervisor::one_for_one().unlimited_restarts().within(long);
    let tree = Tree::start(&world, unlimited, []).await;
    let name = |number: usize| format!("c{number}");
    for number in 0..2000 {
        let script = match number % 4 {
            0 => child(name(number)).backoff(Backoff::constant(pause)),
            1 => child(name(number)).restart(Restart::Transient),
            // Supervisors, with one child each.
            2 if number % 100 == 2 => {
                child(name(number)).children([child(format!("below{number}"))])
            }
            _ => child(name(number)),
        };
        tree.children.start(tree.spec(&script)).await.unwrap();
    }
    for number in (0..2000).step_by(4) {
        tree.tell(&name(number), Step::Panic);
        tree.tell(&name(number + 1), Step::Leave);
    }
    world
        .until("500 wait to be restarted", || tree.system.restarts() == 500)
        .await;
    let (mut list, mut stopped) = (Vec::new(), 0);
    while stopped < 500 {
        world.settle().await;
        list = tree.children.list().await.unwrap();
        stopped = list.iter().filter(|child| child.state == STOPPED).count();
    }
    drop(world.trace.take());
    for (number, child) in list.iter().enumerate() {
        let state = match number % 4 {
            0 => ChildState::Restarting,
            1 => STOPPED,
            _ => RUNNING,
        };
        let kind = match number % 100 {
            2 => ChildKind::Supervisor,
            _ => ChildKind::Worker,
        };
        let restart = match number % 4 {
            1 => Restart::Transient,
            _ => Restart::Permanent,
        };
        assert_eq!(*child.name, *name(number));
        assert_eq!((child.state, child.kind), (state, kind), "{number}");
        assert_eq!((child.life, child.restart), (1, restart), "{number}");
        assert!(!child.significant);
    }
    let ids: std::collections::HashSet<_> = list.iter().map(|child| child.component).collect();
    assert_eq!(ids.len(), 2000);
    let count = tree.children.count().await.unwrap();
    let numbers = (count.specs, count.active, count.supervisors, count.workers);
    assert_eq!(numbers, (2000, 1000, 20, 1980));
    tree.boss.kill();
    tree.gone().await;
    world
        .until("the last has ended", || world.trace.has("c2 1 killed"))
        .await;
    drop(world.trace.take());
}

async fn s54_questions_to_one_that_has_ended_fail_at_once(world: World) {
    let tree = start(&world, called(["a"])).await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    tree.boss.stop().await;
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    let begun = world.trace.elapsed();
    // Asked with what was got while it lived, and with what is got now.
    for children in [tree.children.clone(), tree.boss.children()] {
        let failed = [
            children.list().await.err(),
            children.count().await.err(),
            children.find::<Child>("a").await.err(),
            children.terminate("a").await.err(),
            children.terminate(&a).await.err(),
            children.restart("a").await.err(),
            children.delete("a").await.err(),
        ];
        for error in failed {
            assert!(matches!(error, Some(ChildError::Stopped)), "{error:?}");
        }
        let specs = || tree.spec(&child("a"));
        let failed = [
            children.start(specs()).await.err(),
            children.update([specs()]).await.err(),
            children
                .supervise(child("a").factory(&world.trace))
                .await
                .err(),
        ];
        for error in failed {
            assert!(matches!(error, Some(StartError::Stopped)), "{error:?}");
        }
    }
    let by_event = tree.system.to(&tree.boss).call(WhichChildren).await;
    assert!(matches!(by_event, Err(CallError::Stopped)), "{by_event:?}");
    let terminate = TerminateChild("a".to_owned());
    let by_event = tree.system.on("supervisor").call(terminate).await;
    assert!(
        matches!(by_event, Err(CallError::NoHandler)),
        "{by_event:?}"
    );
    assert!(!world.is_paused() || world.trace.elapsed() == begun);
}

async fn s55_a_terminated_child_that_does_not_start_again_stays_terminated(world: World) {
    for wrong in [Start::Error, Start::Panic] {
        let a = child("a").starts(move |life| match life {
            2 => wrong,
            _ => Start::Ok,
        });
        let tree = start(&world, [a, child("b")]).await;
        tree.children.terminate("a").await.unwrap();
        let restarted = tree.children.restart("a").await;
        let Err(ChildError::Start(StartError::Failed { error, .. })) = &restarted else {
            panic!("{restarted:?}");
        };
        assert!(error.to_string().ends_with("no start"), "{error:?}");
        let expected = ["a 1 stopping", "a 1 stopped", "a 2 failed: no start"];
        world.expect(&expected).await;
        let listed = [("a".to_owned(), STOPPED, 2), ("b".to_owned(), RUNNING, 1)];
        assert_eq!(tree.list().await, listed);
        world.pass(world.secs(10)).await;
        world.expect(&[]).await;
        assert_eq!(tree.system.restarts(), 0);
        // It can be tried again.
        tree.children.restart("a").await.unwrap();
        world.expect(&["a 3 started"]).await;
        tree.boss.kill();
        tree.gone().await;
        drop(world.trace.take());
    }
}

async fn s100_a_name_leads_to_the_next_life_and_never_to_the_last(world: World) {
    let pause = world.secs(1);
    let a = child("a").backoff(Backoff::constant(pause));
    let tree = start(&world, [a]).await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    let permits = Arc::new(Semaphore::new(0));
    tree.tell("a", Step::PanicAfter(permits.clone()));
    permits.add_permits(1);
    world
        .until("it fails", || tree.system.restarts() == 1)
        .await;
    // Between its lives: the name leads to the same address, the list says that
    // it is being restarted, and who calls it waits for the next life.
    let between = tree.children.find::<Child>("a").await.unwrap();
    assert_eq!((between.id(), a.is_gone()), (a.id(), false));
    if world.is_paused() {
        assert_eq!(tree.state("a").await, Some(ChildState::Restarting));
    }
    let steps = tree.system.to(&between).call(Do(Step::Work)).await.unwrap();
    assert_eq!(steps, 1);
    let after = tree.children.find::<Child>("a").await.unwrap();
    assert_eq!((after.id(), after.life()), (a.id(), 2));
    let expected = ["a 1 works", "a 1 failed: panic", "a 2 started", "a 2 works"];
    let entries = world.expect(&expected).await;
    assert!(entries[2].at - entries[1].at >= pause);
    assert!(!world.is_paused() || entries[3].at == pause);
}

async fn s116_new_specifications_hold_from_the_next_start_on(world: World) {
    let tree = start(&world, called(["a", "b", "c"])).await;
    let b = tree.children.find::<Child>("b").await.unwrap();
    let made = Arc::new(AtomicUsize::new(0));
    let counted = |name: &str, restart| {
        let (made, factory) = (made.clone(), child(name).factory(&world.trace));
        let make = move || {
            made.fetch_add(1, Ordering::SeqCst);
            factory()
        };
        ChildSpec::new(name, make).channel(name).restart(restart)
    };
    // A faulty set changes nothing.
    let faulty = tree.children.update([
        counted("b", Restart::Transient),
        counted("e", Restart::Permanent),
        counted("c", Restart::Permanent).significant(),
    ]);
    let faulty = faulty.await;
    assert!(matches!(faulty, Err(StartError::BadSpec(_))), "{faulty:?}");
    let running = |names: [&str; 3]| names.map(|name| (name.to_owned(), RUNNING, 1));
    assert_eq!(tree.list().await, running(["a", "b", "c"]));
    // `b` is changed, `d` is new, `a` and `c` are missing.
    let specs = [
        counted("b", Restart::Transient),
        counted("d", Restart::Permanent),
    ];
    tree.children.update(specs).await.unwrap();
    world.expect(&[]).await;
    let list = tree.list().await;
    assert_eq!(list[..3], running(["a", "b", "c"]));
    assert_eq!(list[3..], [("d".to_owned(), STOPPED, 0)]);
    assert_eq!(made.load(Ordering::SeqCst), 0);
    // The next life of `b` is made by the new one, which then is transient.
    tree.tell("b", Step::Panic);
    world.expect(&["b 1 failed: panic", "b 2 started"]).await;
    assert_eq!((made.load(Ordering::SeqCst), b.life()), (1, 2));
    tree.tell("b", Step::Leave);
    world
        .expect(&["b 2 leaves", "b 2 stopping", "b 2 stopped"])
        .await;
    world.until("it stands still", || b.is_gone()).await;
    assert_eq!(tree.state("b").await, Some(STOPPED));
    // `d` starts when it is asked to, and those that are missing go on.
    tree.children.restart("d").await.unwrap();
    world.expect(&["d 1 started"]).await;
    assert_eq!(made.load(Ordering::SeqCst), 2);
    tree.children.terminate("a").await.unwrap();
    tree.children.delete("a").await.unwrap();
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    let names: Vec<_> = tree
        .list()
        .await
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(names, ["b", "c", "d"]);
    assert_eq!(tree.system.restarts(), 1);
}

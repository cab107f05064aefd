//! Monitors at their edges: watchers that restart, full mailboxes, races.

use std::sync::Arc;

use circuits::event::{Down, End};
use circuits::prelude::*;
use circuits::{Backoff, Options, Restart, Strategy};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use crate::actor::{Actor, Hold, Note, actor, run, start, system};
use crate::support::{Log, settle, until, watch, within};

/// Makes one actor monitor another.
async fn monitor(system: &System, watcher: &Address<Actor>, watched: &Address<Actor>) {
    let watched = watched.clone();
    let job = run(move |actor, cx| actor.monitors.push(cx.monitor(&watched)));
    system.to(watcher).call(job).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restarted_watcher_hears_nothing_that_its_former_life_asked_for() {
    let (system, log) = (system(), Log::default());
    let w = start(&system, &log, "w", Restart::Permanent).await;
    let a = start(&system, &log, "a", Restart::Temporary).await;
    let b = start(&system, &log, "b", Restart::Permanent).await;
    monitor(&system, &w, &a).await;
    monitor(&system, &w, &b).await;
    system.to(&w).fire(Hold(Arc::new(Semaphore::new(0))));
    a.kill();
    b.kill();
    settle().await;
    assert_eq!(w.waiting(), 2, "the notices wait");
    w.kill();
    settle().await;
    b.stop().await;
    assert_eq!(system.to(&w).call(run(|_, _| {})).await.unwrap(), 2);
    assert_eq!((log.take(), w.waiting()), (vec![], 0));
}

#[tokio::test(start_paused = true)]
async fn who_monitors_itself_hears_nothing() {
    let (system, log) = (system(), Log::default());
    let dead = watch(&system).await;
    let w = start(&system, &log, "w", Restart::Permanent).await;
    monitor(&system, &w, &w).await;
    w.kill();
    settle().await;
    monitor(&system, &w, &w).await;
    w.stop().await;
    settle().await;
    assert_eq!((log.take(), dead.take()), (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_between_two_lives_is_down_once() {
    let (system, log) = (system(), Log::default());
    let w = start(&system, &log, "w", Restart::Permanent).await;
    let made = log.clone();
    let a = system.supervise(move || actor(&made)).named("a");
    let backoff = Backoff::constant(Duration::from_secs(60));
    let a = a.backoff(backoff).await.unwrap();
    monitor(&system, &w, &a).await;
    let first = a.incarnation();
    let (killed, ()) = tokio::join!(first.ended(), async { a.kill() });
    assert!(matches!(killed.end, End::Killed));
    let (down, ()) = tokio::join!(a.ended(), a.stop());
    assert!(matches!(down.end, End::Shutdown));
    settle().await;
    let told = ["w 1 restarted a 1", "w 1 down a 1: it was told to end"];
    assert_eq!(log.take(), told);
}

#[tokio::test(start_paused = true)]
async fn who_had_one_restart_too_many_is_down_with_its_failure() {
    let (system, log) = (System::with(Options::new().max_restarts(1)), Log::default());
    let a = start(&system, &log, "a", Restart::Permanent).await;
    let fail = async {
        for _ in 0..2 {
            system.to(&a).fire(run(|_, _| panic!("boom")));
        }
    };
    let (down, ()) = tokio::join!(within(a.ended()), fail);
    assert_eq!(
        (down.life, down.end.to_string().as_str()),
        (2, "panicked: boom")
    );
    assert!(a.is_gone());
}

#[tokio::test(start_paused = true)]
async fn a_child_that_stands_stopped_is_down_and_may_be_watched_again() {
    let (system, log) = (system(), Log::default());
    let w = start(&system, &log, "w", Restart::Permanent).await;
    let a = start(&system, &log, "a", Restart::Permanent).await;
    let first = a.incarnation();
    monitor(&system, &w, &a).await;
    system.children().terminate("a").await.unwrap();
    settle().await;
    monitor(&system, &w, &a).await;
    settle().await;
    system.children().restart("a").await.unwrap();
    assert!(a.incarnation().is_current() && !first.is_current());
    monitor(&system, &w, &a).await;
    settle().await;
    let told = ["it was told to end", "it had ended before"];
    assert_eq!(log.take(), told.map(|how| format!("w 1 down a 1: {how}")));
    assert!(matches!(first.ended().await.end, End::Gone));
    a.kill();
    settle().await;
    system.children().terminate("a").await.unwrap();
    system.children().delete("a").await.unwrap();
    settle().await;
    let told = ["w 1 restarted a 2", "w 1 down a 3: it was told to end"];
    assert_eq!(log.take(), told);
}

#[tokio::test(start_paused = true)]
async fn a_group_that_restarts_tells_of_each_of_its_members() {
    let group = Options::new().strategy(Strategy::OneForAll);
    let (group, system, log) = (System::with(group), system(), Log::default());
    let mut members = Vec::new();
    for name in ["a", "b", "c"] {
        members.push(start(&group, &log, name, Restart::Permanent).await);
    }
    // The watchers live in systems of their own, with ids of their own.
    let other = self::system();
    let watchers = [
        start(&system, &log, "v", Restart::Permanent).await,
        start(&other, &log, "w", Restart::Permanent).await,
    ];
    for watcher in &watchers {
        for member in &members {
            monitor(&system, watcher, member).await;
        }
    }
    members[1].kill();
    settle().await;
    let told = |what: &str, how: &str| -> Vec<String> {
        let by = |by| ["a", "b", "c"].map(|of| format!("{by} 1 {what} {of} {how}"));
        [by("v"), by("w")].concat()
    };
    let sorted = || {
        let mut lines = log.take();
        lines.sort();
        lines
    };
    assert_eq!(sorted(), told("restarted", "1"));
    group.stop();
    within(group.join()).await.unwrap();
    settle().await;
    assert_eq!(sorted(), told("down", "2: it was told to end"));
}

/// Has a mailbox that is soon full, and a rule for that.
macro_rules! crowded {
    ($name:ident, $rule:literal) => {
        #[component(channel = "crowded", mailbox = 2, overflow = $rule)]
        struct $name(Log, Address<Actor>);

        #[component]
        impl $name {
            #[handler("started")]
            fn started(&mut self, cx: &Context<Self>) {
                cx.monitor(&self.1);
            }

            #[handler("hold")]
            async fn hold(&mut self, event: &Hold) -> circuits::Result {
                event.0.acquire().await?.forget();
                Ok(())
            }

            #[handler("note")]
            fn note(&mut self, event: &Note) {
                self.0.add(format_args!("note {}", event.0));
            }

            #[handler("down")]
            fn down(&mut self, _event: &Down) {
                self.0.add("down");
            }
        }
    };
}

crowded!(Waits, "wait");
crowded!(Rejects, "reject");
crowded!(DropsOldest, "drop_oldest");
crowded!(KeepsLatest, "latest");

#[tokio::test(start_paused = true)]
async fn a_down_has_its_place_in_a_full_mailbox() {
    for rule in 0..4 {
        let (system, log) = (system(), Log::default());
        let a = start(&system, &log, "a", Restart::Temporary).await;
        let (own, target) = (log.clone(), a.clone());
        match rule {
            0 => drop(system.register(Waits(own, target)).await.unwrap()),
            1 => drop(system.register(Rejects(own, target)).await.unwrap()),
            2 => drop(system.register(DropsOldest(own, target)).await.unwrap()),
            _ => drop(system.register(KeepsLatest(own, target)).await.unwrap()),
        }
        let permits = Arc::new(Semaphore::new(0));
        system.on("crowded").fire(Hold(permits.clone()));
        settle().await;
        for note in 1..=3 {
            system.on("crowded").fire(Note(note));
        }
        a.kill();
        settle().await;
        for note in 4..=6 {
            system.on("crowded").fire(Note(note));
        }
        permits.add_permits(1);
        settle().await;
        let lines = log.take();
        let downs = lines.iter().filter(|line| *line == "down").count();
        assert_eq!(downs, 1, "rule {rule}: {lines:?}");
    }
}

/// Monitors, and has no handler for what comes of it.
#[component]
struct Deaf(Address<Actor>);

#[component]
impl Deaf {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        cx.monitor(&self.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_down_that_nobody_handles_is_a_dead_letter() {
    let (system, log) = (system(), Log::default());
    let dead = watch(&system).await;
    let a = start(&system, &log, "a", Restart::Permanent).await;
    system.register(Deaf(a.clone())).await.unwrap();
    a.kill();
    settle().await;
    assert_eq!(dead.take(), [""; 0]);
    a.stop().await;
    settle().await;
    assert_eq!(dead.take(), ["dead down NoHandler"]);
}

/// An event of the user's that has the same name as one of the framework's.
mod own {
    #[derive(circuits::prelude::Event)]
    pub(crate) struct Down;
}

#[component(channel = "own")]
struct Own(Log);

#[component]
impl Own {
    #[handler("down")]
    fn down(&mut self, _event: &own::Down) {
        self.0.add("own down");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_same_name_stays_the_users() {
    let (system, log) = (system(), Log::default());
    system.register(Own(log.clone())).await.unwrap();
    system.on("own").fire(own::Down).await;
    settle().await;
    assert_eq!(log.take(), ["own down"]);
}

#[test]
fn who_waits_for_an_end_is_told_when_the_runtime_is_dropped() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (system, a) = runtime.block_on(async {
        let (system, log) = (system(), Log::default());
        let a = start(&system, &log, "a", Restart::Permanent).await;
        (system, a)
    });
    let other = Builder::new_current_thread().enable_all().build().unwrap();
    let waiting = other.spawn({
        let a = a.clone();
        async move { a.ended().await }
    });
    // Polled once: it waits.
    other.block_on(tokio::task::yield_now());
    drop(runtime);
    let down = other.block_on(within(waiting)).unwrap();
    assert!(matches!(down.end, End::Killed), "{down:?}");
    assert!(matches!(other.block_on(within(a.ended())).end, End::Gone));
    drop(system);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn each_monitor_has_one_down_however_it_races_with_the_end() {
    let (system, log) = (system(), Log::default());
    let w = start(&system, &log, "w", Restart::Permanent).await;
    for round in 0..100 {
        let a = start(&system, &log, "a", Restart::Temporary).await;
        let fire = async {
            for _ in 0..10 {
                let a = a.clone();
                let watch = move |_: &mut Actor, cx: &Context<Actor>| {
                    cx.monitor(&a);
                    cx.monitor(&a.incarnation());
                };
                system.to(&w).fire(run(watch)).await;
                tokio::task::yield_now().await;
            }
        };
        let end = async {
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            a.kill();
        };
        tokio::join!(fire, end, a.ended());
        until(|| log.len() >= 20).await;
        system.to(&w).call(run(|_, _| {})).await.unwrap();
        let lines = log.take();
        assert_eq!(lines.len(), 20, "{lines:?}");
        assert!(lines.iter().all(|line| line.starts_with("w 1 down a 1: ")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_is_heard_after_a_cancel_however_it_races_with_the_end() {
    let (system, log) = (system(), Log::default());
    let w = start(&system, &log, "w", Restart::Permanent).await;
    let mut heard = 0;
    for round in 0..200 {
        let a = start(&system, &log, "a", Restart::Temporary).await;
        monitor(&system, &w, &a).await;
        let cancel = run(|actor, _| {
            actor
                .monitors
                .drain(..)
                .for_each(|monitor| monitor.cancel());
            actor.log.add("cancelled");
        });
        let cancel = async {
            for _ in 0..round % 9 {
                tokio::task::yield_now().await;
            }
            system.to(&w).call(cancel).await.unwrap();
        };
        tokio::join!(a.ended(), async { a.kill() }, cancel);
        system.to(&w).call(run(|_, _| {})).await.unwrap();
        let lines = log.take();
        assert_eq!(lines.last().map(String::as_str), Some("cancelled"));
        heard += lines.len() - 1;
    }
    assert!(heard <= 200);
}

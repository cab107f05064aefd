//! The ordered end of a system: its phases, what fails or cuts them, its exit code.

use std::future::pending;

use circuits::event::ShutdownPhase;
use circuits::prelude::*;
use circuits::{Phase, PhaseError, RestartLimit};
use tokio::time::Instant;

use crate::support::{Log, settle, watch, within};

#[derive(Event)]
struct Work;

/// Asks the component to end the whole system in order.
#[derive(Event)]
struct End;

/// Asks the component to do what a phase of this name would make it do.
#[derive(Event)]
struct Do(&'static str);

/// Writes down the phases that it hears of; it fails one named `fail`, and one
/// named `panic`, and never ends one named `hang`.
#[component(channel = "clerk", shutdown = "3s")]
struct Clerk(Log);

#[component]
impl Clerk {
    #[handler("shutdown_phase")]
    async fn phase(&mut self, event: &ShutdownPhase) -> circuits::Result<()> {
        self.0.add(format_args!("phase {}", event.phase));
        act(&event.phase).await
    }

    #[handler("do")]
    async fn act(&mut self, event: &Do) -> circuits::Result<()> {
        act(event.0).await
    }

    #[handler("work")]
    fn work(&mut self, _event: &Work) {
        self.0.add("work");
    }

    #[handler("end")]
    fn end(&mut self, _event: &End, cx: &Context<Self>) {
        cx.system().shutdown_with(4);
        self.0.add("asked");
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.0.add("stopped");
    }
}

async fn act(name: &str) -> circuits::Result<()> {
    match name {
        "fail" => Err(Error::new("the clerk fails")),
        "panic" => panic!("the clerk panics"),
        "hang" => pending().await,
        _ => Ok(()),
    }
}

/// Makes a system with a clerk.
async fn system() -> (System, Log) {
    let (system, log) = (System::new(), Log::default());
    let made = log.clone();
    system.supervise(move || Clerk(made.clone())).await.unwrap();
    (system, log)
}

/// Writes a line when it is dropped.
struct Drops(Log, &'static str);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.add(self.1);
    }
}

/// Adds a phase with a task that says when it begins and never ends by itself.
fn add_endless(system: &System, log: &Log, limit: Duration) {
    let log = log.clone();
    let task = move || async move {
        let _dropped = Drops(log.clone(), "dropped");
        log.add("begun");
        pending().await
    };
    let phase = Phase::new("endless").limit(limit).task("task", task);
    system.add_phase(phase).unwrap();
}

async fn join(system: &System) -> u8 {
    within(system.join()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn without_phases_a_shutdown_is_a_drain() {
    let (system, log) = system().await;
    system.on("clerk").fire(Work);
    system.shutdown();
    assert_eq!(join(&system).await, 0);
    assert_eq!(log.take(), ["work", "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_phase_without_handlers_or_tasks_is_over_at_once() {
    let (system, begun) = (System::new(), Instant::now());
    system.add_phase(Phase::new("nothing")).unwrap();
    system.shutdown();
    assert_eq!(join(&system).await, 0);
    assert_eq!(
        (begun.elapsed(), system.dead_letters()),
        (Duration::ZERO, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_component_can_begin_it_and_set_the_exit_code() {
    let (system, log) = system().await;
    system.add_phase(Phase::new("one")).unwrap();
    system.add_phase(Phase::new("two")).unwrap();
    system.on("clerk").fire(End);
    assert_eq!(join(&system).await, 4);
    assert_eq!(log.take(), ["asked", "phase one", "phase two", "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_phase_of_one_name_is_refused() {
    let (system, log) = system().await;
    system.add_phase(Phase::new("one")).unwrap();
    let dropped = Drops(log.clone(), "dropped");
    let again = Phase::new("one").task("task", move || async move {
        drop(dropped);
        Ok(())
    });
    let refused = system.handle().add_phase(again).unwrap_err();
    assert_eq!(refused, PhaseError::NameTaken("one".to_owned()));
    assert_eq!(refused.to_string(), "a phase is named `one` already");
    assert_eq!(log.take(), ["dropped"], "nothing of it is kept");
    system.shutdown();
    assert_eq!(join(&system).await, 0);
    assert_eq!(log.take(), ["phase one", "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_phase_that_comes_when_the_system_is_ending_is_refused() {
    let ends: [fn(&System); 5] = [
        |system| system.shutdown(),
        |system| system.drain(),
        |system| system.stop(),
        |system| system.exit(0),
        |system| system.kill(),
    ];
    for end in ends {
        let (system, _log) = system().await;
        system.add_phase(Phase::new("one")).unwrap();
        end(&system);
        let late = system.add_phase(Phase::new("two"));
        assert_eq!(late, Err(PhaseError::Ending));
        assert_eq!(
            system.limit_tree(Duration::from_secs(1)),
            Err(PhaseError::Ending)
        );
        assert_eq!(join(&system).await, 0);
        assert_eq!(system.add_phase(Phase::new("three")), late);
    }
}

async fn failures() {
    type Fail = fn(Phase) -> Phase;
    let failures: [(&str, Fail); 6] = [
        ("task", |phase| {
            phase.task("t", || async { Err(Error::new("the task fails")) })
        }),
        ("task", |phase| {
            phase.task("t", || async { panic!("the task panics") })
        }),
        ("closure", |phase| {
            #[expect(unreachable_code, reason = "it has to return a future")]
            phase.task("t", || {
                panic!("the closure panics");
                async { Ok(()) }
            })
        }),
        ("fail", |phase| phase),
        ("panic", |phase| phase),
        ("late", |phase| {
            let limit = Duration::from_millis(20);
            phase.limit(limit).task("t", || async { pending().await })
        }),
    ];
    for (name, fail) in failures {
        let (system, log) = system().await;
        let begins = fail(Phase::new(name).limit(Duration::from_secs(20)));
        system.add_phase(begins).unwrap();
        system.add_phase(Phase::new("next")).unwrap();
        system.shutdown();
        assert_eq!(join(&system).await, Phase::FAILED, "{name}");
        let expected = [
            format!("phase {name}"),
            "phase next".into(),
            "stopped".into(),
        ];
        assert_eq!(log.take(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_a_phase_the_next_one_runs_and_the_exit_code_tells() {
    failures().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_a_phase_on_several_threads_the_next_one_runs() {
    failures().await;
}

#[tokio::test(start_paused = true)]
async fn a_phase_has_5_seconds_unless_said_and_its_tasks_are_dropped_then() {
    let (system, log) = system().await;
    let (dropped, begun) = (Drops(log.clone(), "dropped"), Instant::now());
    let task = move || async move {
        let _dropped = dropped;
        pending().await
    };
    let phase = Phase::new("late").task("task", task);
    system.add_phase(phase).unwrap();
    let ends = log.clone();
    let after = move || async move {
        ends.add(format_args!("after {:?}", begun.elapsed()));
        Ok(())
    };
    system
        .add_phase(Phase::new("next").task("task", after))
        .unwrap();
    system.shutdown();
    assert_eq!(join(&system).await, Phase::FAILED);
    let mut lines = log.take();
    assert_eq!(lines.remove(0), "phase late");
    assert_eq!(lines.remove(0), "dropped");
    // The task and the handler of one phase are in no order.
    lines.sort();
    assert_eq!(lines, ["after 5s", "phase next", "stopped"]);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_late_keeps_no_other_phase_waiting() {
    let (system, log) = system().await;
    let hang = Phase::new("hang").limit(Duration::from_secs(1));
    system.add_phase(hang).unwrap();
    let next = Phase::new("next").limit(Duration::from_secs(2));
    system.add_phase(next).unwrap();
    let begun = Instant::now();
    system.shutdown();
    assert_eq!(join(&system).await, Phase::FAILED);
    // It hangs in its own phase, so that of the next one is late as well, and
    // after its shutdown time it is killed.
    assert_eq!(begun.elapsed(), Duration::from_secs(1 + 2 + 3));
    assert_eq!(log.take(), ["phase hang"]);
}

#[tokio::test(start_paused = true)]
async fn a_phase_that_aborts_leaves_out_the_rest_and_stops_the_tree() {
    let (system, log) = system().await;
    let dead = watch(&system).await;
    let kept = Phase::new("fine").abort_on_failure();
    system.add_phase(kept).unwrap();
    let fails = Phase::new("fail").abort_on_failure();
    system.add_phase(fails).unwrap();
    let dropped = Drops(log.clone(), "dropped");
    let rest = Phase::new("rest").task("task", move || async move {
        dropped.0.add("never");
        Ok(())
    });
    system.add_phase(rest).unwrap();
    system.shutdown();
    assert_eq!(join(&system).await, Phase::FAILED);
    let expected = ["phase fine", "phase fail", "dropped", "stopped"];
    assert_eq!(log.take(), expected);
    let told = "exception phase shutdown_phase false: the clerk fails";
    assert_eq!(dead.take(), [told]);
}

#[tokio::test(start_paused = true)]
async fn a_direct_end_cuts_off_the_phase_that_runs_and_leaves_out_the_rest() {
    type Way = (fn(&System), u8, bool);
    let ways: [Way; 4] = [
        (|system| system.drain(), Phase::FAILED, true),
        (|system| system.stop(), Phase::FAILED, true),
        (|system| system.exit(3), 3, true),
        (|system| system.kill(), Phase::FAILED, false),
    ];
    for (end, code, in_order) in ways {
        let (system, log) = system().await;
        add_endless(&system, &log, Duration::from_secs(60));
        system.add_phase(Phase::new("rest")).unwrap();
        let begun = Instant::now();
        system.shutdown();
        settle().await;
        let mut lines = log.take();
        lines.sort();
        assert_eq!(lines, ["begun", "phase endless"]);
        end(&system);
        // Begun again, it changes nothing.
        system.shutdown();
        assert_eq!(join(&system).await, code);
        assert!(begun.elapsed() < Duration::from_secs(1));
        let mut lines = log.take();
        lines.sort();
        let expected = if in_order {
            &["dropped", "stopped"][..]
        } else {
            &["dropped"]
        };
        assert_eq!(lines, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_system_that_is_dropped_takes_its_phases_along() {
    let (system, log) = system().await;
    add_endless(&system, &log, Duration::from_secs(60));
    let handle = system.handle();
    system.shutdown();
    settle().await;
    assert_eq!(log.len(), 2);
    drop(system);
    settle().await;
    assert!(handle.is_stopped());
    assert_eq!(log.take().last().unwrap(), "dropped");
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_gives_up_leaves_its_phases_behind() {
    let (system, log) = system().await;
    add_endless(&system, &log, Duration::from_secs(60));
    system.add_phase(Phase::new("panic")).unwrap();
    system.shutdown();
    settle().await;
    for _ in 0..2 {
        system.on("clerk").fire(Do("panic"));
    }
    let error = within(system.join()).await.unwrap_err();
    assert!(error.downcast_ref::<RestartLimit>().is_some(), "{error:?}");
    settle().await;
    assert_eq!(log.take().last().unwrap(), "dropped");
}

#[tokio::test(start_paused = true)]
async fn the_tree_has_a_limit_of_its_own() {
    let (system, log) = system().await;
    system.add_phase(Phase::new("one")).unwrap();
    system.limit_tree(Duration::from_secs(60)).unwrap();
    system.limit_tree(Duration::from_secs(1)).unwrap();
    system.on("clerk").fire(Do("hang"));
    let begun = Instant::now();
    settle().await;
    system.shutdown();
    assert_eq!(join(&system).await, Phase::FAILED);
    // The phase waits for its busy handler 5 s, the tree for 1 s and not for 3.
    assert_eq!(begun.elapsed().as_secs(), 6);
    assert_eq!(log.take(), [""; 0]);
}

#[test]
fn a_shutdown_that_is_asked_for_without_a_runtime_runs_once_there_is_one() {
    let (system, log) = (System::new(), Log::default());
    let ends = log.clone();
    let phase = Phase::new("one").task("task", move || async move {
        ends.add("task");
        Ok(())
    });
    system.add_phase(phase).unwrap();
    system.shutdown();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let code = runtime.unwrap().block_on(join(&system));
    assert_eq!((code, log.take()), (0, vec!["task".to_owned()]));
}

/// Blocks its thread until the test ends, so the phase cannot drop it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_blocks_its_thread_is_abandoned() {
    let (system, log) = system().await;
    let (opener, gate) = std::sync::mpsc::channel::<()>();
    let task = move || async move {
        let _ = gate.recv();
        Ok(())
    };
    let limit = Duration::from_millis(1);
    let phase = Phase::new("blocks").limit(limit).task("task", task);
    system.add_phase(phase).unwrap();
    system.add_phase(Phase::new("next")).unwrap();
    system.shutdown();
    assert_eq!(join(&system).await, Phase::FAILED);
    assert_eq!(log.take(), ["phase blocks", "phase next", "stopped"]);
    drop(opener);
}

//! Restarts of groups, and what is asked and added meanwhile.

use circuits::event::{Started, Stopped};
use circuits::prelude::*;
use circuits::supervisor::{ChildError, ChildSpec, ChildState, Children, Supervisor};
use circuits::{Options, Restart, Strategy};

use crate::support::{Log, settle, within};

#[derive(Event)]
struct Crash;

#[derive(Event)]
struct Leave;

/// What a life does: how long its start and its end take, and how it starts.
#[derive(Clone, Copy, Default)]
struct Life {
    start: Duration,
    stop: Duration,
    fails: bool,
    declines: bool,
}

type Plan = fn(u64) -> Life;

/// Lives as it is planned, and writes that down.
#[component(channel = "member")]
struct Member {
    log: Log,
    plan: Plan,
}

#[component]
impl Member {
    #[handler("started")]
    async fn started(&mut self, event: &Started, cx: &Context<Self>) -> Result<(), Error> {
        let life = (self.plan)(event.life);
        if !life.start.is_zero() {
            self.log
                .add(format_args!("{} starts {}", event.name, event.life));
            tokio::time::sleep(life.start).await;
        }
        if life.fails {
            self.log
                .add(format_args!("{} fails {}", event.name, event.life));
            return Err(Error::new("no start"));
        }
        if life.declines {
            self.log
                .add(format_args!("{} declines {}", event.name, event.life));
            cx.decline();
        } else {
            self.log
                .add(format_args!("{} started {}", event.name, event.life));
        }
        Ok(())
    }

    #[handler("stopped")]
    async fn stopped(&mut self, event: &Stopped) {
        tokio::time::sleep((self.plan)(event.life).stop).await;
        self.log
            .add(format_args!("{} stopped {}", event.name, event.life));
    }

    #[handler("crash")]
    fn crash(&mut self, _event: &Crash, cx: &Context<Self>) {
        self.log
            .add(format_args!("{} crashes {}", cx.name(), cx.life()));
        panic!("crash");
    }

    #[handler("leave")]
    fn leave(&mut self, _event: &Leave, cx: &Context<Self>) {
        cx.decline(); // Too late: this does nothing.
        cx.stop();
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn plain(_life: u64) -> Life {
    Life::default()
}

fn slow_end(_life: u64) -> Life {
    Life {
        stop: SECOND,
        ..Life::default()
    }
}

fn slow_start(_life: u64) -> Life {
    Life {
        start: SECOND,
        ..Life::default()
    }
}

fn spec(log: &Log, name: &str, plan: Plan) -> ChildSpec {
    let log = log.clone();
    let make = move || Member {
        log: log.clone(),
        plan,
    };
    ChildSpec::new(name, make).channel(name)
}

struct Tree {
    log: Log,
    system: System,
    boss: Address<Supervisor>,
    children: Children,
}

impl Tree {
    async fn start(strategy: Strategy, restarts: u32, plans: &[(&'static str, Plan)]) -> Self {
        let log = Log::default();
        let system = System::with(Options::new().max_restarts(0));
        let (clone, plans) = (log.clone(), plans.to_vec());
        let make = move || {
            let specs = plans.iter().map(|(name, plan)| spec(&clone, name, *plan));
            let empty = Supervisor::new(strategy).max_restarts(restarts);
            specs.fold(empty, Supervisor::child)
        };
        let boss = system.supervise(make).restart(Restart::Temporary);
        let boss = boss.await.unwrap();
        let children = boss.children();
        log.take();
        Self {
            log,
            system,
            boss,
            children,
        }
    }

    async fn listed(&self) -> Vec<(String, ChildState, u64)> {
        let list = self.children.list().await.unwrap();
        list.into_iter()
            .map(|child| (child.name.to_string(), child.state, child.life))
            .collect()
    }

    /// Lets everything go on until nothing is left to wait for.
    async fn rest(&self) -> Vec<String> {
        tokio::time::sleep(60 * SECOND).await;
        self.log.take()
    }
}

fn line(name: &str, state: ChildState, life: u64) -> (String, ChildState, u64) {
    (name.to_owned(), state, life)
}

const RUNNING: ChildState = ChildState::Running;

#[tokio::test(start_paused = true)]
async fn a_child_that_is_added_while_its_group_restarts_starts_in_its_turn() {
    let plans: [(_, Plan); 2] = [("a", plain), ("b", slow_end)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    tree.system.on("a").fire(Crash);
    settle().await;
    tree.children
        .start(spec(&tree.log, "c", plain))
        .await
        .unwrap();
    let expected = [
        "a crashes 1",
        "b stopped 1",
        "a started 2",
        "b started 2",
        "c started 1",
    ];
    assert_eq!(tree.log.take(), expected);
    assert!(tree.rest().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_start_that_a_group_cuts_short_is_answered_once_it_has_started() {
    let plans: [(_, Plan); 1] = [("a", plain)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    let children = tree.children.clone();
    let spec = spec(&tree.log, "c", slow_start);
    let started = tokio::spawn(async move { children.start(spec).await });
    settle().await;
    tree.system.on("a").fire(Crash);
    let started = within(started).await.unwrap();
    tree.log.add("it was answered");
    let expected = [
        "c starts 1",
        "a crashes 1",
        "c started 1",
        "c stopped 1",
        "a started 2",
        "c starts 2",
        "c started 2",
        "it was answered",
    ];
    assert_eq!(tree.log.take(), expected);
    let c = tree.children.find::<Member>("c").await.unwrap();
    assert_eq!((started.unwrap(), c.life()), (c.id(), 2));
    assert_eq!(tree.system.restarts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_declared_tree_starts_although_a_sibling_fails_meanwhile() {
    let log = Log::default();
    let system = System::new();
    let clone = log.clone();
    let make = move || {
        Supervisor::one_for_all()
            .child(spec(&clone, "a", plain))
            .child(spec(&clone, "b", slow_start))
    };
    let handle = system.handle();
    tokio::spawn(async move {
        tokio::time::sleep(SECOND / 2).await;
        handle.on("a").fire(Crash);
    });
    let boss = system.supervise(make).await.unwrap();
    let expected = [
        "a started 1",
        "b starts 1",
        "a crashes 1",
        "b started 1",
        "b stopped 1",
        "a started 2",
        "b starts 2",
        "b started 2",
    ];
    assert_eq!(log.take(), expected);
    assert_eq!((boss.life(), system.restarts()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_was_asked_for_stands_when_the_group_restarts() {
    fn declining(life: u64) -> Life {
        Life {
            declines: life == 1,
            ..Life::default()
        }
    }
    let plans: [(_, Plan); 4] = [("a", plain), ("b", plain), ("c", plain), ("d", declining)];
    for strategy in [Strategy::OneForAll, Strategy::RestForOne] {
        let tree = Tree::start(strategy, 1, &plans).await;
        let transient = spec(&tree.log, "t", plain).restart(Restart::Transient);
        tree.children.start(transient).await.unwrap();
        tree.system.on("t").fire(Leave);
        settle().await;
        tree.children.terminate("c").await.unwrap();
        let listed = spec(&tree.log, "e", plain);
        tree.children.update([listed]).await.unwrap();
        assert_eq!(
            tree.log.take(),
            ["t started 1", "t stopped 1", "c stopped 1"]
        );
        tree.system.on("a").fire(Crash);
        let rest = tree.rest().await;
        let expected = [
            "a crashes 1",
            "b stopped 1",
            "a started 2",
            "b started 2",
            "d started 2",
            "t started 2",
        ];
        assert_eq!(rest, expected);
        let stopped = ChildState::Stopped;
        let expected = [
            line("a", RUNNING, 2),
            line("b", RUNNING, 2),
            line("c", stopped, 1),
            line("d", RUNNING, 2),
            line("t", RUNNING, 2),
            line("e", stopped, 0),
        ];
        assert_eq!(tree.listed().await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn members_that_are_terminated_meanwhile_stay_out_of_the_group() {
    let plans: [(_, Plan); 4] = [("a", plain), ("b", plain), ("c", slow_end), ("d", plain)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    tree.system.on("a").fire(Crash);
    settle().await;
    assert_eq!(tree.log.take(), ["a crashes 1", "d stopped 1"]);
    // One that has failed, one that runs, one that ends, one that has ended.
    let expected = [
        line("a", ChildState::Restarting, 1),
        line("b", RUNNING, 1),
        line("c", ChildState::Ending, 1),
        line("d", ChildState::Restarting, 1),
    ];
    assert_eq!(tree.listed().await, expected);
    let refused = tree.children.delete("d").await;
    assert!(
        matches!(refused, Err(ChildError::Restarting(_))),
        "{refused:?}"
    );
    for name in ["a", "d"] {
        tree.children.terminate(name).await.unwrap();
    }
    tree.children.delete("d").await.unwrap();
    tree.children.terminate("c").await.unwrap();
    let rest = tree.rest().await;
    assert_eq!(rest, ["c stopped 1", "b stopped 1", "b started 2"]);
    let stopped = ChildState::Stopped;
    let expected = [
        line("a", stopped, 1),
        line("b", RUNNING, 2),
        line("c", stopped, 1),
    ];
    assert_eq!(tree.listed().await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_stands_stopped_is_started_beside_or_in_the_group() {
    let plans: [(_, Plan); 4] = [("a", plain), ("b", plain), ("c", slow_end), ("d", plain)];
    let tree = Tree::start(Strategy::RestForOne, 1, &plans).await;
    for name in ["a", "d"] {
        tree.children.terminate(name).await.unwrap();
    }
    tree.system.on("b").fire(Crash);
    settle().await;
    tree.log.take();
    // `a` is no member, so that nothing keeps it back; `d` starts in its turn.
    within(tree.children.restart("a")).await.unwrap();
    assert_eq!(tree.log.take(), ["a started 2"]);
    within(tree.children.restart("d")).await.unwrap();
    let expected = ["c stopped 1", "b started 2", "c started 2", "d started 2"];
    assert_eq!(tree.log.take(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_member_that_moves_away_meanwhile_is_left_alone() {
    let plans: [(_, Plan); 3] = [("a", plain), ("b", plain), ("c", slow_end)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    let b = tree.children.find::<Member>("b").await.unwrap();
    tree.system.on("a").fire(Crash);
    settle().await;
    b.move_to_root(&tree.system).await.unwrap();
    let rest = tree.rest().await;
    let expected = ["a crashes 1", "c stopped 1", "a started 2", "c started 2"];
    assert_eq!(rest, expected);
    assert_eq!((b.life(), b.is_gone()), (1, false));
}

#[tokio::test(start_paused = true)]
async fn a_member_that_moves_here_meanwhile_is_left_alone() {
    let plans: [(_, Plan); 2] = [("a", plain), ("b", slow_end)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    let foreign = Member {
        log: tree.log.clone(),
        plan: plain,
    };
    let foreign = tree.system.register(foreign).named("x").await.unwrap();
    tree.system.on("a").fire(Crash);
    settle().await;
    foreign.move_to(&tree.boss).await.unwrap();
    let rest = tree.rest().await;
    let expected = [
        "x started 1",
        "a crashes 1",
        "b stopped 1",
        "a started 2",
        "b started 2",
    ];
    assert_eq!(rest, expected);
    assert_eq!(foreign.parent(), tree.boss.id());
    // From then on it goes where the group goes: it cannot be made again.
    tree.boss.stop().await;
    assert_eq!(
        tree.log.take(),
        ["x stopped 1", "b stopped 2", "a stopped 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_supervisor_that_gives_up_while_a_group_restarts_stops_what_runs() {
    fn fails_again(life: u64) -> Life {
        Life {
            start: SECOND,
            fails: life > 1,
            ..Life::default()
        }
    }
    let plans: [(_, Plan); 3] = [("a", plain), ("b", fails_again), ("c", plain)];
    let tree = Tree::start(Strategy::OneForAll, 1, &plans).await;
    tree.system.on("a").fire(Crash);
    settle().await;
    // This one waits for its turn, and is told that there will be none.
    let late = tree.children.start(spec(&tree.log, "late", plain)).await;
    assert!(late.is_err(), "{late:?}");
    let expected = [
        "a crashes 1",
        "c stopped 1",
        "b stopped 1",
        "a started 2",
        "b starts 2",
        "b fails 2",
        "a stopped 2",
    ];
    assert_eq!(tree.rest().await, expected);
    assert!(tree.boss.is_gone());
    let asked = tree.children.list().await;
    assert!(matches!(asked, Err(ChildError::Stopped)), "{asked:?}");
    assert_eq!(tree.system.restarts(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_behind_a_restart_does_not_forget_those_in_front() {
    // While `d` starts once more, `b` fails: all from `b` on.
    let plans: [(_, Plan); 4] = [("a", plain), ("b", plain), ("c", plain), ("d", slow_start)];
    let tree = Tree::start(Strategy::RestForOne, 5, &plans).await;
    tree.system.on("c").fire(Crash);
    settle().await;
    tree.system.on("b").fire(Crash);
    let expected = [
        "c crashes 1",
        "d stopped 1",
        "c started 2",
        "d starts 2",
        "b crashes 1",
        "d started 2",
        "d stopped 2",
        "c stopped 2",
        "b started 2",
        "c started 3",
        "d starts 3",
        "d started 3",
    ];
    assert_eq!(tree.rest().await, expected);
    assert_eq!(tree.system.restarts(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_question_before_the_start_does_not_decide_how_children_are_supervised() {
    let log = Log::default();
    let system = System::new();
    let clone = log.clone();
    let middle = move || {
        Supervisor::one_for_all()
            .child(spec(&clone, "a", plain))
            .child(spec(&clone, "b", plain))
    };
    let top = move || Supervisor::one_for_one().child(ChildSpec::new("middle", middle.clone()));
    let starting = system.supervise(top).named("top");
    let asking = async {
        let top = loop {
            match system.children().find::<Supervisor>("top").await {
                Ok(top) => break top,
                Err(_) => tokio::task::yield_now().await,
            }
        };
        for _ in 0..50 {
            let asked = top.children();
            let _ = asked.list().await;
            if let Ok(middle) = asked.find::<Supervisor>("middle").await {
                let _ = middle.children().list().await;
            }
            tokio::task::yield_now().await;
        }
    };
    let (top, ()) = tokio::join!(starting, asking);
    top.unwrap();
    log.take();
    system.on("a").fire(Crash);
    settle().await;
    assert_eq!(
        log.take(),
        ["a crashes 1", "b stopped 1", "a started 2", "b started 2"]
    );
}

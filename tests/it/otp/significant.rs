//! Significant children: when their end is the end of their supervisor.

use circuits::prelude::*;
use circuits::supervisor::{ChildState, Supervisor};
use circuits::{AutoShutdown, Options, Restart, Strategy};

use super::{Do, Script, Step, World, cases, child};

cases!(
    s60_the_end_of_a_significant_child_ends_its_supervisor_in_order,
    s61_a_significant_child_that_fails_is_restarted,
    s62_a_temporary_significant_child_ends_its_supervisor_however_it_ends,
    s63_the_last_of_all_significant_children_ends_the_supervisor,
    s64_an_end_that_was_asked_for_or_came_from_a_sibling_does_not_count,
);

/// A supervisor of significant and other children, below the root of a system.
struct Tree {
    world: World,
    system: System,
    boss: Address<Supervisor>,
}

impl Tree {
    /// Starts children: those with `true` are significant.
    async fn start(
        world: &World,
        options: Options,
        supervisor: impl Fn() -> Supervisor + Send + Sync + 'static,
        restart: Restart,
        scripts: impl Into<Vec<(Script, bool)>>,
    ) -> Self {
        let system = world.system_with(options).await;
        let (scripts, trace) = (scripts.into(), world.trace.clone());
        let make = move || {
            let specs = scripts.iter().map(|(script, significant)| {
                let spec = script.spec(&trace);
                if *significant {
                    spec.significant()
                } else {
                    spec
                }
            });
            specs.fold(supervisor(), Supervisor::child)
        };
        let boss = system.supervise(make).named("boss").restart(restart);
        let boss = boss.await.unwrap();
        drop(world.trace.take());
        Self {
            world: world.clone(),
            system,
            boss,
        }
    }

    fn tell(&self, name: &str, step: Step) {
        self.system.on(name).fire(Do(step));
    }

    async fn gone(&self) {
        self.world.until("it ends", || self.boss.is_gone()).await;
    }

    /// Checks that the supervisor goes on in its first life, with so many children.
    async fn goes_on(&self, active: usize) {
        self.world.pass(self.world.secs(10)).await;
        self.world.expect(&[]).await;
        assert_eq!((self.boss.is_gone(), self.boss.life()), (false, 1));
        let count = self.boss.children().count().await.unwrap();
        assert_eq!(count.active, active);
    }
}

fn any() -> Supervisor {
    Supervisor::one_for_one().auto_shutdown(AutoShutdown::AnySignificant)
}

fn all() -> Supervisor {
    Supervisor::one_for_one().auto_shutdown(AutoShutdown::AllSignificant)
}

fn transient(name: &str) -> Script {
    child(name).restart(Restart::Transient)
}

fn temporary(name: &str) -> Script {
    child(name).restart(Restart::Temporary)
}

async fn s60_the_end_of_a_significant_child_ends_its_supervisor_in_order(world: World) {
    let scripts = [
        (transient("a"), true),
        (child("b"), false),
        (child("c"), false),
    ];
    let no_restarts = Options::new().max_restarts(0);
    let ended = [
        "a 1 leaves",
        "a 1 stopping",
        "a 1 stopped",
        "c 1 stopping",
        "c 1 stopped",
        "b 1 stopping",
        "b 1 stopped",
    ];
    // For its parent that is a normal end: a transient one is not restarted.
    let tree = Tree::start(
        &world,
        no_restarts,
        any,
        Restart::Transient,
        scripts.clone(),
    )
    .await;
    tree.tell("a", Step::Leave);
    tree.gone().await;
    world.expect(&ended).await;
    assert_eq!(
        (tree.system.restarts(), tree.system.is_stopped()),
        (0, false)
    );
    let listed = tree.system.children().list().await.unwrap();
    let boss = listed.iter().find(|child| &*child.name == "boss").unwrap();
    assert_eq!(boss.state, ChildState::Stopped);
    world.expect_reports(&[]).await;
    // A permanent one is, as after every end, and that is counted.
    let tree = Tree::start(&world, Options::new(), any, Restart::Permanent, scripts).await;
    tree.tell("a", Step::Leave);
    let again = ["a 1 started", "b 1 started", "c 1 started"];
    world.expect(&[&ended[..], &again].concat()).await;
    assert_eq!((tree.system.restarts(), tree.boss.life()), (1, 2));
}

async fn s61_a_significant_child_that_fails_is_restarted(world: World) {
    for supervisor in [any, all] {
        let scripts = [(transient("a"), true), (child("b"), false)];
        let options = Options::new();
        let tree = Tree::start(&world, options, supervisor, Restart::Transient, scripts).await;
        tree.tell("a", Step::Panic);
        world.expect(&["a 1 failed: panic", "a 2 started"]).await;
        tree.goes_on(2).await;
        assert_eq!(tree.system.restarts(), 1);
        tree.boss.stop().await;
        drop(world.trace.take());
    }
}

async fn s62_a_temporary_significant_child_ends_its_supervisor_however_it_ends(world: World) {
    let ways: [(Option<Step>, &[&str]); 4] = [
        (
            Some(Step::Leave),
            &["a 1 leaves", "a 1 stopping", "a 1 stopped"],
        ),
        (Some(Step::Panic), &["a 1 failed: panic"]),
        (Some(Step::Fatal), &["a 1 failed: fatal"]),
        (None, &["a 1 killed"]),
    ];
    for (step, entries) in ways {
        let scripts = [(temporary("a"), true), (child("b"), false)];
        let options = Options::new().max_restarts(0);
        let tree = Tree::start(&world, options, any, Restart::Transient, scripts).await;
        match step {
            Some(step) => tree.tell("a", step),
            None => {
                let children = tree.boss.children();
                children.find::<super::Child>("a").await.unwrap().kill();
            }
        }
        tree.gone().await;
        let stopped = ["b 1 stopping", "b 1 stopped"];
        world.expect(&[entries, &stopped].concat()).await;
        assert_eq!(
            (tree.system.restarts(), tree.system.is_stopped()),
            (0, false)
        );
    }
}

async fn s63_the_last_of_all_significant_children_ends_the_supervisor(world: World) {
    let scripts = [
        (transient("a"), true),
        (temporary("b"), true),
        (child("c"), false),
        (temporary("d"), false),
    ];
    let options = Options::new().max_restarts(0);
    let tree = Tree::start(&world, options, all, Restart::Transient, scripts).await;
    // Others may end as they like.
    tree.tell("d", Step::Panic);
    world.expect(&["d 1 failed: panic"]).await;
    tree.tell("a", Step::Leave);
    world
        .expect(&["a 1 leaves", "a 1 stopping", "a 1 stopped"])
        .await;
    tree.goes_on(2).await;
    tree.tell("b", Step::Panic);
    tree.gone().await;
    world
        .expect(&["b 1 failed: panic", "c 1 stopping", "c 1 stopped"])
        .await;
    assert_eq!(
        (tree.system.restarts(), tree.system.is_stopped()),
        (0, false)
    );
}

async fn s64_an_end_that_was_asked_for_or_came_from_a_sibling_does_not_count(world: World) {
    let options = Options::new();
    // By a question.
    for (supervisor, restart) in [
        (any as fn() -> Supervisor, Restart::Transient),
        (any, Restart::Temporary),
        (all, Restart::Transient),
        (all, Restart::Temporary),
    ] {
        let a = child("a").restart(restart);
        let scripts = [(a, true), (child("b"), false)];
        let tree = Tree::start(&world, options, supervisor, Restart::Transient, scripts).await;
        tree.boss.children().terminate("a").await.unwrap();
        world.expect(&["a 1 stopping", "a 1 stopped"]).await;
        tree.goes_on(1).await;
        tree.boss.stop().await;
        world.expect(&["b 1 stopping", "b 1 stopped"]).await;
    }
    // By its address, which asks the supervisor as well.
    let scripts = [(temporary("a"), true), (child("b"), false)];
    let tree = Tree::start(&world, options, any, Restart::Transient, scripts).await;
    let a = tree
        .boss
        .children()
        .find::<super::Child>("a")
        .await
        .unwrap();
    a.stop().await;
    world.expect(&["a 1 stopping", "a 1 stopped"]).await;
    tree.goes_on(1).await;
    tree.boss.stop().await;
    world.expect(&["b 1 stopping", "b 1 stopped"]).await;
    // Because a sibling failed: the temporary one is not started again.
    for (auto, strategy) in [
        (AutoShutdown::AnySignificant, Strategy::OneForAll),
        (AutoShutdown::AllSignificant, Strategy::OneForAll),
        (AutoShutdown::AnySignificant, Strategy::RestForOne),
        (AutoShutdown::AllSignificant, Strategy::RestForOne),
    ] {
        let supervisor = move || Supervisor::new(strategy).auto_shutdown(auto);
        let scripts = [(child("b"), false), (temporary("a"), true)];
        let tree = Tree::start(&world, options, supervisor, Restart::Transient, scripts).await;
        tree.tell("b", Step::Panic);
        let expected = [
            "b 1 failed: panic",
            "a 1 stopping",
            "a 1 stopped",
            "b 2 started",
        ];
        world.expect(&expected).await;
        tree.goes_on(1).await;
        tree.boss.stop().await;
        world.expect(&["b 2 stopping", "b 2 stopped"]).await;
    }
}

//! What is kept of a transient child that has ended.

use circuits::supervisor::{ChildState, Supervisor};
use circuits::{CallError, Restart};

use super::{Child, Do, Step, Tree, World, cases, child};

cases!(s23_a_transient_child_that_ends_in_order_is_kept_without_a_life);

async fn s23_a_transient_child_that_ends_in_order_is_kept_without_a_life(world: World) {
    let transient = child("a").restart(Restart::Transient);
    // By itself; and by its own supervision, which is a shutdown.
    let tree = Tree::start(
        &world,
        || Supervisor::one_for_one().max_restarts(0),
        [transient, child("b")],
    )
    .await;
    let a = tree.children.find::<Child>("a").await.unwrap();
    for life in 1..4 {
        tree.tell("a", Step::Leave);
        let lines = ["leaves", "stopping", "stopped"].map(|what| format!("a {life} {what}"));
        world.expect(&lines.each_ref().map(String::as_str)).await;
        world.until("it stands still", || a.is_gone()).await;
        let listed = [
            ("a".to_owned(), ChildState::Stopped, life),
            ("b".to_owned(), ChildState::Running, 1),
        ];
        assert_eq!(tree.list().await, listed);
        let count = tree.children.count().await.unwrap();
        assert_eq!((count.specs, count.active), (2, 1));
        let called = tree.system.to(&a).call(Do(Step::Work)).await;
        assert!(matches!(called, Err(CallError::Stopped)), "{called:?}");
        world.pass(world.secs(10)).await;
        world.expect(&[]).await;
        // What is kept can be started again; its address is the same.
        tree.children.restart("a").await.unwrap();
        world.expect(&[&format!("a {} started", life + 1)]).await;
        assert_eq!(a.life(), life + 1);
    }
    assert_eq!((tree.system.restarts(), tree.boss.is_gone()), (0, false));
    tree.boss.stop().await;
    let expected = ["b 1 stopping", "b 1 stopped", "a 4 stopping", "a 4 stopped"];
    world.expect(&expected).await;
}

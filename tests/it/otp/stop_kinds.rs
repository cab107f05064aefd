//! A child that blocks its thread does not hold up the end of its system.

use circuits::prelude::*;
use circuits::supervisor::Supervisor;
use circuits::{CallError, StartError};

use super::trace::on_many_threads;
use super::{Child, Do, Gate, Step, Tree, World, child};

// On a single thread nobody could stop anything.
#[test]
fn s18_a_system_ends_although_a_child_blocks_its_thread() {
    on_many_threads(blocked);
}

async fn blocked(world: World) {
    let limit = Duration::from_millis(50);
    let scripts = [child("a"), child("b").shutdown(limit), child("c")];
    let tree = Tree::start(&world, Supervisor::one_for_one, scripts).await;
    let b = tree.children.find::<Child>("b").await.unwrap();
    let (opener, gate) = Gate::new();
    let handle = tree.system.handle();
    let call = |step| {
        let (handle, b) = (handle.clone(), b.clone());
        tokio::spawn(async move { handle.to(&b).call(Do(step)).await })
    };
    let running = call(Step::Block(gate));
    world.expect(&["b 1 blocks"]).await;
    let queued = call(Step::Work);
    world.until("it waits", || b.waiting() == 1).await;
    // The stop returns, and all others end as ever.
    tree.boss.stop().await;
    let expected = ["c 1 stopping", "c 1 stopped", "a 1 stopping", "a 1 stopped"];
    world.expect(&expected).await;
    assert!(tree.boss.is_gone() && b.is_gone());
    // Whoever called it, or calls it now, is told.
    let answer = queued.await.unwrap();
    assert!(matches!(answer, Err(CallError::Stopped)), "{answer:?}");
    let late = call(Step::Work).await.unwrap();
    assert!(matches!(late, Err(CallError::Stopped)), "{late:?}");
    let named = tree.system.on("b").call(Do(Step::Work)).await;
    assert!(matches!(named, Err(CallError::NoHandler)), "{named:?}");
    let below = b.children().start(tree.spec(&child("d"))).await;
    assert!(matches!(below, Err(StartError::Stopped)), "{below:?}");
    assert_eq!(tree.system.restarts(), 0);
    // The system ends as well, while the thread is still blocked.
    tree.system.stop();
    tree.system.join().await.unwrap();
    assert!(!running.is_finished(), "nobody can answer it yet");
    // Let go, it answers who still waits, and ends; nothing of it comes back.
    drop(opener);
    let answer = running.await.unwrap();
    assert!(matches!(answer, Ok(1)), "{answer:?}");
    world.expect(&["b 1 killed"]).await;
    world.settle().await;
    assert!(b.is_gone());
}

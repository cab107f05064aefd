//! The end of random trees: within the sum of the times that their components
//! may take, and one second for those that are stuck.

use std::sync::atomic::{AtomicUsize, Ordering};

use circuits::prelude::*;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep, timeout};

use crate::children::{Forest, Manner};
use crate::random::Random;

/// What comes on top of the times of all components.
const GRACE: Duration = Duration::from_secs(1);

/// How a tree is told to end.
#[derive(Clone, Copy, Debug)]
enum Way {
    Stop,
    Drain,
    Kill,
}

impl Way {
    fn draw(random: &mut Random) -> Self {
        random.pick(&[Self::Stop, Self::Stop, Self::Stop, Self::Drain, Self::Kill])
    }

    fn tell(self, system: &System) {
        match self {
            Self::Stop => system.stop(),
            Self::Drain => system.drain(),
            Self::Kill => system.kill(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tree_whose_children_hang_and_panic_ends_within_the_sum_of_their_times() {
    let mut random = Random::new(5);
    for tree in 0..160 {
        let forest = Forest::draw(&mut random, &Manner::ON_VIRTUAL_TIME, 30, 10_000);
        let way = Way::draw(&mut random);
        let system = forest.start().await;
        // Some restart by now, some are about to, some hang.
        sleep(Duration::from_millis(1)).await;
        let start = Instant::now();
        way.tell(&system);
        forest.set_stopping();
        let _ = system.join().await;
        let (took, most) = (start.elapsed(), forest.time() + GRACE);
        assert!(
            took <= most,
            "tree {tree}, {way:?}: {took:?} of {most:?}: {forest:?}"
        );
        assert_eq!(forest.values(), 0, "tree {tree}, {way:?}: {forest:?}");
    }
}

/// Starts and ends a tree on a runtime of its own, which has threads to lose;
/// returns how long the end took, if it came: else it is the limit.
///
/// `None` where the tree has started, but not all block that shall: what a thread
/// has woken last, and then blocks, no other thread can take over.
fn block_and_end(forest: &Forest, way: Way) -> Option<Duration> {
    forest.reset();
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(forest.blocking() + 2).enable_all();
    let runtime = builder.build().unwrap();
    let took = runtime.block_on(async {
        let limit = Duration::from_secs(20);
        let started = timeout(limit, forest.start()).await;
        let system = started.unwrap_or_else(|_| panic!("it does not start: {forest:?}"));
        let blocked = async {
            while forest.blocked() < forest.blocking_at_once() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(limit, blocked).await.ok()?;
        let start = Instant::now();
        way.tell(&system);
        forest.set_stopping();
        let _ = timeout(limit, system.join()).await;
        Some(start.elapsed())
    });
    // The runtime waits for its threads.
    forest.unblock();
    took
}

#[test]
fn a_tree_whose_children_block_their_threads_ends_within_the_sum_of_their_times() {
    let mut random = Random::new(6);
    let draw = |tree| {
        let forest = Forest::draw(&mut random, &Manner::ON_REAL_TIME, 15, 60);
        (tree, forest, Way::draw(&mut random))
    };
    let trees: Vec<_> = (0..40).map(draw).collect();
    let next = AtomicUsize::new(0);
    // Each mostly waits.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some((tree, forest, way)) = trees.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    let most = forest.time() + GRACE;
                    let Some(took) = (0..5).find_map(|_| block_and_end(forest, *way)) else {
                        panic!("tree {tree} does not come to block: {forest:?}");
                    };
                    assert!(
                        took <= most,
                        "tree {tree}, {way:?}: {took:?} of {most:?}: {forest:?}"
                    );
                }
            });
        }
    });
}

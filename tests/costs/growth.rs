//! Costs that grow with the number of components, and no faster.

use circuits::Address;
use circuits::prelude::*;
use circuits::supervisor::Dynamic;

use crate::{Counter, counter, runtime};

#[test]
fn a_hundred_thousand_components_start_and_stop_in_linear_cost() {
    let cost = |components: u64| {
        let runtime = runtime();
        let info = allocation_counter::measure(|| {
            runtime.block_on(async {
                let system = System::new();
                for _ in 0..components {
                    counter(&system).await;
                }
                system.stop();
                system.join().await.unwrap();
            });
        });
        assert!(
            info.bytes_current < 100_000,
            "{} bytes are left",
            info.bytes_current
        );
        (info.count_total, info.bytes_total)
    };
    let (small_count, small_bytes) = cost(50_000);
    let (large_count, large_bytes) = cost(100_000);
    let at_most = |large: u64, small: u64| large as f64 <= small as f64 * 2.1;
    assert!(
        at_most(large_count, small_count),
        "{small_count} and {large_count} allocations"
    );
    assert!(
        at_most(large_bytes, small_bytes),
        "{small_bytes} and {large_bytes} bytes"
    );
}

/// Starts this many dynamic children.
async fn dynamic(system: &System, children: u64) -> Address<Dynamic<u64, Counter>> {
    let make = || Dynamic::new(|count: &u64| Counter { count: *count });
    let boss = system.supervise(make).await.unwrap();
    for count in 0..children {
        let start = circuits::supervisor::Start::new(count);
        system.to(&boss).call(start).await.unwrap();
    }
    boss
}

#[test]
fn s59_a_hundred_thousand_children_start_and_stop_in_linear_cost() {
    let cost = |children: u64| {
        let info = allocation_counter::measure(|| {
            // Made and dropped in here: its queue grows with those told at once.
            runtime().block_on(async {
                let system = System::new();
                let boss = dynamic(&system, children).await;
                let count = boss.children().count().await.unwrap();
                assert_eq!(count.active as u64, children);
                boss.stop().await;
                assert!(boss.is_gone());
                system.stop();
                system.join().await.unwrap();
            });
        });
        let left = info.bytes_current;
        assert!(left < 100_000, "{left} bytes are left");
        (info.count_total, info.bytes_total)
    };
    let (small, large) = (cost(50_000), cost(100_000));
    let at_most = |large: u64, small: u64| large as f64 <= small as f64 * 2.1;
    assert!(
        at_most(large.0, small.0) && at_most(large.1, small.1),
        "{small:?} and {large:?} allocations and bytes"
    );
}

#[test]
fn s53_two_thousand_children_are_listed_and_counted_in_linear_cost() {
    let cost = |children: u64| {
        let runtime = runtime();
        let (system, boss) = runtime.block_on(async {
            let system = System::new();
            let boss = dynamic(&system, children).await;
            // Their names are made when they are asked for first.
            boss.children().list().await.unwrap();
            (system, boss)
        });
        let list = allocation_counter::measure(|| {
            let list = runtime.block_on(boss.children().list()).unwrap();
            assert_eq!(list.len() as u64, children);
        });
        let count = allocation_counter::measure(|| {
            let count = runtime.block_on(boss.children().count()).unwrap();
            assert_eq!(count.specs as u64, children);
        });
        drop(system);
        (list, count)
    };
    let ((list, count), (longer, larger)) = (cost(1000), cost(2000));
    assert!(longer.bytes_total <= list.bytes_total * 21 / 10);
    assert_eq!(count.count_total, larger.count_total);
    assert_eq!(count.bytes_total, larger.bytes_total);
}

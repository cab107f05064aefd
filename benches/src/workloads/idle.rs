//! Many actors are started that have nothing to do.
//!
//! Ours and ractor's wait for each until it has started; the others return before,
//! so that in the end the last one is asked. Ours are supervised.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

pub(crate) fn cases(on: On, count: u64) -> Vec<Case> {
    let name = format!("start one of {count} that idle");
    let case = Case::new(Theme::Living, &name, on, count).at_most(3);
    vec![case.all(Idle)]
}

#[derive(Clone)]
struct Idle;

impl Workload for Idle {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let mut sinks = Vec::with_capacity(count as usize);
        let mut sum = 1;
        let time = timed(async {
            for _ in 0..count {
                sinks.push(peer.sink().await);
            }
            if let Some(last) = sinks.last() {
                sum = peer.sum(last).await;
            }
        })
        .await;
        assert_eq!(sum, 0, "the last one has started");
        time
    }
}

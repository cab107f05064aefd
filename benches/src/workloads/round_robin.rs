//! One sender tells a hundred receivers, one after the other.
//!
//! Ours by address only: all of these listen on one channel.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::{ByChannel, Peer};

const RECEIVERS: u64 = 100;
const COUNT: u64 = RECEIVERS * 3_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    let case = Case::new(Theme::Telling, "tell, 100 in turn", on, COUNT).all(RoundRobin);
    vec![case.without::<ByChannel>()]
}

#[derive(Clone)]
struct RoundRobin;

impl Workload for RoundRobin {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let mut sinks = Vec::new();
        for _ in 0..RECEIVERS {
            sinks.push(peer.sink().await);
        }
        timed(async {
            for amount in 0..count / RECEIVERS {
                for sink in &sinks {
                    peer.add(sink, amount).await;
                }
            }
            for sink in &sinks {
                assert_eq!(peer.sum(sink).await, (0..count / RECEIVERS).sum());
            }
        })
        .await
    }
}

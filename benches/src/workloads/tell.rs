//! One sender tells one receiver, waiting for room where there is none; with a
//! handler that is a plain function, and with one that is async.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

const COUNT: u64 = 300_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    vec![
        Case::new(Theme::Telling, "tell", on, COUNT).all(Tell),
        Case::new(Theme::Telling, "tell an async handler", on, COUNT).all(TellAsync),
    ]
}

#[derive(Clone)]
struct Tell;

impl Workload for Tell {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let sink = peer.sink().await;
        timed(async {
            for amount in 0..count {
                peer.add(&sink, amount).await;
            }
            assert_eq!(peer.sum(&sink).await, (0..count).sum());
        })
        .await
    }
}

#[derive(Clone)]
struct TellAsync;

impl Workload for TellAsync {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let sink = peer.sink().await;
        timed(async {
            for amount in 0..count {
                peer.add_async(&sink, amount).await;
            }
            assert_eq!(peer.sum(&sink).await, (0..count).sum());
        })
        .await
    }
}

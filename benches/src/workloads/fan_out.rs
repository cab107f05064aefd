//! One sender tells many receivers the same 256 bytes.
//!
//! Ours by channel: the sender does not know who listens. The others share an
//! `Arc` and go through a list of addresses, since none of them has channels in
//! itself: what xtra broadcasts goes to actors that share one mailbox, and the
//! groups of ractor are looked up for each message.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::{ByAddress, Peer};

/// Receivers, what they are called, and deliveries in one run.
const SIZES: [(usize, &str, u64); 3] = [
    (1, "deliver to 1", 200_000),
    (10, "deliver to each of 10", 200_000),
    (1_000, "deliver to each of 1,000", 200_000),
];

pub(crate) fn cases(on: On) -> Vec<Case> {
    let case = |(receivers, name, count)| {
        Case::new(Theme::Many, name, on, count)
            .all(FanOut { receivers })
            .without::<ByAddress>()
    };
    SIZES.into_iter().map(case).collect()
}

#[derive(Clone)]
struct FanOut {
    receivers: usize,
}

impl Workload for FanOut {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let mut sinks = Vec::new();
        for _ in 0..self.receivers {
            sinks.push(peer.sink().await);
        }
        let times = count / self.receivers as u64;
        timed(async {
            for _ in 0..times {
                peer.publish(&sinks, [1; 256]).await;
            }
            for sink in &sinks {
                assert_eq!(peer.sum(sink).await, times);
            }
        })
        .await
    }
}

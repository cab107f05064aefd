//! Eight senders tell one receiver.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

const SENDERS: u64 = 8;
const COUNT: u64 = SENDERS * 40_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    vec![Case::new(Theme::Telling, "tell, 8 senders", on, COUNT).all(Senders)]
}

#[derive(Clone)]
struct Senders;

impl Workload for Senders {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let sink = peer.sink().await;
        timed(async {
            let mut senders = JoinSet::new();
            for _ in 0..SENDERS {
                let (peer, sink) = (peer.clone(), sink.clone());
                senders.spawn(async move {
                    for _ in 0..count / SENDERS {
                        peer.add(&sink, 1).await;
                    }
                });
            }
            senders.join_all().await;
            assert_eq!(peer.sum(&sink).await, count);
        })
        .await
    }
}

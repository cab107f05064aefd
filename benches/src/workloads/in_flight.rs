//! A thousand callers of one receiver, each with one call in flight.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

const CALLERS: u64 = 1_000;
const COUNT: u64 = CALLERS * 200;

pub(crate) fn cases(on: On) -> Vec<Case> {
    vec![Case::new(Theme::Asking, "call, 1,000 in flight", on, COUNT).all(InFlight)]
}

#[derive(Clone)]
struct InFlight;

impl Workload for InFlight {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let sink = peer.sink().await;
        timed(async {
            let mut callers = JoinSet::new();
            for _ in 0..CALLERS {
                let (peer, sink) = (peer.clone(), sink.clone());
                callers.spawn(async move {
                    for number in 0..count / CALLERS {
                        assert_eq!(peer.double(&sink, number).await, number * 2);
                    }
                });
            }
            callers.join_all().await;
        })
        .await
    }
}

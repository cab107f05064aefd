//! One caller, one call after the other: the round trip.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

const COUNT: u64 = 40_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    vec![Case::new(Theme::Asking, "call", on, COUNT).all(Call)]
}

#[derive(Clone)]
struct Call;

impl Workload for Call {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        let sink = peer.sink().await;
        timed(async {
            for number in 0..count {
                assert_eq!(peer.double(&sink, number).await, number * 2);
            }
        })
        .await
    }
}

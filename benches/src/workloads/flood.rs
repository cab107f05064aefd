//! One sender tells one receiver and never waits.
//!
//! By hand, on kameo and on xtra the mailbox is one without a bound; ractor and
//! actix know nothing else here. A component takes it all with the mailbox that
//! it has, since a sender outside of all components is not held back.

use std::time::Duration;

use crate::case::{Case, Theme, Workload};
use crate::harness::{On, timed};
use crate::peers::Peer;

const COUNT: u64 = 300_000;

pub(crate) fn cases(on: On) -> Vec<Case> {
    vec![Case::new(Theme::Telling, "tell, never waiting", on, COUNT).all(Flood)]
}

#[derive(Clone)]
struct Flood;

impl Workload for Flood {
    async fn run<P: Peer>(self, peer: P, count: u64) -> Duration {
        timed(async {
            assert_eq!(peer.flood(count).await, count);
        })
        .await
    }
}

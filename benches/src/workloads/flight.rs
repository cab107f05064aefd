//! Many callers of one receiver, each with one call in flight.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::actor::Client;
use crate::component::{Double, start};
use crate::harness::{Case, On, timed};

const CALLERS: u64 = 64;
const COUNT: u64 = CALLERS * 4_000;

pub(crate) fn cases() -> Vec<Case> {
    let case = |on| Case::new("call, 64 in flight", on, COUNT, by_hand, ours);
    On::BOTH.into_iter().map(case).collect()
}

async fn by_hand(count: u64) -> Duration {
    let client = Client::spawn();
    timed(async {
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let client = client.clone();
            callers.spawn(async move {
                for number in 0..count / CALLERS {
                    assert_eq!(client.double(number).await, number * 2);
                }
            });
        }
        callers.join_all().await;
    })
    .await
}

async fn ours(count: u64) -> Duration {
    let (system, _sink) = start().await;
    timed(async {
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let system = system.handle();
            callers.spawn(async move {
                for number in 0..count / CALLERS {
                    let answer = system.on("sink").call(Double { number }).await;
                    assert_eq!(answer.expect("the component answers"), number * 2);
                }
            });
        }
        callers.join_all().await;
    })
    .await
}

//! One caller, one call after the other: the round trip.

use std::time::Duration;

use crate::actor::Client;
use crate::component::{Double, start};
use crate::harness::{Case, On, timed};

const COUNT: u64 = 60_000;

pub(crate) fn cases() -> Vec<Case> {
    let both = |on| {
        [
            Case::new("call by channel", on, COUNT, by_hand, by_channel),
            Case::new("call by address", on, COUNT, by_hand, by_address),
        ]
    };
    On::BOTH.into_iter().flat_map(both).collect()
}

async fn by_hand(count: u64) -> Duration {
    let client = Client::spawn();
    timed(async {
        for number in 0..count {
            assert_eq!(client.double(number).await, number * 2);
        }
    })
    .await
}

async fn by_channel(count: u64) -> Duration {
    let (system, _sink) = start().await;
    timed(async {
        for number in 0..count {
            let answer = system.on("sink").call(Double { number }).await;
            assert_eq!(answer.expect("the component answers"), number * 2);
        }
    })
    .await
}

async fn by_address(count: u64) -> Duration {
    let (system, sink) = start().await;
    timed(async {
        for number in 0..count {
            let answer = system.to(&sink).call(Double { number }).await;
            assert_eq!(answer.expect("the component answers"), number * 2);
        }
    })
    .await
}

//! One sender tells one receiver, waiting for room where there is none.

use std::time::Duration;

use crate::actor::{Client, Message};
use crate::component::{Add, start, sum};
use crate::harness::{Case, On, timed};

const COUNT: u64 = 400_000;

pub(crate) fn cases() -> Vec<Case> {
    let both = |on| {
        [
            Case::new("tell by channel", on, COUNT, by_hand, by_channel),
            Case::new("tell by address", on, COUNT, by_hand, by_address),
        ]
    };
    On::BOTH.into_iter().flat_map(both).collect()
}

async fn by_hand(count: u64) -> Duration {
    let client = Client::spawn();
    timed(async {
        for amount in 0..count {
            client.send(Message::Add { amount }).await;
        }
        assert_eq!(client.sum().await, expected(count));
    })
    .await
}

async fn by_channel(count: u64) -> Duration {
    let (system, sink) = start().await;
    timed(async {
        for amount in 0..count {
            system.on("sink").fire(Add { amount }).await;
        }
        assert_eq!(sum(&system, &sink).await, expected(count));
    })
    .await
}

async fn by_address(count: u64) -> Duration {
    let (system, sink) = start().await;
    timed(async {
        for amount in 0..count {
            system.to(&sink).fire(Add { amount }).await;
        }
        assert_eq!(sum(&system, &sink).await, expected(count));
    })
    .await
}

fn expected(count: u64) -> u64 {
    (0..count).sum()
}

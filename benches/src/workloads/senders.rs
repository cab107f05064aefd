//! Eight senders tell one receiver.

use std::time::Duration;

use tokio::task::JoinSet;

use crate::actor::{Client, Message};
use crate::component::{Add, start, sum};
use crate::harness::{Case, On, timed};

const SENDERS: u64 = 8;
const COUNT: u64 = SENDERS * 50_000;

pub(crate) fn cases() -> Vec<Case> {
    let case = |on| Case::new("tell, 8 senders", on, COUNT, by_hand, ours);
    On::BOTH.into_iter().map(case).collect()
}

async fn by_hand(count: u64) -> Duration {
    let client = Client::spawn();
    timed(async {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let client = client.clone();
            senders.spawn(async move {
                for _ in 0..count / SENDERS {
                    client.send(Message::Add { amount: 1 }).await;
                }
            });
        }
        senders.join_all().await;
        assert_eq!(client.sum().await, count);
    })
    .await
}

async fn ours(count: u64) -> Duration {
    let (system, sink) = start().await;
    timed(async {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let system = system.handle();
            senders.spawn(async move {
                for _ in 0..count / SENDERS {
                    system.on("sink").fire(Add { amount: 1 }).await;
                }
            });
        }
        senders.join_all().await;
        assert_eq!(sum(&system, &sink).await, count);
    })
    .await
}

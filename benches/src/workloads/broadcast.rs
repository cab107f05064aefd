//! One sender tells many receivers the same thing.

use std::sync::Arc;
use std::time::Duration;

use crate::actor::{self, Client, Message};
use crate::component::{self, add_to, start, sum};
use crate::harness::{Case, On, timed};

const TEXT: &str = "what everybody hears";

/// Receivers, and broadcasts in one run.
const SIZES: [(usize, u64); 2] = [(10, 20_000), (1000, 200)];

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for on in On::BOTH {
        for (receivers, count) in SIZES {
            cases.push(Case::new(
                &format!("broadcast to {receivers}"),
                on,
                count,
                move |count| by_hand(receivers, count),
                move |count| ours(receivers, count),
            ));
        }
    }
    cases
}

async fn by_hand(receivers: usize, count: u64) -> Duration {
    let clients: Vec<Client> = (0..receivers).map(|_| Client::spawn()).collect();
    timed(async {
        for _ in 0..count {
            let text = TEXT.to_owned();
            let news = Arc::new(actor::News { text });
            for client in &clients {
                client.send(Message::News(news.clone())).await;
            }
        }
        for client in &clients {
            assert_eq!(client.sum().await, expected(count));
        }
    })
    .await
}

async fn ours(receivers: usize, count: u64) -> Duration {
    let (system, first) = start().await;
    let mut sinks = vec![first];
    while sinks.len() < receivers {
        sinks.push(add_to(&system).await);
    }
    timed(async {
        for _ in 0..count {
            let text = TEXT.to_owned();
            system.on("sink").fire(component::News { text }).await;
        }
        for sink in &sinks {
            assert_eq!(sum(&system, sink).await, expected(count));
        }
    })
    .await
}

fn expected(count: u64) -> u64 {
    count * TEXT.len() as u64
}

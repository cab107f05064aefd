//! Actors in a ring: each passes on what it gets, until it has gone so many hops.
//! Two of them play ping-pong; a thousand wake one another, one at a time.
//!
//! Ours by address only: a ring that knows its neighbors has no use for channels.

mod actix;
mod by_hand;
mod kameo;
mod ours;
mod ractor;
mod xtra;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::case::{Case, Theme};
use crate::harness::{On, timed};
use crate::peers::{Actix, ByAddress, ByHand, Kameo, Peer, Ractor, Xtra};

/// Actors, what that is called, and hops in one run.
const SIZES: [(usize, &str, u64); 2] = [
    (2, "a hop between two", 40_000),
    (1_000, "a hop in a ring of 1,000", 20_000),
];

/// Tells that the last hop is done.
type Done = Arc<Notify>;

/// A peer that can build a ring.
trait Ring: Peer {
    type Relay: Send + Sync;

    /// Starts a ring and returns one of it.
    fn ring(&self, size: usize, done: Done) -> impl Future<Output = Self::Relay> + Send;

    /// Tells one to pass it on so many times.
    fn pass(&self, relay: &Self::Relay, hops: u64) -> impl Future<Output = ()> + Send;
}

pub(crate) fn cases(on: On) -> Vec<Case> {
    let case = |(size, name, count)| {
        Case::new(Theme::Asking, name, on, count)
            .side(move |peer, hops| run::<ByHand>(peer, size, hops))
            .side(move |peer, hops| run::<ByAddress>(peer, size, hops))
            .side(move |peer, hops| run::<Kameo>(peer, size, hops))
            .side(move |peer, hops| run::<Ractor>(peer, size, hops))
            .side(move |peer, hops| run::<Actix>(peer, size, hops))
            .side(move |peer, hops| run::<Xtra>(peer, size, hops))
    };
    SIZES.into_iter().map(case).collect()
}

async fn run<P: Ring>(peer: P, size: usize, hops: u64) -> Duration {
    let done = Done::default();
    let relay = peer.ring(size, done.clone()).await;
    // Once around, so that all have started.
    peer.pass(&relay, size as u64).await;
    done.notified().await;
    timed(async {
        peer.pass(&relay, hops).await;
        done.notified().await;
    })
    .await
}

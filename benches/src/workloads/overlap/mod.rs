//! A handler that awaits while the actor goes on with others: sixteen calls at
//! a time, each of which gives way once.
//!
//! Ours is a `&self` handler. By hand, on kameo and on ractor the actor shares its
//! state with a task for each call, as their documents show. actix has
//! `ResponseFuture`. xtra has nothing of the kind: a handler holds the actor until it
//! is done.

mod actix;
mod by_hand;
mod kameo;
mod ours;
mod ractor;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;

use crate::case::{Case, Theme};
use crate::harness::{On, timed};
use crate::peers::{Actix, ByChannel, ByHand, Kameo, Peer, Ractor};

const AT_A_TIME: u64 = 16;
const COUNT: u64 = AT_A_TIME * 4_000;

/// A peer whose handlers can overlap.
trait Overlap: Peer {
    type Reader: Send + Sync;

    /// Starts an actor.
    fn reader(&self, shelf: Arc<Library>) -> impl Future<Output = Self::Reader> + Send;

    /// Asks it to look something up.
    fn look(&self, reader: &Self::Reader, number: u64) -> impl Future<Output = u64> + Send;
}

/// What the actor has, which its handlers only read.
#[derive(Default)]
struct Library {
    reading: AtomicU64,
    most: AtomicU64,
}

impl Library {
    async fn look(&self, number: u64) -> u64 {
        let reading = self.reading.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(reading, Ordering::Relaxed);
        tokio::task::yield_now().await;
        self.reading.fetch_sub(1, Ordering::Relaxed);
        number * 2
    }
}

pub(crate) fn cases(on: On) -> Vec<Case> {
    let case = Case::new(Theme::Asking, "call, 16 overlap", on, COUNT);
    let case = case.side(run::<ByHand>).side(run::<ByChannel>);
    let case = case.side(run::<Kameo>).side(run::<Ractor>);
    vec![case.side(run::<Actix>)]
}

async fn run<P: Overlap>(peer: P, count: u64) -> Duration {
    let shelf = Arc::new(Library::default());
    let reader = peer.reader(shelf.clone()).await;
    let time = timed(async {
        for round in 0..count / AT_A_TIME {
            let numbers = round * AT_A_TIME..(round + 1) * AT_A_TIME;
            let looks = numbers.clone().map(|number| peer.look(&reader, number));
            let answers = join_all(looks).await;
            assert!(answers.into_iter().eq(numbers.map(|number| number * 2)));
        }
    })
    .await;
    assert!(shelf.most.load(Ordering::Relaxed) > 1, "handlers overlap");
    time
}

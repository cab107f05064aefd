//! An actor fails, is started again, and answers a call: so many times.
//!
//! Ours keeps address and mailbox over a restart, so that the call simply waits.
//! kameo's keeps its address, and refuses what is asked while it is between two lives,
//! so that the call is made again. By hand a loop spawns the actor again when its `JoinHandle` tells of a
//! panic, and the mailbox is shared by all lives. ractor's supervisor starts another
//! actor, whose address one must ask for; a question that comes too early is asked again.
//! A panic ends an arbiter of actix, with all actors on it; xtra has no supervisors.

mod by_hand;
mod kameo;
mod ours;
mod ractor;

use std::future::Future;
use std::time::Duration;

use crate::case::{Case, Theme};
use crate::harness::{On, be_quiet_about, timed};
use crate::peers::{ByAddress, ByHand, Kameo, Peer, Ractor};

const COUNT: u64 = 2_000;
const PANIC: &str = "it fails as it was told";

/// A peer that starts actors again.
trait Restart: Peer {
    type Child: Send + Sync;

    /// Starts an actor that is supervised, with no limit that would be reached.
    fn child(&self) -> impl Future<Output = Self::Child> + Send;

    /// Tells it to fail; then asks its next life for the number of failures before
    /// that life, which only the next one can know.
    fn fail(&self, child: &Self::Child) -> impl Future<Output = u64> + Send;
}

pub(crate) fn cases(on: On) -> Vec<Case> {
    be_quiet_about(PANIC);
    let case = Case::new(Theme::Living, "fail and restart", on, COUNT);
    let case = case.side(run::<ByHand>).side(run::<ByAddress>);
    vec![case.side(run::<Kameo>).side(run::<Ractor>)]
}

async fn run<P: Restart>(peer: P, count: u64) -> Duration {
    let child = peer.child().await;
    timed(async {
        for failures in 1..=count {
            assert_eq!(peer.fail(&child).await, failures);
        }
    })
    .await
}

//! A tree of actors, ten below each, is grown from the root; each leaf tells its
//! number to its parent, each node the sum of its children, and then ends.
//!
//! Every leaf is an actor with a mailbox. Ours are supervised: a parent awaits the
//! start of each child. The operation is one leaf.

mod actix;
mod by_hand;
mod kameo;
mod ours;
mod ractor;
mod xtra;

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::case::{Case, Theme};
use crate::harness::{On, timed};
use crate::peers::{Actix, ByAddress, ByHand, Kameo, Peer, Ractor, Xtra};

const CHILDREN: u64 = 10;

/// Where the sum of the root goes.
type Done = oneshot::Sender<u64>;

/// A peer that can grow such a tree.
trait Skynet: Peer {
    /// Starts the root and tells it to grow.
    fn root(&self, part: Part, done: Done) -> impl Future<Output = ()> + Send;
}

/// The leaves below one node: `first`, `first + 1`, and so on.
#[derive(Clone, Copy, Debug)]
struct Part {
    first: u64,
    leaves: u64,
}

impl Part {
    /// Returns the parts of the children, or nothing if this is a leaf.
    fn children(self) -> impl ExactSizeIterator<Item = Self> + Send {
        let leaves = self.leaves / CHILDREN;
        let children = if leaves == 0 { 0 } else { CHILDREN as u32 };
        (0..children).map(move |at| Self {
            first: self.first + u64::from(at) * leaves,
            leaves,
        })
    }
}

/// What a node has heard from its children.
#[derive(Debug, Default)]
struct Heard {
    children: u64,
    sum: u64,
}

impl Heard {
    /// Adds what one child says; returns the sum once all have said theirs.
    fn add(&mut self, sum: u64) -> Option<u64> {
        self.children += 1;
        self.sum += sum;
        (self.children == CHILDREN).then_some(self.sum)
    }
}

/// Leaves are rounded down to a power of ten.
pub(crate) fn cases(on: On, leaves: u64) -> Vec<Case> {
    let leaves = CHILDREN.pow(leaves.max(CHILDREN).ilog10());
    let name = format!("skynet, one of {leaves} leaves");
    let case = Case::new(Theme::Living, &name, on, leaves).at_most(3);
    let case = case.side(run::<ByHand>).side(run::<ByAddress>);
    let case = case.side(run::<Kameo>).side(run::<Ractor>);
    vec![case.side(run::<Actix>).side(run::<Xtra>)]
}

async fn run<P: Skynet>(peer: P, leaves: u64) -> Duration {
    timed(async {
        let (done, sum) = oneshot::channel();
        peer.root(Part { first: 0, leaves }, done).await;
        let sum = sum.await.expect("the root is done");
        assert_eq!(sum, (0..leaves).sum());
    })
    .await
}

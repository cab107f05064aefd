//! Who is measured: one small actor, written six times.
//!
//! All have a mailbox of one size, [`CAPACITY`], where they let one choose: it is
//! what a component has unless it says otherwise, and at least what the others
//! have. ractor's mailboxes have no bound. actix has a bound, but its `do_send`,
//! which its guide uses to tell, passes over it: there is nothing in it that waits
//! for room and not for the answer. So senders to these two never wait. The other
//! settings are the defaults, without tracing and metrics.

mod actix;
mod by_hand;
mod kameo;
mod ours;
mod ractor;
mod xtra;

use std::future::Future;

pub(crate) use self::actix::Actix;
pub(crate) use self::by_hand::ByHand;
pub(crate) use self::kameo::Kameo;
pub(crate) use self::ours::{ByAddress, ByChannel, Double, Sink, add_to};
pub(crate) use self::ractor::Ractor;
pub(crate) use self::xtra::Xtra;
use crate::harness::On;

/// How many messages wait in a mailbox before their senders do.
pub(crate) const CAPACITY: usize = 1024;

/// What everybody hears; of a size that nobody would copy for each receiver.
pub(crate) type Payload = [u8; 256];

/// A way to write actors: what the workloads need of it.
///
/// Clones share what was begun; it ends with the last of them.
pub(crate) trait Peer: Clone + Send + Sync + 'static {
    /// What the tables call it.
    const NAME: &'static str;

    /// Reaches an actor that adds up.
    type Sink: Clone + Send + Sync + 'static;

    /// Begins, on the runtime that it is called on.
    fn begin(on: On) -> Self;

    /// Starts an actor.
    fn sink(&self) -> impl Future<Output = Self::Sink> + Send;

    /// Tells it to add a number; waits for room.
    fn add(&self, sink: &Self::Sink, amount: u64) -> impl Future<Output = ()> + Send;

    /// The same, where the handler is an async function that changes the state.
    fn add_async(&self, sink: &Self::Sink, amount: u64) -> impl Future<Output = ()> + Send;

    /// Asks for twice a number.
    fn double(&self, sink: &Self::Sink, number: u64) -> impl Future<Output = u64> + Send;

    /// Asks for the sum of all that came before.
    fn sum(&self, sink: &Self::Sink) -> impl Future<Output = u64> + Send;

    /// Tells all of them the same thing, of which each adds the first byte.
    fn publish(&self, sinks: &[Self::Sink], payload: Payload) -> impl Future<Output = ()> + Send;

    /// Starts an actor with room for everything, tells it to add 1 so many times,
    /// never waiting, and asks for the sum.
    fn flood(&self, count: u64) -> impl Future<Output = u64> + Send;

    /// Runs work on a runtime of its own.
    fn run<F>(on: On, work: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        on.run(work)
    }
}

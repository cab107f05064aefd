//! The port upward: what components ask of the one who supervises.
//!
//! This room owns the port and knows nobody behind it; the supervisor serves the
//! orders of an [`Inbox`], and never waits for a child before it goes on.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::core::component::{Body, Command, Inbox, Options, Phases, Question, Spec, StartError};
use crate::core::event::End;
use crate::core::route::Hub;
use crate::core::runtime::{self, Instant};

/// Something asked of, or reported to, a supervisor.
pub(crate) enum Order {
    /// Add a child and start it.
    Start {
        birth: Arc<dyn Birth>,
        spec: Spec,
        reply: oneshot::Sender<Result<(), StartError>>,
    },
    /// A life has started, or failed to.
    Ready { body: Arc<dyn Body>, life: u64 },
    /// A life has ended.
    Ended {
        body: Arc<dyn Body>,
        life: u64,
        end: End,
    },
    /// End a child for good; its descendants go first.
    Terminate {
        body: Arc<dyn Body>,
        how: Command,
        reply: oneshot::Sender<()>,
    },
    /// Hand a child over to another supervisor.
    Move {
        body: Arc<dyn Body>,
        to: Arc<Inbox>,
        reply: oneshot::Sender<Result<(), StartError>>,
    },
    /// Take over a child that runs.
    Adopt {
        child: Adopted,
        reply: Option<oneshot::Sender<Result<(), StartError>>>,
    },
    /// Answer, or do to one child what is asked.
    Ask(Question),
    /// End all children, last started first, and then the supervisor.
    Shutdown {
        how: Command,
        reply: Option<oneshot::Sender<()>>,
    },
}

impl Order {
    /// Tells whether it needs a permit while it waits.
    pub(crate) fn is_request(&self) -> bool {
        matches!(self, Self::Start { .. } | Self::Move { .. } | Self::Ask(_))
    }
}

/// A child on its way from one supervisor to another.
pub(crate) struct Adopted {
    pub(crate) birth: Arc<dyn Birth>,
    pub(crate) spec: Spec,
    pub(crate) from: Arc<Inbox>,
}

impl Adopted {
    /// Returns the child to where it came from, and says why. Where nobody is
    /// left there either, it ends: nobody would ever end it otherwise.
    pub(crate) fn send_back(
        self,
        reply: Option<oneshot::Sender<Result<(), StartError>>>,
        error: StartError,
    ) {
        let body = self.birth.body();
        let from = self.from.clone();
        body.set_parent(from.clone());
        let order = Order::Adopt {
            child: self,
            reply: None,
        };
        if from.post(order).is_some() {
            body.control().tell(Command::Kill);
            body.retire();
        }
        if let Some(reply) = reply {
            let _ = reply.send(Err(error));
        }
    }
}

/// What makes the lives of one component.
pub(crate) trait Birth: Send + Sync {
    fn body(&self) -> Arc<dyn Body>;
    /// Begins a life; `false` where it cannot, for want of a runtime or a value.
    fn begin(self: Arc<Self>, life: u64) -> bool;
    /// Tells whether another life can be made.
    fn is_repeatable(&self) -> bool;
}

/// Serves the orders of one inbox, one after the other.
pub(crate) trait Serve: Send {
    /// Does what an order says, and what follows from it.
    fn serve(&mut self, order: Order);
    /// Does what is due by now.
    fn expire(&mut self);
    /// Returns when to look for what is due; `None` for never.
    fn next_deadline(&self) -> Option<Instant>;
    /// Tells whether all has ended for good. Dropping it closes the inbox.
    fn is_over(&self) -> bool;
}

/// Opens inboxes: what the supervisor's room lends to this one.
pub(crate) trait Nursery: Send + Sync {
    /// Makes a supervisor for the children of a component.
    fn open(&self, hub: &Arc<Hub>, owner: Arc<dyn Body>, options: Options) -> Arc<Inbox>;
    /// Makes sure that the root of the tree is served, once a runtime runs.
    fn serve(&self, hub: &Arc<Hub>, root: &Arc<Inbox>);
    /// Returns where the root of the tree is asked.
    fn root(&self) -> Arc<Inbox>;
    /// Returns how the whole system ends in order.
    fn phases(&self) -> Arc<dyn Phases>;
}

/// Drops what holds a user's value or factory, whose drop may panic.
pub(crate) fn discard<T>(value: T, what: &str) {
    if let Err(panic) = runtime::guard(move || drop(value)) {
        tracing::error!(target: "circuits", "{what} {panic} while it was dropped");
    }
}

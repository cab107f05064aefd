//! Children on their way from one supervisor to another, while they run.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::core::component::{Adopted, Body, Inbox, Order, StartError};
use crate::core::supervisor::child::{Child, Phase, Then};
use crate::core::supervisor::serve::Overseer;

type Moved = oneshot::Sender<Result<(), StartError>>;

impl Overseer {
    /// Sends a child to another supervisor, which answers.
    pub(crate) fn hand_over(&mut self, body: &Arc<dyn Body>, to: Arc<Inbox>, reply: Moved) {
        let place = self.children.place(&**body);
        let running = place.filter(|place| {
            let child = self.children.get(*place);
            child.is_some_and(|child| matches!(child.phase, Phase::Running))
        });
        let Some(place) = running else {
            let _ = reply.send(Err(StartError::Stopped));
            return;
        };
        // Before the walk: of two that move below each other, at least one sees
        // the other's new parent, so that no ring comes off the tree. And before
        // it arrives there, so that nobody looks for it here any more.
        body.set_parent(to.clone());
        if is_below(&to, body) {
            body.set_parent(self.inbox.clone());
            let _ = reply.send(Err(StartError::OwnDescendant));
            return;
        }
        let Some(child) = self.children.remove(place) else {
            return;
        };
        let child = Adopted {
            birth: child.birth,
            spec: child.spec,
            from: self.inbox.clone(),
        };
        let order = Order::Adopt {
            child,
            reply: Some(reply),
        };
        if let Some(Order::Adopt { child, reply }) = to.post(order) {
            self.adopt(child, None);
            if let Some(reply) = reply {
                let _ = reply.send(Err(StartError::Stopped));
            }
        }
    }

    /// Takes over a child that runs. One that comes back is always taken.
    pub(crate) fn adopt(&mut self, child: Adopted, reply: Option<Moved>) {
        let body = child.birth.body();
        if reply.is_some()
            && let Err(error) = self.check_start(&body, &child.spec)
        {
            return child.send_back(reply, error);
        }
        body.set_parent(self.inbox.clone());
        let mut adopted = Child::new(child.birth, child.spec);
        adopted.life = body.life();
        adopted.phase = Phase::Running;
        let place = self.children.add(adopted);
        if let Some(reply) = reply {
            body.announce();
            let _ = reply.send(Ok(()));
        }
        if let Some(how) = self.shutdown.as_ref().map(|shutdown| shutdown.how) {
            // It came back after all others were told, perhaps.
            self.terminate(place, how, Then::Leave, None);
        }
    }
}

/// Tells whether an inbox is that of a component, or of one below it.
fn is_below(inbox: &Arc<Inbox>, body: &Arc<dyn Body>) -> bool {
    let mut above = inbox.owner_body().cloned();
    while let Some(owner) = above {
        if owner.id() == body.id() {
            return true;
        }
        above = owner.parent().owner_body().cloned();
    }
    false
}

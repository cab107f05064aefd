//! Where an event comes from: a handler of a component, or outside of all.

use std::sync::Arc;

use tracing::Span;

use crate::core::component::Body;
use crate::core::component::flow::{Published, RoomWait};
use crate::core::event::{Event, Who};
use crate::core::id::Channels;
use crate::core::mailbox::Room;
use crate::core::reply::{Ask, Awaiter, Blocker, Cause, Deadlock, Notes, Party, Run, Stamp, Wait};
use crate::core::route::{Dispatch, Hub, Rooms};
use crate::core::tap::{FiringId, Member, Source, Start, Trace};

/// A handler that runs, as far as sending goes.
pub(crate) trait Scope: Send + Sync {
    fn party(&self) -> Arc<dyn Party>;
    fn handler(&self) -> &'static str;
    fn run(&self) -> Run;
    fn cause(&self) -> Option<Arc<Cause>>;
    fn member(&self) -> Member;
    /// The firing that is handled, where somebody listens in.
    fn firing(&self) -> Option<FiringId>;
    fn owe(&self, rooms: Rooms);
    fn body(&self) -> &dyn Body;
}

/// A timer or a task of a component, as far as sending goes.
pub(crate) struct Errand<'a> {
    pub(crate) owner: &'a dyn Body,
    /// Marks what only the life may handle that asked for it.
    pub(crate) stamp: Option<&'a Arc<Stamp>>,
}

/// The sender of an event.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) hub: &'a Arc<Hub>,
    pub(crate) scope: Option<&'a dyn Scope>,
    /// The channel of events that name none.
    pub(crate) channel: &'a str,
    /// What sends it, where that is a component but none of its handlers.
    pub(crate) errand: Option<&'a Errand<'a>>,
}

impl Sender<'_> {
    /// Tells whether nothing goes along with what is sent.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.errand.is_none_or(|errand| errand.stamp.is_none())
            && self.scope.is_none_or(|scope| scope.cause().is_none())
    }

    /// Says which component it is, for those who ask.
    pub(crate) fn who(&self) -> Option<Arc<Who>> {
        let errand = self.errand.map(|errand| errand.owner);
        let body = self.scope.map(Scope::body).or(errand)?;
        let (component, name) = (body.id(), body.name().clone());
        Some(Arc::new(Who { component, name }))
    }

    pub(crate) fn notes(&self, priority: i32) -> Notes {
        let cause = self.scope.and_then(Scope::cause);
        Notes {
            channels: Channels::None,
            sender: None,
            cause,
            stamp: self.errand.and_then(|errand| errand.stamp).cloned(),
            trace: None,
            priority,
            owed: false,
        }
    }

    /// Begins the trace of what is sent, if somebody listens in.
    #[inline]
    pub(crate) fn trace<E: Event>(
        &self,
        channels: &[&str],
        target: Option<&dyn Body>,
        dispatch: &Dispatch<E>,
    ) -> Option<Arc<Trace>> {
        if !self.hub.is_watched() {
            return None;
        }
        Some(self.begin_trace(channels, target, dispatch))
    }

    #[cold]
    fn begin_trace<E: Event>(
        &self,
        channels: &[&str],
        target: Option<&dyn Body>,
        dispatch: &Dispatch<E>,
    ) -> Arc<Trace> {
        let start = Start {
            cause: self.scope.and_then(Scope::firing),
            sender: self.source(),
            channels,
            target: target.map(Body::member),
            // Timers start causes of their own.
            span: self.errand.map_or_else(Span::current, |_| Span::none()),
            awaited: dispatch.ask != Ask::Nothing || dispatch.caller.is_some(),
        };
        Trace::new::<E>(&self.hub.taps, start)
    }

    fn source(&self) -> Source {
        match (self.scope, self.errand) {
            (Some(scope), _) => Source::Handler {
                component: scope.member(),
                handler: scope.handler(),
            },
            (None, Some(errand)) => Source::Timer(errand.owner.member()),
            (None, None) => Source::Outside,
        }
    }

    /// Publishes that the handler waits for something.
    pub(crate) fn publish(&self, wait: Arc<dyn Wait>) -> Option<Published> {
        let scope = self.scope?;
        Some(Published::new(
            scope.party(),
            scope.handler(),
            scope.run(),
            wait,
        ))
    }

    /// Says who waits, if that is a handler that runs alone.
    pub(crate) fn awaiter(&self) -> Option<Awaiter> {
        let scope = self.scope.filter(|scope| !scope.run().is_reader())?;
        Some(Awaiter {
            component: scope.party().id(),
            handler: scope.handler(),
        })
    }

    /// Begins to wait for room.
    pub(crate) fn await_room(
        &self,
        room: &Arc<dyn Room>,
    ) -> Option<(Arc<RoomWait>, Option<Published>)> {
        let itself = self
            .scope
            .is_some_and(|scope| scope.party().id() == room.id());
        if itself && self.scope.is_some_and(|scope| !scope.run().is_reader()) {
            // An exclusive handler is the one who would have to make room.
            return None;
        }
        let wait = RoomWait::new(room.clone(), self.hub);
        let published = self.publish(wait.clone());
        Some((wait, published))
    }
}

/// A handler waits for a child to start.
pub(crate) struct StartWait {
    child: Arc<dyn Body>,
}

impl StartWait {
    pub(crate) fn publish(scope: &dyn Scope, child: Arc<dyn Body>) -> Published {
        let wait = Arc::new(Self { child });
        Published::new(scope.party(), scope.handler(), scope.run(), wait)
    }
}

impl Wait for StartWait {
    fn blockers(&self, show: &mut dyn FnMut(Blocker)) {
        // What the child does after its start is not waited for.
        if !self.child.has_started() {
            show(Blocker::whole(self.child.clone()));
        }
    }

    fn is_yielding(&self) -> bool {
        false
    }

    /// A child that has just been made waits for nobody yet, so this edge
    /// never closes a ring; whoever does gets the error.
    fn break_off(&self, _deadlock: Deadlock) {}
}

//! How a component enters the routes, and how it leaves them.
//!
//! Nearly all handlers hear events by their type on the component's own channel.
//! Which these are is the same for all components of a type, so these enter the
//! roster of the type, once for all of those handlers. Each of the others enters
//! by itself; and so does each handler of a component that shall not hear them all.

use std::any::TypeId;
use std::sync::Arc;

use crate::core::component::handler::Entry;
use crate::core::component::{Body, Cell, Component};
use crate::core::reply::Party;
use crate::core::route::{Roster, Router};

impl<C: Component> Cell<C> {
    /// Puts the handlers into the routes.
    pub(crate) fn enter_routes(self: &Arc<Self>) {
        let except = self.except();
        if except.is_empty() {
            let router = &self.hub().router;
            let roster = roster::<C>(router);
            if roster.is_of_use() {
                router.enter(roster, self.channel(), self.id(), self.clone());
            }
            for number in roster.apart() {
                C::HANDLERS[usize::from(*number)].subscribe(*number, self);
            }
            return;
        }
        for (handler, number) in C::HANDLERS.iter().zip(0_u16..) {
            if !handler.is_among(except) {
                handler.subscribe(number, self);
            }
        }
    }

    /// Takes the handlers out of the routes.
    pub(crate) fn leave_routes(&self) {
        if self.except().is_empty() {
            let router = &self.hub().router;
            let roster = roster::<C>(router);
            if roster.is_of_use() {
                router.leave(roster, self.channel(), self.id());
            }
            for number in roster.apart() {
                C::HANDLERS[usize::from(*number)].unsubscribe(*number, self);
            }
            return;
        }
        for (handler, number) in C::HANDLERS.iter().zip(0_u16..) {
            handler.unsubscribe(number, self);
        }
    }
}

#[inline]
fn roster<C: Component>(router: &Router) -> &Arc<Roster> {
    router.roster(TypeId::of::<C>(), || make_roster::<C>(router))
}

#[cold]
fn make_roster<C: Component>(router: &Router) -> Arc<Roster> {
    let (mut events, mut apart) = (Vec::new(), Vec::new());
    for (handler, number) in C::HANDLERS.iter().zip(0_u16..) {
        match handler.entry() {
            Entry::Together(event) if !events.contains(&event) => events.push(event),
            Entry::Apart => apart.push(number),
            Entry::Together(_) | Entry::Never => {}
        }
    }
    let roster = Arc::new(Roster::new(events, apart));
    for (handler, number) in C::HANDLERS.iter().zip(0_u16..) {
        if let Entry::Together(_) = handler.entry() {
            handler.list(number, router, &roster);
        }
    }
    roster
}

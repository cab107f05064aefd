//! The two ways to reach handlers: by channel, and by address.

use std::sync::Arc;

use crate::core::component::{Cell, Component, Handles, Origin};
use crate::core::event::{Event, Slot};
use crate::core::id::ChannelError;
use crate::core::reply::{Delivery, Envelope, Ticket};
use crate::core::route::{Accepted, Dispatch, Hop, Rooms, Route, Sent, To, send_to_one};

/// A way to reach the handlers of an event.
///
/// Sealed: [`OnChannel`] and [`ToComponent`].
#[expect(
    private_bounds,
    reason = "sealed: how events are routed is no concern of users"
)]
pub trait Reach<E: Event>: Routed<E> {}

pub(crate) trait Routed<E: Event>: Send {
    fn send(
        &self,
        origin: &Origin<'_>,
        event: E,
        dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)>;
}

/// Reaches every handler that listens on a channel.
#[derive(Clone, Copy, Debug)]
pub struct OnChannel<'a> {
    pub(crate) channel: &'a str,
}

impl<E: Event> Reach<E> for OnChannel<'_> {}

impl<E: Event> Routed<E> for OnChannel<'_> {
    fn send(
        &self,
        origin: &Origin<'_>,
        event: E,
        dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        origin.hub.send(self.channel, event, dispatch)
    }
}

/// Reaches the handlers of one component.
#[derive(Debug)]
pub struct ToComponent<'a, C: Component> {
    pub(crate) cell: &'a Arc<Cell<C>>,
}

impl<C: Component> Clone for ToComponent<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Component> Copy for ToComponent<'_, C> {}

impl<C: Handles<E>, E: Event> Reach<E> for ToComponent<'_, C> {}

impl<C: Handles<E>, E: Event> Routed<E> for ToComponent<'_, C> {
    fn send(
        &self,
        origin: &Origin<'_>,
        event: E,
        dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        let cell = self.cell;
        let Some(handler) = (const { only_handler::<C, E>() }) else {
            let hops = <C as Component>::HANDLERS.iter().zip(0_u16..);
            let hops = hops
                .filter(|(handler, _)| handler.hears::<E>())
                .map(|(handler, number)| handler.hop(number, cell))
                .collect();
            let route = Arc::new(Route::new(hops));
            return Ok(origin.hub.send_along(&route, event, dispatch));
        };
        if const { !E::FEEDBACK.any() } && dispatch.is_plain() {
            let ticket: Ticket<Delivery<E>> = Ticket::plain(dispatch.notes.priority);
            let priority = dispatch.notes.priority;
            let envelope = Envelope::new(E::Slot::owned(event), ticket);
            let rooms = match cell.push(C::wrap(handler, envelope), priority) {
                Accepted::Crowded => Rooms::One(cell.clone()),
                Accepted::Room | Accepted::Refused => Rooms::None,
            };
            return Ok(Sent {
                heard: true,
                rooms,
                delivery: None,
            });
        }
        let hop = Hop {
            to: To::Typed(cell.clone()),
            handler,
        };
        if const { !E::FEEDBACK.any() } {
            return Ok(send_to_one(&hop, event, dispatch));
        }
        let route = Arc::new(Route::new(vec![(0.0, hop)]));
        Ok(origin.hub.send_along(&route, event, dispatch))
    }
}

/// Returns the one handler that hears the event, if it is the only one.
const fn only_handler<C: Handles<E>, E: Event>() -> Option<u16> {
    let typed = <C as Handles<E>>::HANDLERS;
    if typed.len() != 1 {
        return None;
    }
    let all = <C as Component>::HANDLERS;
    let mut at = 0;
    while at < all.len() {
        if all[at].hears_untyped(E::NAME) {
            return None;
        }
        at += 1;
    }
    Some(typed[0])
}

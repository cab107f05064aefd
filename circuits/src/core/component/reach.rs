//! The ways to reach handlers: by channel, by several at once, by address, and by an
//! offer to an address.

use std::fmt;
use std::sync::Arc;
use std::task::Context as Task;

use crate::core::component::incarnation::{Missed, send_to};
use crate::core::component::recipient::OneLife;
use crate::core::component::{Body, Cell, Component, Handles, Sender};
use crate::core::event::{Event, Slot};
use crate::core::id::ChannelError;
use crate::core::reply::{Envelope, Party, ReplySlot, Ticket};
use crate::core::route::{Accepted, Dispatch, Hop, Rooms, Route, Sent, Terms, To, send_to_one};
use crate::core::tap::Trace;

/// A way to reach the handlers of an event.
///
/// Sealed: [`OnChannel`], [`OnChannels`], [`ToComponent`] and [`Offered`].
#[expect(
    private_bounds,
    reason = "sealed: how events are routed is no concern of users"
)]
pub trait Reach<E: Event>: Routed<E> {}

pub(crate) trait Routed<E: Event>: Send {
    /// Sends an event that nobody asks anything about, where that needs no
    /// record; else gives it back.
    fn send_plain(&self, sender: &Sender<'_>, event: E, terms: Terms) -> Result<Rooms, E>;

    /// Calls the only handler, where nobody asks anything else about the event;
    /// else gives it back.
    fn call_plain(
        &self,
        sender: &Sender<'_>,
        event: E,
        priority: i32,
        task: &Task<'_>,
    ) -> Result<Arc<ReplySlot<E::Reply>>, E> {
        let _ = (sender, priority, task);
        Err(event)
    }

    fn send(
        &self,
        sender: &Sender<'_>,
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
    fn send_plain(&self, sender: &Sender<'_>, event: E, terms: Terms) -> Result<Rooms, E> {
        sender.hub.router.send_plain(self.channel, event, terms)
    }

    fn call_plain(
        &self,
        sender: &Sender<'_>,
        event: E,
        priority: i32,
        task: &Task<'_>,
    ) -> Result<Arc<ReplySlot<E::Reply>>, E> {
        let router = &sender.hub.router;
        router.call_plain(self.channel, event, priority, sender.scope.is_some(), task)
    }

    fn send(
        &self,
        sender: &Sender<'_>,
        event: E,
        mut dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        dispatch.notes.trace = sender.trace(&[self.channel], None, &dispatch);
        let who = || sender.who();
        sender.hub.send(self.channel, event, dispatch, who)
    }
}

/// Reaches every handler that listens on any of several channels, once.
#[derive(Clone, Copy, Debug)]
pub struct OnChannels<'a> {
    pub(crate) channels: &'a [&'a str],
}

impl<E: Event> Reach<E> for OnChannels<'_> {}

impl<E: Event> Routed<E> for OnChannels<'_> {
    fn send_plain(&self, sender: &Sender<'_>, event: E, terms: Terms) -> Result<Rooms, E> {
        match self.channels {
            [channel] => sender.hub.router.send_plain(channel, event, terms),
            _ => Err(event),
        }
    }

    fn send(
        &self,
        sender: &Sender<'_>,
        event: E,
        mut dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        dispatch.notes.trace = sender.trace(self.channels, None, &dispatch);
        let who = || sender.who();
        sender.hub.send_on_all(self.channels, event, dispatch, who)
    }
}

/// Reaches the handlers of one component, or of one life of it.
#[derive(Debug)]
pub struct ToComponent<'a, C: Component> {
    pub(crate) cell: &'a Arc<Cell<C>>,
    pub(crate) one_life: OneLife,
}

impl<C: Component> Clone for ToComponent<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Component> Copy for ToComponent<'_, C> {}

impl<C: Handles<E>, E: Event> Reach<E> for ToComponent<'_, C> {}

impl<C: Handles<E>, E: Event> Routed<E> for ToComponent<'_, C> {
    #[inline]
    fn send_plain(&self, _sender: &Sender<'_>, event: E, terms: Terms) -> Result<Rooms, E> {
        let Some(handler) = self.plain_handler(&event) else {
            return Err(event);
        };
        let priority = terms.priority;
        let envelope = Envelope::new(E::Slot::owned(event), Ticket::plain(priority));
        Ok(
            match self.cell.push_inline(C::wrap(handler, envelope), priority) {
                Accepted::Crowded if terms.waits => Rooms::one(self.cell.clone()),
                _ => Rooms::NONE,
            },
        )
    }

    #[inline]
    fn call_plain(
        &self,
        sender: &Sender<'_>,
        event: E,
        priority: i32,
        task: &Task<'_>,
    ) -> Result<Arc<ReplySlot<E::Reply>>, E> {
        let Some(handler) = self.plain_handler(&event) else {
            return Err(event);
        };
        let receiver: Option<Arc<dyn Party>> = match sender.scope {
            Some(_) => Some(self.cell.clone()),
            None => None,
        };
        let slot = ReplySlot::new(task, receiver);
        let ticket = Ticket::new(slot.clone() as _, 0, priority);
        let envelope = Envelope::new(E::Slot::owned(event), ticket);
        self.cell.push_inline(C::wrap(handler, envelope), priority);
        Ok(slot)
    }

    fn send(
        &self,
        sender: &Sender<'_>,
        event: E,
        mut dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        let cell = self.cell;
        dispatch.notes.trace = sender.trace(&[], Some(&**cell), &dispatch);
        let Some(life) = self.one_life else {
            return Ok(send_now(sender, cell, event, dispatch));
        };
        let send = |missed: Option<Missed<C>>, event, dispatch| match missed {
            None => send_now(sender, cell, event, dispatch),
            Some(missed) => {
                let hop = Hop {
                    to: To::Typed(Arc::new(missed)),
                    handler: <C as Handles<E>>::HANDLERS
                        .first()
                        .copied()
                        .unwrap_or_default(),
                };
                let route = Arc::new(Route::new(vec![(0.0, hop)]));
                sender
                    .hub
                    .send_along(&route, event, dispatch, || sender.who())
            }
        };
        Ok(send_to(cell, life, event, dispatch, send))
    }
}

/// Reaches those handlers of one component that were found to hear the event.
pub struct Offered<'a, E: Event> {
    pub(crate) to: &'a dyn Body,
    pub(crate) route: Arc<Route<E>>,
}

impl<E: Event> Reach<E> for Offered<'_, E> {}

impl<E: Event> Routed<E> for Offered<'_, E> {
    fn send_plain(&self, _sender: &Sender<'_>, event: E, _terms: Terms) -> Result<Rooms, E> {
        Err(event)
    }

    fn send(
        &self,
        sender: &Sender<'_>,
        event: E,
        mut dispatch: Dispatch<E>,
    ) -> Result<Sent<E>, (ChannelError, E)> {
        dispatch.notes.trace = sender.trace(&[], Some(self.to), &dispatch);
        let who = || sender.who();
        Ok(sender.hub.send_along(&self.route, event, dispatch, who))
    }
}

impl<E: Event> fmt::Debug for Offered<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Offered({})", E::NAME)
    }
}

fn send_now<C: Handles<E>, E: Event>(
    sender: &Sender<'_>,
    cell: &Arc<Cell<C>>,
    event: E,
    mut dispatch: Dispatch<E>,
) -> Sent<E> {
    let only = const { only_handler::<C, E>() };
    let Some(handler) = only.filter(|_| event.own_name().is_none()) else {
        let hops = <C as Component>::HANDLERS.iter().zip(0_u16..);
        let hops = hops
            .filter(|(handler, _)| handler.hears(&event))
            .map(|(handler, number)| handler.hop(number, cell))
            .collect();
        let route = Arc::new(Route::new(hops));
        return sender
            .hub
            .send_along(&route, event, dispatch, || sender.who());
    };
    let hop = Hop {
        to: To::Typed(cell.clone()),
        handler,
    };
    if const { !E::FEEDBACK.any() } {
        if const { wants_origin::<C, E>() } {
            dispatch.notes.sender = sender.who();
        }
        if let Some(trace) = &mut dispatch.notes.trace {
            Trace::fired(trace, &event, 1);
        }
        return send_to_one(&hop, event, dispatch);
    }
    let route = Arc::new(Route::new(vec![(0.0, hop)]));
    sender
        .hub
        .send_along(&route, event, dispatch, || sender.who())
}

impl<C: Component> ToComponent<'_, C> {
    /// Returns the only handler of an event, if it needs nothing but the event.
    #[inline]
    fn plain_handler<E: Event>(&self, event: &E) -> Option<u16>
    where
        C: Handles<E>,
    {
        if self.one_life.is_some() || const { wants_origin::<C, E>() } {
            return None;
        }
        let handler = const { only_handler::<C, E>() }?;
        event.own_name().is_none().then_some(handler)
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

/// Tells whether the first handler of the event wants to know where it comes from.
const fn wants_origin<C: Handles<E>, E: Event>() -> bool {
    match <C as Handles<E>>::HANDLERS {
        [] => false,
        [first, ..] => <C as Component>::HANDLERS[*first as usize].wants_origin(),
    }
}

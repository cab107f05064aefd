//! Handlers, as a component lists them.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use crate::core::component::{Body, Cell, Component, HandlerInfo, Handles};
use crate::core::event::{
    AnyEvent, Crashed, Down, Event, Name, PrepareUnregister, Registered, Restarted, Slot, Started,
    Stopped, Unregistered, check_name, same,
};
use crate::core::id::{Channel, Channels};
use crate::core::reply::{AnyEnvelope, Delivery, Envelope, Notice, Party, ReplyTicket, Ticket};
use crate::core::route::{Accept, Enlisted, Hop, Listed, Roster, Router, SubscriptionId, To};

/// Events that a component's own handlers get directly.
const OWN: [(&str, TypeId); 8] = [
    own::<Registered>(),
    own::<Started>(),
    own::<Stopped>(),
    own::<Crashed>(),
    own::<PrepareUnregister>(),
    own::<Unregistered>(),
    own::<Down>(),
    own::<Restarted>(),
];

const fn own<E: Event>() -> (&'static str, TypeId) {
    (E::NAME, TypeId::of::<E>())
}

const fn is_in_own(name: &str) -> bool {
    let mut at = 0;
    while at < OWN.len() {
        if same(OWN[at].0, name) {
            return true;
        }
        at += 1;
    }
    false
}

/// One handler of a component and one event name that it listens for.
pub struct Handler<C: Component> {
    method: &'static str,
    name: &'static str,
    channel: Option<&'static str>,
    priority: f64,
    origin: bool,
    also: bool,
    /// Whether its name is that of an event in [`OWN`].
    may_be_own: bool,
    kind: Kind<C>,
}

enum Kind<C: Component> {
    Event(Typed<C>),
    Notice(fn(Notice) -> C::Message),
    Any(fn(AnyEnvelope) -> C::Message),
}

/// What is done with the event's type, which the list does not know.
struct Typed<C: Component> {
    event: TypeId,
    list: fn(&Router, Arc<Roster>, u16, f64),
    subscribe: fn(&Router, Listener, Box<dyn Any>),
    unsubscribe: fn(&Router, &Channel, SubscriptionId),
    deliver: fn(u16, Own) -> Option<C::Message>,
    /// Makes a boxed `To` of the event's type.
    to: fn(&Arc<Cell<C>>) -> Box<dyn Any>,
}

/// How a handler gets into the routes.
pub(crate) enum Entry {
    /// Not at all: it hears what concerns its component, directly.
    Never,
    /// With all others of the component that are like it, which hear events by
    /// their type on the component's channel.
    Together(TypeId),
    /// By itself.
    Apart,
}

/// An event of the component's own life, and the record of its delivery.
struct Own {
    event: Arc<dyn Any + Send + Sync>,
    record: Option<Arc<dyn Any + Send + Sync>>,
}

struct Listener {
    channel: Channel,
    id: SubscriptionId,
    priority: f64,
}

impl<C: Component> Handler<C> {
    /// Lists a method that takes the event by its type.
    ///
    /// # Panics
    /// The name is not the event's own; in a constant, that is a compile error.
    pub const fn event<E: Event>(method: &'static str, name: &'static str) -> Self
    where
        C: Handles<E>,
    {
        check_name(E::NAME, name);
        let typed = Typed {
            event: TypeId::of::<E>(),
            list: list::<C, E>,
            subscribe: subscribe::<E>,
            unsubscribe: Router::unsubscribe::<E>,
            deliver: deliver::<C, E>,
            to: to::<C, E>,
        };
        Self::new(method, name, Kind::Event(typed))
    }

    /// Lists a method without an event parameter; it hears every event of the name.
    pub const fn named(
        method: &'static str,
        name: &'static str,
        make: fn(Notice) -> C::Message,
    ) -> Self {
        Self::new(method, name, Kind::Notice(make))
    }

    /// Lists a method that takes any event: of one name, or of all with `*`.
    pub const fn any(
        method: &'static str,
        name: &'static str,
        make: fn(AnyEnvelope) -> C::Message,
    ) -> Self {
        Self::new(method, name, Kind::Any(make))
    }

    const fn new(method: &'static str, name: &'static str, kind: Kind<C>) -> Self {
        Self {
            method,
            name,
            channel: None,
            priority: 0.0,
            origin: false,
            also: false,
            may_be_own: is_in_own(name),
            kind,
        }
    }

    /// Listens on this channel instead of the component's.
    #[must_use]
    pub const fn channel(mut self, channel: &'static str) -> Self {
        self.channel = Some(channel);
        self
    }

    /// Runs before handlers of lower priority, in whatever component they are.
    #[must_use]
    pub const fn priority(mut self, priority: f64) -> Self {
        self.priority = priority;
        self
    }

    /// Asks for a record of where its events come from, which
    /// [`Envelope::origin`] tells.
    #[must_use]
    pub const fn origin(mut self) -> Self {
        self.origin = true;
        self
    }

    pub(crate) const fn wants_origin(&self) -> bool {
        self.origin
    }

    /// Hears its event beside the component that this one extends, which hears it
    /// as well; where nothing is extended, it changes nothing. See [`Base`](super::Base).
    #[must_use]
    pub const fn also(mut self) -> Self {
        self.also = true;
        self
    }

    /// Returns the name of the method.
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Returns the name of the event; `*` for every event.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the channel that it listens on, in a component that is on another.
    pub(crate) fn channel_from(&self, own: &Channel) -> Channel {
        // A handler's channel is a checked literal; one written by hand may be wrong.
        let said = self.channel.and_then(|name| Channel::literal(name).ok());
        said.unwrap_or_else(|| own.clone())
    }

    /// Returns its priority.
    pub(crate) const fn order(&self) -> f64 {
        self.priority
    }

    /// Tells whether it hears only what concerns the component itself.
    #[inline]
    pub(crate) fn is_own(&self) -> bool {
        self.may_be_own && self.channel.is_none() && self.hears_own()
    }

    fn hears_own(&self) -> bool {
        let own = |(name, event): &(&str, TypeId)| match &self.kind {
            // An event of the user's may have the same name.
            Kind::Event(typed) => typed.event == *event,
            Kind::Notice(_) | Kind::Any(_) => *name == self.name,
        };
        OWN.iter().any(own)
    }

    /// Returns the name of the event that it hears in the place of a component
    /// which its own extends.
    pub(crate) fn overrides(&self) -> Option<&'static str> {
        let overrides = self.channel.is_none() && !self.also && !self.is_own();
        overrides.then_some(self.name)
    }

    /// Tells whether it hears an event of one of these names on the channel of its
    /// component.
    pub(crate) fn is_among(&self, names: &[String]) -> bool {
        self.channel.is_none() && names.iter().any(|name| name == self.name)
    }

    /// Returns how it gets into the routes with a component that hears all events.
    pub(crate) fn entry(&self) -> Entry {
        match &self.kind {
            _ if self.is_own() => Entry::Never,
            Kind::Event(typed) if self.channel.is_none() => Entry::Together(typed.event),
            _ => Entry::Apart,
        }
    }

    /// Lists it in the table of its event, for all components of the type.
    pub(crate) fn list(&self, number: u16, router: &Router, roster: &Arc<Roster>) {
        if let Kind::Event(typed) = &self.kind {
            (typed.list)(router, roster.clone(), number, self.priority);
        }
    }

    fn listener(&self, number: u16, cell: &Cell<C>) -> Listener {
        Listener {
            channel: self.channel_from(cell.channel()),
            id: SubscriptionId::new(cell.id(), number),
            priority: self.priority,
        }
    }

    /// Puts it into the routes by itself.
    pub(crate) fn subscribe(&self, number: u16, cell: &Arc<Cell<C>>) {
        if self.is_own() {
            return;
        }
        let router = &cell.hub().router;
        let listener = self.listener(number, cell);
        if let Kind::Event(typed) = &self.kind {
            (typed.subscribe)(router, listener, (typed.to)(cell));
            return;
        }
        let Listener {
            channel,
            id,
            priority,
        } = listener;
        if let Kind::Notice(_) = &self.kind {
            router.subscribe_notice(self.name, &channel, id, priority, cell.clone());
        } else {
            router.subscribe_any(self.name, &channel, id, priority, cell.clone());
        }
    }

    pub(crate) fn unsubscribe(&self, number: u16, cell: &Cell<C>) {
        if self.is_own() {
            return;
        }
        let Listener { channel, id, .. } = self.listener(number, cell);
        let router = &cell.hub().router;
        match &self.kind {
            Kind::Event(typed) => (typed.unsubscribe)(router, &channel, id),
            Kind::Notice(_) => router.unsubscribe_notice(self.name, &channel, id),
            Kind::Any(_) => router.unsubscribe_any(self.name, &channel, id),
        }
    }

    /// Wraps an event without its value.
    pub(crate) fn wrap_notice(&self, notice: Notice) -> Option<C::Message> {
        match &self.kind {
            Kind::Notice(make) => Some(make(notice)),
            _ => None,
        }
    }

    /// Wraps an event without its type.
    pub(crate) fn wrap_any(&self, envelope: AnyEnvelope) -> Option<C::Message> {
        match &self.kind {
            Kind::Any(make) => Some(make(envelope)),
            _ => None,
        }
    }

    /// Makes the message for an event of the component's own life.
    pub(crate) fn own_message<E: Event>(
        &self,
        number: u16,
        event: &Arc<E>,
        record: Option<&Arc<Delivery<E>>>,
    ) -> Option<C::Message> {
        if !self.is_own() || self.name != E::NAME {
            return None;
        }
        match &self.kind {
            Kind::Event(typed) => {
                let record = record
                    .cloned()
                    .map(|record| -> Arc<dyn Any + Send + Sync> { record });
                (typed.deliver)(
                    number,
                    Own {
                        event: event.clone(),
                        record,
                    },
                )
            }
            Kind::Notice(make) => Some(make(Notice::new(
                Name::literal(E::NAME),
                ticket(record).erase(),
            ))),
            Kind::Any(make) => {
                let event = AnyEvent::new(event.clone(), Channels::None);
                Some(make(AnyEnvelope::new(event, ticket(record).erase())))
            }
        }
    }

    /// Tells whether the handler hears an event that is sent to its component.
    pub(crate) fn hears<E: Event>(&self, event: &E) -> bool {
        if self.is_own() {
            return false;
        }
        let own_name = event.own_name().map(Name::as_str);
        match &self.kind {
            Kind::Event(typed) => {
                typed.event == TypeId::of::<E>()
                    && own_name.is_none_or(|name| self.hears_name(name))
            }
            Kind::Notice(_) => self.name == own_name.unwrap_or(E::NAME),
            Kind::Any(_) => self.hears_name(own_name.unwrap_or(E::NAME)),
        }
    }

    /// Tells whether this is the name that it listens for, or one of all.
    pub(crate) fn hears_name(&self, name: &str) -> bool {
        self.name == name || self.name == "*"
    }

    /// Tells whether the handler may hear an event other than by its type.
    pub(crate) const fn hears_untyped(&self, event: &str) -> bool {
        match self.kind {
            Kind::Event(_) => false,
            Kind::Notice(_) | Kind::Any(_) => same(self.name, event) || same(self.name, "*"),
        }
    }

    /// Makes the hop for an event of which it is not known that the component handles
    /// it; the handler [hears](Self::hears) it.
    pub(crate) fn found_hop<E: Event>(
        &self,
        number: u16,
        cell: &Arc<Cell<C>>,
    ) -> Option<(f64, Hop<E>)> {
        let to = match &self.kind {
            Kind::Event(typed) => *(typed.to)(cell).downcast().ok()?,
            Kind::Notice(_) => To::Notice(cell.clone()),
            Kind::Any(_) => To::Any(cell.clone()),
        };
        let handler = number;
        Some((self.priority, Hop { to, handler }))
    }

    /// Makes the hop for an event that is sent to the component.
    pub(crate) fn hop<E: Event>(&self, number: u16, cell: &Arc<Cell<C>>) -> (f64, Hop<E>)
    where
        C: Handles<E>,
    {
        let to = match &self.kind {
            Kind::Event(_) => To::Typed(cell.clone()),
            Kind::Notice(_) => To::Notice(cell.clone()),
            Kind::Any(_) => To::Any(cell.clone()),
        };
        (
            self.priority,
            Hop {
                to,
                handler: number,
            },
        )
    }
}

fn to<C: Handles<E>, E: Event>(cell: &Arc<Cell<C>>) -> Box<dyn Any> {
    Box::new(To::<E>::Typed(cell.clone()))
}

/// Lists a handler in the table of its event, for all components of the type.
fn list<C: Handles<E>, E: Event>(
    router: &Router,
    roster: Arc<Roster>,
    handler: u16,
    priority: f64,
) {
    router.list(Listed::<E>::new(roster, handler, priority, target::<C, E>));
}

fn target<C: Handles<E>, E: Event>(enlisted: &Enlisted) -> Option<Arc<dyn Accept<E>>> {
    let cell = enlisted.clone().downcast::<Cell<C>>().ok()?;
    Some(cell)
}

fn subscribe<E: Event>(router: &Router, listener: Listener, to: Box<dyn Any>) {
    let Listener {
        channel,
        id,
        priority,
    } = listener;
    if let Ok(to) = to.downcast::<To<E>>()
        && let To::Typed(target) = *to
    {
        router.subscribe::<E>(&channel, id, priority, target);
    }
}

fn deliver<C: Handles<E>, E: Event>(handler: u16, own: Own) -> Option<C::Message> {
    let event = own.event.downcast::<E>().ok()?;
    let record = own
        .record
        .and_then(|record| record.downcast::<Delivery<E>>().ok());
    let envelope = Envelope::new(E::Slot::shared(event), ticket(record.as_ref()));
    Some(C::wrap(handler, envelope))
}

fn ticket<E: Event>(record: Option<&Arc<Delivery<E>>>) -> ReplyTicket<E::Reply> {
    match record {
        Some(record) => Ticket::new(record.clone() as _, 0, 0),
        None => Ticket::plain(0),
    }
}

impl<C: Component> fmt::Debug for Handler<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = Channel::literal(C::OPTIONS.channel).unwrap_or(Channel::ALL);
        fmt::Display::fmt(&HandlerInfo::listed(self, &own), f)
    }
}

//! An event whose type is not known to its receiver.

use std::any::Any;
use std::fmt::{self, Write};
use std::sync::Arc;

use crate::core::event::{Event, Name};
use crate::core::id::Channels;

/// An event of any type, shared: what handlers of `"*"` get.
#[derive(Clone)]
pub struct AnyEvent {
    event: Arc<dyn Erased>,
    channels: Channels,
}

impl AnyEvent {
    pub(crate) fn new<E: Event>(event: Arc<E>, channels: Channels) -> Self {
        Self { event, channels }
    }

    /// Stands for an event of which only the name was kept.
    pub(crate) fn named(name: Name) -> Self {
        Self {
            event: Arc::new(Gone(name)),
            channels: Channels::None,
        }
    }

    /// Returns the event's name.
    pub fn name(&self) -> &str {
        let own = self.event.own_name();
        own.map_or_else(|| self.event.type_name(), Name::as_str)
    }

    /// Returns the name to keep.
    pub(crate) fn to_name(&self) -> Name {
        let own = self.event.own_name().cloned();
        own.unwrap_or_else(|| Name::literal(self.event.type_name()))
    }

    /// Returns the name of the event's type; `*` where it has a name of its own.
    pub(crate) fn type_name(&self) -> &'static str {
        self.event.type_name()
    }

    /// Returns the channel that the event was fired on, the first where it was
    /// fired on several; `None` where it was addressed to one component.
    pub fn channel(&self) -> Option<&str> {
        self.channels().next()
    }

    /// Returns the channels that the event was fired on at once.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.names()
    }

    /// Tells whether the event is an `E`.
    pub fn is<E: Event>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Borrows the event if it is an `E`.
    pub fn downcast_ref<E: Event>(&self) -> Option<&E> {
        let event: &dyn Any = &*self.event;
        event.downcast_ref()
    }

    /// Returns a share of the event if it is an `E`.
    pub fn downcast<E: Event>(&self) -> Option<Arc<E>> {
        let event: Arc<dyn Any + Send + Sync> = self.event.clone();
        event.downcast().ok()
    }
}

impl fmt::Debug for AnyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.describe(f)
    }
}

impl fmt::Display for AnyEvent {
    /// Writes one line: the name, the channels in brackets, and what `Debug`
    /// shows, with control characters escaped: `hello[greeter] Hello { .. }`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.name())?;
        for (at, channel) in self.channels().enumerate() {
            f.write_str(if at == 0 { "" } else { "," })?;
            OneLine(f).write_str(channel)?;
        }
        f.write_str("] ")?;
        write!(OneLine(f), "{self:?}")
    }
}

/// Writes text without what would break the line.
struct OneLine<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for part in text.split_inclusive(char::is_control) {
            let plain = part.trim_end_matches(char::is_control);
            self.0.write_str(plain)?;
            write!(self.0, "{}", part[plain.len()..].escape_debug())?;
        }
        Ok(())
    }
}

/// An event of any type, borrowed: what a [`Tap`](crate::tap::Tap) sees of it.
#[derive(Clone, Copy)]
pub struct EventRef<'a> {
    event: &'a dyn Erased,
}

impl<'a> EventRef<'a> {
    pub(crate) fn new<E: Event>(event: &'a E) -> Self {
        Self { event }
    }

    /// Returns the event's name.
    pub fn name(self) -> &'a str {
        let own = self.event.own_name();
        own.map_or_else(|| self.event.type_name(), Name::as_str)
    }

    /// Tells whether the event is an `E`.
    pub fn is<E: Event>(self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// Borrows the event if it is an `E`.
    pub fn downcast_ref<E: Event>(self) -> Option<&'a E> {
        let event: &dyn Any = self.event;
        event.downcast_ref()
    }
}

impl fmt::Debug for EventRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event.describe(f)
    }
}

trait Erased: Any + Send + Sync {
    fn type_name(&self) -> &'static str;
    fn own_name(&self) -> Option<&Name>;
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<E: Event> Erased for E {
    fn type_name(&self) -> &'static str {
        E::NAME
    }

    fn own_name(&self) -> Option<&Name> {
        Event::own_name(self)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Event::describe(self, f)
    }
}

/// Stands for an event whose value is gone.
struct Gone(Name);

impl Erased for Gone {
    fn type_name(&self) -> &'static str {
        "*"
    }

    fn own_name(&self) -> Option<&Name> {
        Some(&self.0)
    }

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

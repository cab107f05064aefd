//! How an event is shown where its type may or may not have `Debug`.

use std::fmt;

use crate::core::event::Event;

/// Shows an event by its `Debug` if it has one, else by its name: what
/// `#[derive(Event)]` writes [`Event::describe`] with.
///
/// It works where the type is known, and not in generic code: the compiler
/// prefers the inherent method, but only where its bound holds, and else takes
/// that of [`ByName`].
///
/// # Examples
///
/// ```
/// use std::fmt;
///
/// use circuits::event::{ByName, Describe, Event, Inline};
///
/// struct Tick;
///
/// impl Event for Tick {
///     type Reply = ();
///     type Slot = Inline<Self>;
///     const NAME: &'static str = "tick";
///
///     fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         Describe(self).describe(f)
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Describe<'a, E>(
    /// The event.
    pub &'a E,
);

impl<E: fmt::Debug> Describe<'_, E> {
    /// Writes the event as its `Debug` does.
    ///
    /// # Errors
    /// The formatter failed.
    pub fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Shows an event by its name; see [`Describe`].
pub trait ByName {
    /// Writes the name of the event.
    ///
    /// # Errors
    /// The formatter failed.
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<E: Event> ByName for Describe<'_, E> {
    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(E::NAME)
    }
}

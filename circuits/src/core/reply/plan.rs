//! What a delivery is made of, and what goes along with it.

use std::sync::Arc;

use crate::core::event::{Event, Who};
use crate::core::id::Channels;
use crate::core::reply::{Advance, Ask, Cause, Observer, Party, Stamp};
use crate::core::tap::Trace;

/// What a delivery is made of.
pub(crate) struct Plan<E: Event> {
    pub(crate) notes: Notes,
    pub(crate) ask: Ask,
    /// Who awaits the outcome in a handler.
    pub(crate) caller: Option<Arc<dyn Party>>,
    pub(crate) observer: Option<Box<dyn Observer<E>>>,
    /// Set where more than one receiver, a later stage or feedback needs it.
    pub(crate) event: Option<Arc<E>>,
    pub(crate) next: Option<Arc<dyn Advance<E>>>,
    /// The tickets of the first stage.
    pub(crate) tickets: u32,
}

/// What goes along with an event, over all its receivers.
#[derive(Clone, Default)]
pub(crate) struct Notes {
    /// The channels that it was fired on, where somebody wants to know.
    pub(crate) channels: Channels,
    /// The component that fired it, where somebody wants to know.
    pub(crate) sender: Option<Arc<Who>>,
    /// What it was fired because of.
    pub(crate) cause: Option<Arc<Cause>>,
    /// The life that alone may handle it.
    pub(crate) stamp: Option<Arc<Stamp>>,
    /// Who listens in.
    pub(crate) trace: Option<Arc<Trace>>,
    /// Its priority in the mailboxes.
    pub(crate) priority: i32,
    /// Whether it is promised, so that no newer event may take its place.
    pub(crate) owed: bool,
}

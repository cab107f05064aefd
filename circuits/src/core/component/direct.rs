//! One component to send to.

use std::fmt;

use crate::core::component::{
    Body, Call, CallAll, Component, Fire, Handles, Recipient, Sender, ToComponent,
};
use crate::core::event::Event;

/// One component, or one life of it, a priority, and the verbs; they compile only
/// for events that the component handles by type.
///
/// Handlers that were added while the component runs listen on channels only.
pub struct Direct<'a, C: Component> {
    sender: Sender<'a>,
    reach: ToComponent<'a, C>,
    priority: Option<i32>,
}

impl<'a, C: Component> Direct<'a, C> {
    pub(crate) fn new(sender: Sender<'a>, recipient: &'a impl Recipient<Component = C>) -> Self {
        let reach = ToComponent {
            cell: recipient.cell(),
            one_life: recipient.one_life(),
        };
        Self {
            sender,
            reach,
            priority: None,
        }
    }

    /// Gives the event a priority: higher goes first in the receiver's next batch.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Fires an event; see [`Fire`].
    pub fn fire<E: Event>(&self, event: E) -> Fire<'a, E, ToComponent<'a, C>>
    where
        C: Handles<E>,
    {
        Fire::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    /// Fires an event and waits for the reply.
    pub fn call<E: Event>(&self, event: E) -> Call<'a, E, ToComponent<'a, C>>
    where
        C: Handles<E>,
    {
        Call::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    /// Fires an event and waits for the result of each of the component's handlers.
    pub fn call_all<E: Event>(&self, event: E) -> CallAll<'a, E, ToComponent<'a, C>>
    where
        C: Handles<E>,
    {
        CallAll::new(self.sender, self.reach, self.priority_of::<E>(), event)
    }

    fn priority_of<E: Event>(&self) -> i32 {
        self.priority.unwrap_or(E::PRIORITY)
    }
}

impl<C: Component> fmt::Debug for Direct<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direct({})", self.reach.cell.name())
    }
}

//! One component to send to.

use std::fmt;
use std::sync::Arc;

use crate::core::component::{
    Body, Call, CallAll, Component, Fire, Handles, Offered, Recipient, Sender, ToComponent,
};
use crate::core::event::Event;
use crate::core::route::Route;

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

    /// Fires an event if a handler of the component hears it, which is found out while
    /// the program runs; so it compiles for every event.
    ///
    /// # Errors
    /// No handler hears it, or the life that is meant has ended: the event is given back.
    ///
    /// # Examples
    ///
    /// ```
    /// # use circuits::prelude::*;
    /// # #[derive(Event)]
    /// # struct Ping;
    /// # #[derive(Event, Debug)]
    /// # struct Pong;
    /// # #[component]
    /// # struct Player;
    /// # #[component]
    /// # impl Player {
    /// #     #[handler("ping")]
    /// #     fn ping(&mut self) {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> circuits::Result<()> {
    /// # let system = System::new();
    /// let player = system.supervise(|| Player).await?; // handles `Ping`
    /// assert!(system.to(&player).offer(Ping).is_ok());
    /// assert!(system.to(&player).offer(Pong).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn offer<E: Event>(&self, event: E) -> Result<Fire<'a, E, Offered<'a, E>>, E> {
        let cell = self.reach.cell;
        let life = self.reach.one_life;
        if life.is_some_and(|life| life.get() != cell.life()) {
            return Err(event);
        }
        let hops: Vec<_> = C::HANDLERS
            .iter()
            .zip(0_u16..)
            .filter(|(handler, _)| handler.hears(&event))
            .filter_map(|(handler, number)| handler.found_hop(number, cell))
            .collect();
        if hops.is_empty() {
            return Err(event);
        }
        let reach = Offered {
            to: &**cell,
            route: Arc::new(Route::new(hops)),
        };
        let priority = self.priority_of::<E>();
        Ok(Fire::new(self.sender, reach, priority, event))
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

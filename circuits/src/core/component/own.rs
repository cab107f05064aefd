//! Events of a component's own life, which its own handlers get directly.

use std::sync::Arc;

use crate::core::component::{Body, Cell, Command, Component, Handler};
use crate::core::event::{Event, Registered, Stopped};
use crate::core::reply::{Ask, Cause, Delivery, Notes, Party, Plan};
use crate::core::runtime::{rank_of, sort_by_rank};
use crate::core::tap::Trace;

/// Tells whether a component handles an event of its own life.
pub(crate) fn has_own<C: Component>(name: &str) -> bool {
    count_own::<C>(name) > 0
}

fn count_own<C: Component>(name: &str) -> usize {
    let own = |handler: &&Handler<C>| handler.is_own() && handler.name() == name;
    C::HANDLERS.iter().filter(own).count()
}

impl<C: Component> Cell<C> {
    /// Makes the messages of an event that the component handles at once, one for
    /// each handler.
    pub(crate) fn own_messages<E: Event>(&self, event: &Arc<E>) -> Vec<C::Message> {
        if self.hub().is_watched() {
            self.recorded(event, Notes::default())
        } else {
            messages::<C, E>(event, None)
        }
    }

    pub(crate) fn registered(&self) -> Registered {
        let parent = self.parent().owner();
        Registered::new(self.id(), self.name().clone(), parent)
    }

    pub(crate) fn stopped(&self, life: u64) -> Stopped {
        let drained = self.control().command() == Command::Drain;
        Stopped::new(self.id(), self.name().clone(), life, drained)
    }

    /// Puts an event of the component's own life into its mailbox; tells whether
    /// it handles that.
    pub(crate) fn push_own<E: Event + Clone>(&self, event: &E, cause: Option<&Arc<Cause>>) -> bool {
        let is_own = has_own::<C>(E::NAME);
        if is_own {
            let notes = Notes {
                cause: cause.cloned(),
                ..Notes::default()
            };
            for message in self.recorded(&Arc::new(event.clone()), notes) {
                self.push(message, 0);
            }
        }
        is_own
    }

    /// Makes the messages of an event, and one record for all of them.
    pub(crate) fn recorded<E: Event>(&self, event: &Arc<E>, mut notes: Notes) -> Vec<C::Message> {
        let handlers = count_own::<C>(E::NAME);
        if handlers == 0 {
            return Vec::new();
        }
        notes.trace = self.hub().trace::<E>(None, &[], Some(&|| self.member()));
        if let Some(trace) = &mut notes.trace {
            Trace::fired(trace, &**event, handlers);
        }
        let record = Delivery::open(Plan {
            notes,
            ask: Ask::Nothing,
            caller: None,
            observer: None,
            event: Some(event.clone()),
            next: None,
            tickets: 0,
        });
        let messages = messages::<C, E>(event, Some(&record));
        record.expect(0, 0..messages.len() as u32);
        messages
    }
}

/// Sorts the messages of one event by the priority of the handlers.
fn messages<C: Component, E: Event>(
    event: &Arc<E>,
    record: Option<&Arc<Delivery<E>>>,
) -> Vec<C::Message> {
    let mut messages: Vec<(f64, C::Message)> = C::HANDLERS
        .iter()
        .zip(0_u16..)
        .filter_map(|(handler, number)| {
            let message = handler.own_message(number, event, record)?;
            Some((handler.order(), message))
        })
        .collect();
    sort_by_rank(&mut messages, |(priority, _)| rank_of(*priority));
    messages.into_iter().map(|(_, message)| message).collect()
}

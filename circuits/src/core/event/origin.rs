//! Where an event comes from.

use std::sync::Arc;

use crate::core::event::Name;
use crate::core::id::{Channels, ComponentId};

/// Where an event comes from: a handler gets it as a parameter, after the event.
///
/// Nobody keeps a record of an event that is just fired, so that it costs nothing
/// more. Where a handler takes this, one is kept of the events that it hears: two
/// allocations each.
///
/// # Examples
///
/// ```
/// use circuits::Origin;
/// use circuits::prelude::*;
///
/// #[derive(Event)]
/// struct Say(String);
///
/// #[component(channel = "*")]
/// struct Log;
///
/// #[component]
/// impl Log {
///     #[handler("say")]
///     fn say(&mut self, event: &Say, origin: &Origin) {
///         let room = origin.channel().unwrap_or("in private");
///         let who = origin.sender_name().unwrap_or("somebody");
///         println!("{room}: {who} says {}", event.0);
///     }
///
///     #[handler("opened", "closed")]
///     fn moved(&mut self, origin: &Origin) {
///         println!("the door is {}", origin.event_name());
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Origin {
    event_name: Name,
    channels: Channels,
    sender: Option<Arc<Who>>,
    priority: i32,
}

/// A component that fired an event.
#[derive(Debug)]
pub(crate) struct Who {
    pub(crate) component: ComponentId,
    pub(crate) name: Arc<str>,
}

impl Origin {
    pub(crate) fn new(event_name: Name, priority: i32) -> Self {
        Self {
            event_name,
            channels: Channels::None,
            sender: None,
            priority,
        }
    }

    /// Adds what a record of the event tells.
    pub(crate) fn recorded(self, channels: &Channels, sender: Option<&Arc<Who>>) -> Self {
        Self {
            channels: channels.clone(),
            sender: sender.cloned(),
            ..self
        }
    }

    /// Returns the name of the event: tells a handler of several which one it is.
    pub fn event_name(&self) -> &str {
        &self.event_name
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

    /// Returns the component that fired the event, in a handler or by a timer;
    /// `None` where that was done outside of components or by the framework.
    pub fn sender(&self) -> Option<ComponentId> {
        Some(self.sender.as_ref()?.component)
    }

    /// Returns the name of the component that fired the event.
    pub fn sender_name(&self) -> Option<&str> {
        Some(&*self.sender.as_ref()?.name)
    }

    /// Returns the priority that the event had in the mailbox.
    pub fn priority(&self) -> i32 {
        self.priority
    }
}

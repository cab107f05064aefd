//! What a debugger leaves out.

use std::collections::HashSet;

use crate::Event;
use crate::tap::Firing;

/// Changes what a [`Debugger`](crate::debugger::Debugger) leaves out, while it runs; the
/// reply says whether that was left out before. Exceptions are not left out by it.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate, name = "debugger_filter", reply = bool)]
pub enum Filter {
    /// Leaves out the events of this name.
    IgnoreEvent(String),
    /// Leaves out what is fired on this channel, or on several of which all are
    /// left out.
    IgnoreChannel(String),
    /// Shows the events of this name.
    ShowEvent(String),
    /// Shows what is fired on this channel.
    ShowChannel(String),
}

/// The names that one debugger leaves out.
#[derive(Clone, Default)]
pub(crate) struct Filters {
    events: HashSet<String>,
    channels: HashSet<String>,
}

impl Filters {
    /// Changes them; tells whether the name was left out before.
    pub(crate) fn change(&mut self, filter: &Filter) -> bool {
        match filter {
            Filter::IgnoreEvent(name) => !self.events.insert(name.clone()),
            Filter::IgnoreChannel(name) => !self.channels.insert(name.clone()),
            Filter::ShowEvent(name) => self.events.remove(name),
            Filter::ShowChannel(name) => self.channels.remove(name),
        }
    }

    pub(crate) fn leave_out(&self, firing: &Firing) -> bool {
        if self.events.contains(firing.event.as_str()) {
            return true;
        }
        let mut channels = firing.channels().peekable();
        channels.peek().is_some() && channels.all(|channel| self.channels.contains(channel))
    }
}

//! What hears every event while a debugger is on.

use std::collections::HashSet;
use std::sync::Arc;

use crate::debugger::output::Output;
use crate::event::Exception;
use crate::{AnyEvent, component, handler};

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) output: Output,
    pub(crate) ignored_events: HashSet<String>,
    pub(crate) ignored_channels: HashSet<String>,
    pub(crate) width: Option<usize>,
}

/// A component of its own, because one that lives subscribes: off is to have none.
#[component(crate = crate)]
pub(crate) struct Tap {
    settings: Arc<Settings>,
}

impl Tap {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings }
    }
}

#[component(crate = crate)]
impl Tap {
    #[handler("*", channel = "*", priority = 101)]
    fn event(&mut self, event: &AnyEvent) {
        let settings = &self.settings;
        let channel = event.channel().unwrap_or("*");
        if settings.ignored_events.contains(event.name())
            || settings.ignored_channels.contains(channel)
        {
            return;
        }
        let exception = event.downcast_ref::<Exception>();
        let line = match exception {
            Some(Exception {
                name,
                handler,
                event,
                error,
                ..
            }) => format!("ERROR {name}.{handler}({}): {error}", event.name()),
            None => format!("{}[{channel}] {event:?}", event.name()),
        };
        let line = one_line(&line, settings.width);
        settings.output.print(&line, exception.is_some());
    }
}

/// Trims a text, and keeps what is in an event from looking like a line of its own.
fn one_line(text: &str, width: Option<usize>) -> String {
    let text = text.replace('\n', "\\n").replace('\r', "\\r");
    let end = width.and_then(|width| text.char_indices().nth(width));
    match end {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

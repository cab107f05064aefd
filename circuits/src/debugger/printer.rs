//! Makes lines of what is fired.

use std::fmt::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::debugger::Switch;
use crate::debugger::filter::{Filter, Filters};
use crate::debugger::queue::Queue;
use crate::event::{DeadLetter, EventRef, Exception, Reason};
use crate::tap::{Done, Firing};

/// How a debugger was made.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) output: Output,
    pub(crate) filters: Filters,
    pub(crate) prefix: Option<Arc<dyn Fn() -> String + Send + Sync>>,
    pub(crate) width: usize,
    pub(crate) results: bool,
    pub(crate) events: bool,
    pub(crate) errors: bool,
}

/// Where lines go.
#[derive(Clone)]
pub(crate) enum Output {
    Queue(Arc<Queue>),
    Tracing,
}

impl Settings {
    /// The most characters of a line.
    pub(crate) const WIDEST: usize = 16_384;

    pub(crate) fn new(output: Output) -> Self {
        Self {
            output,
            filters: Filters::default(),
            prefix: None,
            width: Self::WIDEST,
            results: false,
            events: true,
            errors: true,
        }
    }
}

/// What hears a system while a debugger is on.
pub(crate) struct Printer {
    settings: Settings,
    filters: Mutex<Filters>,
    events: AtomicBool,
    errors: AtomicBool,
}

impl Printer {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            filters: Mutex::new(settings.filters.clone()),
            events: AtomicBool::new(settings.events),
            errors: AtomicBool::new(settings.errors),
            settings,
        }
    }

    pub(crate) fn queue(&self) -> Option<&Arc<Queue>> {
        match &self.settings.output {
            Output::Queue(queue) => Some(queue),
            Output::Tracing => None,
        }
    }

    pub(crate) fn flush(&self) {
        if let Some(queue) = self.queue() {
            queue.flush();
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.events.load(Ordering::Relaxed) || self.errors.load(Ordering::Relaxed)
    }

    /// Switches; tells what was on before.
    pub(crate) fn switch(&self, switch: Switch) -> bool {
        let set = |which: &AtomicBool, on| which.swap(on, Ordering::Relaxed);
        match switch {
            Switch::On => set(&self.events, true) | set(&self.errors, true),
            Switch::Off => set(&self.events, false) | set(&self.errors, false),
            Switch::Events(on) => set(&self.events, on),
            Switch::Errors(on) => set(&self.errors, on),
        }
    }

    pub(crate) fn filter(&self, filter: &Filter) -> bool {
        self.filters().change(filter)
    }

    pub(crate) fn fired(&self, firing: &Firing, event: EventRef<'_>) {
        if let Some(exception) = event.downcast_ref::<Exception>() {
            if self.errors.load(Ordering::Relaxed) {
                self.print(true, |line| {
                    let Exception {
                        name,
                        handler,
                        event,
                        error,
                        ..
                    } = exception;
                    write!(line, "ERROR {name}.{handler}({})", event.name())?;
                    because(line, firing)?;
                    write!(line, ": {error}")
                });
            }
            return;
        }
        if self.wants(firing) {
            self.print(false, |line| {
                write!(line, "#{} {}", firing.id, firing.event)?;
                place(line, firing)?;
                write!(line, " {event:?} by {}", firing.sender)?;
                because(line, firing)?;
                match firing.receivers {
                    0 => line.write_str(", unheard"),
                    _ => Ok(()),
                }
            });
        }
    }

    pub(crate) fn done(&self, firing: &Firing, done: &Done) {
        if self.settings.results && firing.kind != "exception" && self.wants(firing) {
            self.print(false, |line| {
                let Done {
                    handled,
                    replied,
                    failed,
                    took,
                    ..
                } = done;
                write!(line, "#{} done in {took:?}: {handled} handled", firing.id)?;
                write!(line, ", {replied} replied, {failed} failed")
            });
        }
    }

    pub(crate) fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        // What is unheard says so already.
        let told = firing.is_some() && letter.reason == Reason::NoHandler;
        let wanted = match firing {
            Some(firing) => self.wants(firing),
            None => self.events.load(Ordering::Relaxed),
        };
        if wanted && !told {
            self.print(false, |line| {
                if let Some(firing) = firing {
                    write!(line, "#{} ", firing.id)?;
                }
                write!(line, "dead {}: {}", letter.event.name(), letter.reason)
            });
        }
    }

    fn wants(&self, firing: &Firing) -> bool {
        let is_own = ["debugger_switch", "debugger_filter"].contains(&firing.kind);
        self.events.load(Ordering::Relaxed) && !is_own && !self.filters().leave_out(firing)
    }

    /// Prints one line. Texts are the user's: one that panics makes a line that
    /// says so.
    fn print(&self, is_error: bool, write: impl Fn(&mut Line) -> fmt::Result) {
        let make = || {
            let mut line = Line {
                text: String::new(),
                room: Some(self.settings.width),
            };
            if let Some(prefix) = &self.settings.prefix {
                let _ = write!(line, "{}: ", prefix());
            }
            // It fails where the line is full.
            let _ = write(&mut line);
            line.text
        };
        let line = catch_unwind(AssertUnwindSafe(make));
        let line = line.unwrap_or_else(|_| "an event whose text panicked".to_owned());
        match &self.settings.output {
            Output::Queue(queue) => queue.push(line + "\n"),
            Output::Tracing if is_error => tracing::error!(target: "circuits", "{line}"),
            Output::Tracing => tracing::debug!(target: "circuits", "{line}"),
        }
    }

    fn filters(&self) -> MutexGuard<'_, Filters> {
        self.filters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(line: &mut Line, firing: &Firing) -> fmt::Result {
    if let Some(target) = &firing.target {
        return write!(line, "->{target}");
    }
    line.write_str("[")?;
    for (at, channel) in firing.channels().enumerate() {
        line.write_str(if at == 0 { "" } else { "," })?;
        line.write_str(channel)?;
    }
    line.write_str("]")
}

fn because(line: &mut Line, firing: &Firing) -> fmt::Result {
    match firing.cause {
        Some(cause) => write!(line, " because of #{cause}"),
        None => Ok(()),
    }
}

/// A line that is made: trimmed, and without what would look like another line.
struct Line {
    text: String,
    /// How many characters it may still take; none once it is full.
    room: Option<usize>,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            let Some(room) = self.room else {
                return Err(fmt::Error);
            };
            let plain = !character.is_control();
            let escaped = character.escape_debug();
            let length = if plain { 1 } else { escaped.len() };
            self.room = room.checked_sub(length);
            match self.room {
                None => self.text.push('…'),
                Some(_) if plain => self.text.push(character),
                Some(_) => self.text.extend(escaped),
            }
        }
        Ok(())
    }
}

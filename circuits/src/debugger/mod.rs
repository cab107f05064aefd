//! A component that prints what is fired, and what fails.
//!
//! ```text
//! firing ─► Printer (a tap) ─► Queue, bounded ─► the debugger's task ─► writer
//!                          └─► tracing
//! ```

mod filter;
mod printer;
mod queue;

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

pub use self::filter::Filter;
use self::printer::{Output, Printer, Settings};
use self::queue::Queue;
use crate::event::{DeadLetter, EventRef};
use crate::tap::{Done, Firing, Tap, TapGuard};
use crate::{Context, Event, component, handler};

/// Prints every event that is fired, a line each, and every exception.
///
/// ```text
/// #7 hello[greeter] Hello { name: "world" } by outside
/// #8 look_up->library LookUp by greeter.hello because of #7
/// #9 gone[nobody] Gone by greeter.hello because of #7, unheard
/// ERROR greeter.hello(hello) because of #7: there is no such greeting
/// ```
///
/// Each line has the number of the firing, the channels in brackets or the component
/// that it is addressed to, the event by its `Debug` (or its name where it has none),
/// who fired it, and the firing that this one was handling. What a full mailbox, a
/// crash or an end made a dead letter has a line `dead`, as an event. With
/// [`Debugger::results`] a line says as well what came of each.
///
/// Lines come in the order of the firings, as far as these have one. Its own
/// [`Switch`] and [`Filter`] are not shown.
///
/// # Cost and bounds
/// It listens by a [tap](crate::tap::Tap). Switched off it has none, and nobody pays.
/// While it is on, lines are made where events are fired, and wait in a queue of 4,096
/// lines for its own task, which writes them. Where the writer is slower than that,
/// the newest lines are left out, and a line says how many: nobody waits for it. Give
/// it a writer that does not block its thread for long. What cannot be written is
/// left out. A line has at most 16,384 characters.
///
/// # When it is switched or ends
/// It hears [`Switch`] and [`Filter`] on its channel, `"debugger"`, and at its address.
/// Switched off, stopped or drained, it prints what was fired before; killed, it does
/// not. Started again by its supervisor, it is as it was made.
///
/// # Examples
///
/// ```
/// use circuits::debugger::{Debugger, Filter, Switch};
/// use circuits::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let debugger = Debugger::new().ignore_event("tick").width(100); // to stderr
/// let debugger = system.register(debugger).await?;
/// system.to(&debugger).call(Filter::IgnoreChannel("clock".into())).await?;
/// system.to(&debugger).call(Switch::Events(false)).await?; // errors only
/// system.to(&debugger).call(Switch::Off).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "debugger", crate = crate)]
#[derive(Clone)]
pub struct Debugger {
    settings: Settings,
    /// Of this life.
    printer: Option<Arc<Printer>>,
    /// Held while it is on.
    guard: Option<Arc<TapGuard>>,
}

/// Switches a [`Debugger`]; the reply comes when that is done, and says whether it was
/// on before: anything, the events, or the errors.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate, name = "debugger_switch", reply = bool)]
pub enum Switch {
    /// Prints events and errors from now on.
    On,
    /// Prints no more: what was fired before is printed, then nothing listens.
    Off,
    /// Prints events, or does not.
    Events(bool),
    /// Prints errors, or does not.
    Errors(bool),
}

impl Debugger {
    /// Prints to the standard error stream.
    pub fn new() -> Self {
        Self::to_writer(io::stderr())
    }

    /// Prints to a writer, each line by one call.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::with(Output::Queue(Arc::new(Queue::new(writer))))
    }

    /// Prints at the end of a file, which is made if there is none.
    ///
    /// # Errors
    /// The file cannot be opened for that.
    pub fn to_file(path: impl AsRef<Path>) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self::to_writer(file))
    }

    /// Prints through `tracing`, with the target `circuits`: exceptions at error
    /// level, other lines at debug level. These do not wait in a queue.
    pub fn to_tracing() -> Self {
        Self::with(Output::Tracing)
    }

    /// Leaves out the events of a name.
    #[must_use]
    pub fn ignore_event(mut self, name: impl Into<String>) -> Self {
        self.settings
            .filters
            .change(&Filter::IgnoreEvent(name.into()));
        self
    }

    /// Leaves out what is fired on a channel, or on several of which all are left
    /// out.
    #[must_use]
    pub fn ignore_channel(mut self, channel: impl Into<String>) -> Self {
        let filter = Filter::IgnoreChannel(channel.into());
        self.settings.filters.change(&filter);
        self
    }

    /// Begins each line with a text, and `: `.
    #[must_use]
    pub fn prefix(self, text: impl Into<String>) -> Self {
        let text = text.into();
        self.prefix_with(move || text.clone())
    }

    /// Begins each line with what a function says then, and `: `.
    #[must_use]
    pub fn prefix_with(mut self, text: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.settings.prefix = Some(Arc::new(text));
        self
    }

    /// Trims each line to so many characters, and `…` for the rest.
    #[must_use]
    pub fn width(mut self, characters: usize) -> Self {
        self.settings.width = characters.min(Settings::WIDEST);
        self
    }

    /// Says what came of each event as well, when it is done.
    #[must_use]
    pub fn results(mut self) -> Self {
        self.settings.results = true;
        self
    }

    /// Starts switched off.
    #[must_use]
    pub fn off(self) -> Self {
        self.without_events().without_errors()
    }

    /// Starts without events: prints errors only.
    #[must_use]
    pub fn without_events(mut self) -> Self {
        self.settings.events = false;
        self
    }

    /// Starts without errors.
    #[must_use]
    pub fn without_errors(mut self) -> Self {
        self.settings.errors = false;
        self
    }

    fn with(output: Output) -> Self {
        Self {
            settings: Settings::new(output),
            printer: None,
            guard: None,
        }
    }

    /// Listens, or not, as the switches say now.
    fn listen(&mut self, cx: &Context<Self>) {
        let Some(printer) = &self.printer else {
            return;
        };
        match (printer.is_on(), &self.guard) {
            (true, None) => {
                let tap = Ear(printer.clone());
                self.guard = Some(Arc::new(cx.system().tap(tap)));
            }
            (false, Some(_)) => self.guard = None,
            _ => {}
        }
        // What was fired before is printed before the answer.
        printer.flush();
    }
}

/// The tap: a share of the printer.
struct Ear(Arc<Printer>);

impl Tap for Ear {
    fn fired(&self, firing: &Firing, event: EventRef<'_>) {
        self.0.fired(firing, event);
    }

    fn done(&self, firing: &Firing, done: &Done) {
        self.0.done(firing, done);
    }

    fn dead(&self, firing: Option<&Firing>, letter: &DeadLetter) {
        self.0.dead(firing, letter);
    }
}

impl Default for Debugger {
    fn default() -> Self {
        Self::new()
    }
}

#[component(crate = crate)]
impl Debugger {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) {
        let printer = Arc::new(Printer::new(self.settings.clone()));
        if let Some(queue) = printer.queue() {
            let queue = queue.clone();
            cx.spawn(async move { queue.write_always().await });
        }
        self.printer = Some(printer);
        self.listen(cx);
    }

    #[handler("debugger_switch")]
    fn switch(&mut self, event: &Switch, cx: &Context<Self>) -> Option<bool> {
        let before = self.printer.as_ref()?.switch(*event);
        self.listen(cx);
        Some(before)
    }

    #[handler("debugger_filter")]
    fn filter(&mut self, event: &Filter) -> Option<bool> {
        Some(self.printer.as_ref()?.filter(event))
    }

    #[handler("stopped")]
    fn stopped(&mut self) {
        self.guard = None;
        if let Some(printer) = &self.printer {
            printer.flush();
        }
    }
}

impl fmt::Debug for Debugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Debugger(listens: {})", self.guard.is_some())
    }
}

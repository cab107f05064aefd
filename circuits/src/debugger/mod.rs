//! A component that prints what is fired, and what fails.
//!
//! ```text
//! Debugger ── switched on and off
//!  └─ Tap ── hears every event; lives only while the debugger is on
//! ```

mod output;
mod tap;

use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::sync::Arc;

use self::output::Output;
use self::tap::{Settings, Tap};
use crate::{Address, Context, Error, Event, component, handler};

/// Prints every event that is fired on a channel, a line each, and every exception.
///
/// ```text
/// hello[greeter] Hello { name: "world" }
/// ERROR greeter.hello(hello): there is no such greeting
/// ```
///
/// An event is shown by its `Debug`, or by its name where it has none. Not shown is
/// what is sent to one component by its address: nobody else hears that.
///
/// # Cost and bounds
/// While it is off nothing listens, so nobody pays. While it is on every event is
/// recorded for it, and waits in its mailbox like any other: whoever fires faster
/// than it prints is held back. It writes in its handler, so give it a writer that
/// does not block for long. What cannot be written is left out.
///
/// # When it is switched or ends
/// It listens for [`Switch`] on its channel, `"debugger"`. Switched off, or drained,
/// it prints what was fired before. Started again by its supervisor it is on or off
/// as it was made, and writes to the same writer.
///
/// # Examples
///
/// ```
/// use circuits::debugger::{Debugger, Switch};
/// use circuits::prelude::*;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// let debugger = Debugger::new().ignore_event("tick").width(100); // to stderr
/// let debugger = system.register(debugger).await?;
/// system.to(&debugger).call(Switch::Off).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "debugger", crate = crate)]
#[derive(Clone)]
pub struct Debugger {
    settings: Settings,
    on: bool,
    /// What listens, while it is on.
    tap: Option<Address<Tap>>,
}

/// Switches a [`Debugger`]; the reply comes when that is done, and says whether it was
/// on before.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate, name = "debugger_switch", reply = bool)]
pub enum Switch {
    /// Prints from now on.
    On,
    /// Prints no more: what was fired before is printed, then nothing listens.
    Off,
}

impl Debugger {
    /// Makes one that prints to standard error.
    pub fn new() -> Self {
        Self::to_writer(std::io::stderr())
    }

    /// Makes one that prints to a writer, which it shares with its clones.
    pub fn to_writer(writer: impl Write + Send + 'static) -> Self {
        Self::with(Output::writer(writer))
    }

    /// Makes one that prints through `tracing`: exceptions at error level, other
    /// events at debug level.
    pub fn to_tracing() -> Self {
        Self::with(Output::Tracing)
    }

    /// Leaves out the events of a name.
    #[must_use]
    pub fn ignore_event(mut self, name: impl Into<String>) -> Self {
        self.settings.ignored_events.insert(name.into());
        self
    }

    /// Leaves out what is fired on a channel.
    #[must_use]
    pub fn ignore_channel(mut self, channel: impl Into<String>) -> Self {
        self.settings.ignored_channels.insert(channel.into());
        self
    }

    /// Trims each line to so many characters, and `…` for the rest.
    #[must_use]
    pub fn width(mut self, characters: usize) -> Self {
        self.settings.width = Some(characters);
        self
    }

    /// Starts switched off.
    #[must_use]
    pub fn off(mut self) -> Self {
        self.on = false;
        self
    }

    fn with(output: Output) -> Self {
        let settings = Settings {
            output,
            ignored_events: HashSet::new(),
            ignored_channels: HashSet::new(),
            width: None,
        };
        Self {
            settings,
            on: true,
            tap: None,
        }
    }

    async fn listen(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        if self.tap.is_none() {
            let settings = Arc::new(self.settings.clone());
            let tap = cx.supervise(move || Tap::new(settings.clone()));
            self.tap = Some(tap.named("tap").await?);
        }
        Ok(())
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
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        if self.on {
            self.listen(cx).await
        } else {
            Ok(())
        }
    }

    #[handler("debugger_switch")]
    async fn switch(&mut self, event: &Switch, cx: &Context<Self>) -> Result<bool, Error> {
        let was_on = self.tap.is_some();
        match event {
            Switch::On => self.listen(cx).await?,
            Switch::Off => {
                if let Some(tap) = self.tap.take() {
                    tap.drain().await;
                }
            }
        }
        Ok(was_on)
    }
}

impl fmt::Debug for Debugger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Debugger(listens: {})", self.tap.is_some())
    }
}

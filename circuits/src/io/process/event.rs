//! What processes tell, and what can be asked of them besides what all streams can.

use std::process::ExitStatus;

use crate::{ComponentId, Event};

/// Fired when a process runs, before anything else about it.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Spawned {
    /// The component of the process.
    pub component: ComponentId,
    /// The id that the system gave it.
    pub pid: u32,
}

/// Fired when a process has ended and all that it wrote has been told: the last event
/// about it.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Exited {
    /// The component of the process.
    pub component: ComponentId,
    /// The id that it had.
    pub pid: u32,
    /// How it ended: by itself with an exit code, or by a signal.
    pub status: ExitStatus,
    /// Whether its component had asked it to end, since it ended itself.
    pub was_stopped: bool,
}

/// Asks a [`Process`](crate::io::Process) to send a signal to its process, or to the
/// whole group if it has one of its own.
///
/// The reply tells whether there was anybody to get it. An error is a
/// [`SignalError`](crate::io::SignalError).
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
#[non_exhaustive]
pub struct SendSignal {
    /// The number of the signal.
    pub signal: i32,
    /// The component of the process; `None` is each that listens on the channel.
    pub component: Option<ComponentId>,
}

impl SendSignal {
    /// Names a signal by its number.
    pub fn new(signal: i32) -> Self {
        Self {
            signal,
            component: None,
        }
    }

    /// SIGINT, as from the keys Ctrl and C.
    pub fn interrupt() -> Self {
        Self::new(2)
    }

    /// SIGKILL, which no process can ignore.
    pub fn kill() -> Self {
        Self::new(9)
    }

    /// SIGTERM, which asks it to end.
    pub fn terminate() -> Self {
        Self::new(15)
    }

    /// Means one process only, by its component.
    #[must_use]
    pub fn to(mut self, component: ComponentId) -> Self {
        self.component = Some(component);
        self
    }
}

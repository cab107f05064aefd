//! The system: the root of a tree of components, and its way to end.

mod sequence;
mod signal;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::core::component::{Command, Handle, Options, Phase, Phases};
use crate::core::event::Error;
use crate::core::route::Hub;
use crate::core::runtime;
use crate::core::supervisor::Root;
use crate::core::system::sequence::Sequence;

/// A tree of components, and the channels between them.
///
/// A system is a value: two of them in one process know nothing of each other.
/// Clones share one system; it has all the verbs of [`Handle`]. When the last
/// clone is dropped, the tree is ended at once.
///
/// ```
/// use circuits::prelude::*;
///
/// #[derive(Event)]
/// struct Tick;
///
/// #[component]
/// #[derive(Default)]
/// struct Clock {
///     ticks: u32,
/// }
///
/// #[component]
/// impl Clock {
///     #[handler("tick")]
///     fn tick(&mut self, _: &Tick, cx: &Context<Self>) {
///         self.ticks += 1;
///         if self.ticks == 3 {
///             cx.system().drain();
///         }
///     }
/// }
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> circuits::Result<()> {
///     let system = System::new();
///     system.supervise(Clock::default).await?;
///     for _ in 0..3 {
///         system.fire(Tick).await;
///     }
///     system.run().await
/// }
/// ```
#[derive(Clone)]
pub struct System {
    handle: Handle,
    owner: Arc<Owner>,
}

struct Owner {
    handle: Handle,
    sequence: Arc<Sequence>,
}

impl System {
    /// Makes a system; its root allows 1 restart within 5 s.
    pub fn new() -> Self {
        Self::with(Options::new())
    }

    /// Makes a system whose root supervises its children as the options say:
    /// `Options::new().max_restarts(100).within(..)`.
    ///
    /// Warns through `tracing` in a program that is built with `panic = "abort"`,
    /// where a panic ends the process, and nothing can be supervised.
    pub fn with(options: Options) -> Self {
        if !runtime::PANICS_UNWIND {
            tracing::warn!(
                target: "circuits",
                "panics abort the process, so no component can be restarted after one: \
                 remove `panic = \"abort\"` from the cargo profile"
            );
        }
        let sequence = Arc::new(Sequence::default());
        let handle = Handle {
            hub: Hub::new(),
            inbox: Root::open(options, sequence.clone()),
        };
        let owner = Arc::new(Owner {
            handle: handle.clone(),
            sequence,
        });
        Self { handle, owner }
    }

    /// Returns a handle that does not keep the system alive.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs until the system has stopped, or SIGINT or SIGTERM arrives.
    ///
    /// A signal is fired as [`Signal`](crate::event::Signal) on all channels;
    /// then the system shuts down ([`Handle::shutdown`]), unless a handler called
    /// `cx.stop_propagation()`. A second signal shortens that: the phase that runs
    /// is cut off, those after it are left out, and the tree is stopped. A third
    /// one kills it.
    ///
    /// For use in `main`: where the exit code is not 0, this ends the process
    /// with it once everything has stopped. Use [`System::join`] where the
    /// process shall go on.
    ///
    /// # Errors
    /// A component failed more often than the root of the tree allows.
    pub async fn run(&self) -> Result<(), Error> {
        let stopped = self.join();
        let signals = signal::serve(&self.handle);
        let code = tokio::select! {
            biased;
            code = stopped => code?,
            error = signals => return Err(error),
        };
        match code {
            0 => Ok(()),
            code => std::process::exit(i32::from(code)),
        }
    }

    /// Waits until the system has stopped; returns its exit code: the first that
    /// was asked for and is not 0, else [`Phase::FAILED`] where the shutdown did
    /// not go as planned, else 0.
    ///
    /// # Errors
    /// A component failed more often than the root of the tree allows.
    pub async fn join(&self) -> Result<u8, Error> {
        self.handle.place();
        self.owner.sequence.resume(&self.handle);
        self.handle.hub.clone().stopped().await;
        if let Some(error) = self.handle.hub.failure() {
            return Err(error);
        }
        Ok(match self.handle.hub.exit_code() {
            0 if self.owner.sequence.has_failed() => Phase::FAILED,
            code => code,
        })
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Deref for System {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.sequence.cut();
        self.handle.inbox.shut_down(Command::Kill);
    }
}

/// Writes `<System [R]>`, or `[S]` once it has stopped.
impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_stopped() { 'S' } else { 'R' };
        write!(f, "<System [{state}]>")
    }
}

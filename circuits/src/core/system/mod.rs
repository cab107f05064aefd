//! The system: the root of a tree of components, and its way to end.

mod signal;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::core::component::{Command, Handle, Inbox, Options};
use crate::core::event::Error;
use crate::core::route::Hub;
use crate::core::supervisor::Root;

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
    _owner: Arc<Owner>,
}

struct Owner {
    inbox: Arc<Inbox>,
}

impl System {
    /// Makes a system; its root allows 1 restart within 5 s.
    pub fn new() -> Self {
        Self::with(Options::new())
    }

    /// Makes a system whose root supervises its children as the options say:
    /// `Options::new().max_restarts(100).within(..)`.
    pub fn with(options: Options) -> Self {
        let inbox = Root::open(options);
        let owner = Arc::new(Owner {
            inbox: inbox.clone(),
        });
        Self {
            handle: Handle {
                hub: Hub::new(),
                inbox,
            },
            _owner: owner,
        }
    }

    /// Returns a handle that does not keep the system alive.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Runs until the system has stopped, or SIGINT or SIGTERM arrives.
    ///
    /// A signal is fired as [`Signal`](crate::event::Signal) on all channels;
    /// then the system drains, unless a handler called `cx.stop_propagation()`.
    /// A second signal stops it, a third ends it at once.
    ///
    /// For use in `main`: after `exit(code)` with a code that is not 0, this
    /// ends the process with that code once everything has stopped. Use
    /// [`System::join`] where the process shall go on.
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

    /// Waits until the system has stopped; returns its exit code.
    ///
    /// # Errors
    /// A component failed more often than the root of the tree allows.
    pub async fn join(&self) -> Result<u8, Error> {
        self.handle.place();
        self.handle.hub.clone().stopped().await;
        match self.handle.hub.failure() {
            Some(error) => Err(error),
            None => Ok(self.handle.hub.exit_code()),
        }
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
        self.inbox.shut_down(Command::Kill);
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("System")
    }
}

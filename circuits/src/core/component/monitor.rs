//! Monitors: to be told when a component ends.

use std::fmt;
use std::sync::{Arc, Weak};

use crate::core::component::watch::{Listener, Watch, WatchId, Watched, ear, enter, withdraw};
use crate::core::component::{Body, Cell, Component};
use crate::core::reply::Stamp;

/// A component, or one life of it, that a component monitors.
///
/// Made by [`Context::monitor`](crate::Context::monitor). Dropping the handle
/// changes nothing.
///
/// # Examples
///
/// ```
/// # use circuits::Monitor;
/// # use circuits::event::{Down, Restarted};
/// # use circuits::prelude::*;
/// # #[derive(Event)]
/// # struct Hire { worker: Address<Worker> }
/// # #[derive(Event)]
/// # struct Dismiss;
/// # #[component]
/// # struct Worker;
/// # #[component]
/// # impl Worker {}
/// #[component]
/// struct Boss {
///     monitor: Option<Monitor>,
/// }
///
/// #[component]
/// impl Boss {
///     #[handler("hire")]
///     fn hire(&mut self, event: &Hire, cx: &Context<Self>) {
///         self.monitor = Some(cx.monitor(&event.worker));
///     }
///
///     #[handler("dismiss")]
///     fn dismiss(&mut self, _event: &Dismiss) {
///         if let Some(monitor) = self.monitor.take() {
///             monitor.cancel(); // and hears no more of it
///         }
///     }
///
///     #[handler("restarted")]
///     fn restarted(&mut self, event: &Restarted) {
///         println!("{} failed: {}", event.name, event.end);
///     }
///
///     #[handler("down")]
///     fn down(&mut self, event: &Down) {
///         println!("{} has left: {}", event.name, event.end);
///     }
/// }
/// ```
pub struct Monitor {
    watcher: Weak<dyn Body>,
    target: Weak<dyn Body>,
    id: WatchId,
    stamp: Arc<Stamp>,
}

impl Monitor {
    /// Ends the monitor: no notice of it is handled any more, not even one that
    /// waits in the mailbox already.
    pub fn cancel(&self) {
        self.stamp.revoke();
        withdraw(&self.target, self.id);
        if let Some(watcher) = self.watcher.upgrade() {
            watcher.watches().unnote(self.id);
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monitor({})", self.id)
    }
}

/// Begins to monitor a component, or one life of it.
pub(crate) fn monitor<C: Component>(
    watcher: &Arc<Cell<C>>,
    stamp: Arc<Stamp>,
    target: Arc<dyn Body>,
    life: Option<u64>,
) -> Monitor {
    let id = WatchId::new(watcher.hub());
    let ear = ear(watcher, &stamp);
    let monitor = Monitor {
        watcher: ear.watcher.clone(),
        target: Arc::downgrade(&target),
        id,
        stamp,
    };
    watcher.watches().note(id, monitor.target.clone());
    let listener = Listener::Monitor(ear);
    enter(&target, id, Watch { life, listener });
    monitor
}

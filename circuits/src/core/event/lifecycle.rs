//! What the framework tells about components and the process.
//!
//! A handler of a component event without a channel of its own hears of its own
//! component only; one with `channel = ".."` hears of every component on that
//! channel, and with `channel = "*"` of all.

use std::sync::Arc;

use crate::core::event::{Error, Event, Inline};
use crate::core::id::ComponentId;

macro_rules! lifecycle_event {
    ($(#[$doc:meta])* $type:ident, $name:literal { $($(#[$field_doc:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $type {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        #[diagnostic::do_not_recommend]
        impl Event for $type {
            type Reply = ();
            type Slot = Inline<Self>;
            const NAME: &'static str = $name;

            fn describe(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(self, f)
            }
        }

        impl $type {
            pub(crate) fn new($($field: $kind),*) -> Self {
                Self { $($field),* }
            }
        }
    };
}

lifecycle_event! {
    /// Fired when a component has joined the tree, before it starts; again when it moves.
    Registered, "registered" {
        /// The component.
        component: ComponentId,
        /// Its name.
        name: Arc<str>,
        /// The component above it.
        parent: ComponentId,
    }
}

lifecycle_event! {
    /// Fired at the start of each life of a component, before its first event.
    Started, "started" {
        /// The component.
        component: ComponentId,
        /// Its name.
        name: Arc<str>,
        /// Which life begins; the first is 1.
        life: u64,
    }
}

lifecycle_event! {
    /// Fired when a life of a component ends in order: after its last event
    /// and after its children, before its value is dropped.
    Stopped, "stopped" {
        /// The component.
        component: ComponentId,
        /// Its name.
        name: Arc<str>,
        /// Which life ends.
        life: u64,
        /// Whether it was drained: what waited in its mailbox has been handled.
        drained: bool,
    }
}

/// Fired when a life of a component fails, on the value that failed: after its
/// tasks and timers have ended, before the value is dropped and before the next
/// life begins.
///
/// Without a handler the value is just dropped, for what it holds may be half
/// done. A handler has as long as the type of the component says that it may take
/// to shut down; its own
/// failure is reported and changes nothing more. It does not run where the life
/// is cut off from outside, at an await of a handler: by a kill, a missed
/// deadline, a panic of a task, or the failure of those below it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Crashed {
    /// The component.
    pub component: ComponentId,
    /// Its name.
    pub name: Arc<str>,
    /// Which life failed.
    pub life: u64,
    /// What it failed with.
    pub error: Error,
}

impl Crashed {
    pub(crate) fn new(component: ComponentId, name: Arc<str>, life: u64, error: Error) -> Self {
        Self {
            component,
            name,
            life,
            error,
        }
    }
}

#[diagnostic::do_not_recommend]
impl Event for Crashed {
    type Reply = ();
    type Slot = Inline<Self>;
    const NAME: &'static str = "crashed";

    fn describe(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

lifecycle_event! {
    /// Fired before a component is taken out of the tree; it leaves when this
    /// event is complete.
    PrepareUnregister, "prepare_unregister" {
        /// The component.
        component: ComponentId,
        /// Its name.
        name: Arc<str>,
    }
}

lifecycle_event! {
    /// Fired when a component has left the tree.
    Unregistered, "unregistered" {
        /// The component.
        component: ComponentId,
        /// Its name.
        name: Arc<str>,
        /// The component that was above it.
        parent: ComponentId,
    }
}

lifecycle_event! {
    /// Fired on all channels when a phase of the shutdown begins; the phase is
    /// over when all handlers of this event are done, and its tasks.
    ///
    /// An error that a handler returns is a failure of the phase.
    ShutdownPhase, "shutdown_phase" {
        /// The name of the phase.
        phase: Arc<str>,
    }
}

lifecycle_event! {
    /// Fired on all channels when the process gets SIGINT or SIGTERM while
    /// `System::run` waits. Then the system shuts down, unless a handler called
    /// `cx.stop_propagation()`.
    Signal, "signal" {
        /// 2 for SIGINT, 15 for SIGTERM.
        number: i32,
    }
}

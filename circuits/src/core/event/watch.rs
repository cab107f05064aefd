//! What watchers of a component are told.

use std::fmt;
use std::sync::Arc;

use crate::core::event::{Boxed, End, Event};
use crate::core::id::ComponentId;

macro_rules! notice {
    ($(#[$doc:meta])* $type:ident, $name:literal, $(#[$life_doc:meta])* life) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct $type {
            /// The component that was watched.
            pub component: ComponentId,
            /// Its name.
            pub name: Arc<str>,
            $(#[$life_doc])*
            pub life: u64,
            /// How that life ended.
            pub end: End,
        }

        impl $type {
            pub(crate) fn new(component: ComponentId, name: Arc<str>, life: u64, end: End) -> Self {
                Self {
                    component,
                    name,
                    life,
                    end,
                }
            }
        }

        #[diagnostic::do_not_recommend]
        impl Event for $type {
            type Reply = ();
            type Slot = Boxed<Self>;
            const NAME: &'static str = $name;

            fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

notice! {
    /// Told to who monitors a component, once it has left for good, or to who
    /// monitors one life, once that has ended.
    ///
    /// It goes to the watcher's own handlers and to nobody else: not to a handler
    /// with a channel. See [`Context::monitor`](crate::Context::monitor) for what
    /// is promised, and [`Context::link`](crate::Context::link).
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::event::{Down, End};
    /// use circuits::prelude::*;
    ///
    /// #[component]
    /// struct Guard;
    ///
    /// #[component]
    /// impl Guard {
    ///     #[handler("down")]
    ///     fn down(&mut self, event: &Down) {
    ///         match &event.end {
    ///             End::Gone => println!("{} had left before", event.name),
    ///             end if end.is_failure() => println!("{} failed: {end}", event.name),
    ///             _ => println!("{} has left", event.name),
    ///         }
    ///     }
    /// }
    /// ```
    Down, "down",
    /// Its last life, or the one that was monitored.
    life
}

notice! {
    /// Told to who monitors a component, each time that a life of it has ended
    /// and its supervisor is about to begin the next one.
    ///
    /// It is told before that life begins; with a backoff, long before. It goes to
    /// the watcher's own handlers and to nobody else, and where there is none, it
    /// is left out. See [`Context::monitor`](crate::Context::monitor).
    Restarted, "restarted",
    /// The life that ended.
    life
}

//! Event-driven components as supervised actors, wired by macros.
//!
//! An application is a tree of components. Each owns its state, has a mailbox
//! and runs on tokio. Components do not name each other: they fire events on
//! channels, and declare handlers for the events that they want.
//!
//! ```
//! use circuits::prelude::*;
//!
//! #[derive(Event, Debug)]
//! #[event(reply = String)]
//! struct Hello {
//!     name: String,
//! }
//!
//! #[component(channel = "greeter")]
//! #[derive(Default)]
//! struct Greeter {
//!     greeted: u64,
//! }
//!
//! #[component]
//! impl Greeter {
//!     #[handler("hello")]
//!     fn hello(&mut self, event: &Hello) -> String {
//!         self.greeted += 1;
//!         format!("Hello, {}! You are number {}.", event.name, self.greeted)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> circuits::Result<()> {
//!     let system = System::new();
//!     system.supervise(Greeter::default).await?;
//!     let answer = system.on("greeter").call(Hello { name: "world".into() }).await?;
//!     assert_eq!(answer, "Hello, world! You are number 1.");
//!     Ok(())
//! }
//! ```
//!
//! # Where to find what
//!
//! Start with the [`prelude`], [`System`] and [`Context`], and with the macros:
//! [`derive(Event)`](macro@Event), [`#[component]`](macro@component) and
//! [`#[handler]`](macro@handler), which list their keys. The guide in `book/`
//! teaches it all from zero and says what is promised.
//!
//! | Module | What it has |
//! |---|---|
//! | [`prelude`] | What most programs use; made to be imported whole. |
//! | [`mod@component`] | Who acts: contexts, addresses, what `fire`, `call` and `wait` return, restarts, timers; and what the macros write. |
//! | [`event`] | What is sent: the trait, the framework's own events (`Started`, `Signal`, `Exception`, `DeadLetter`), feedback. |
//! | [`mailbox`] | Where events wait: what a full mailbox does (`Overflow`). |
//! | [`reply`] | What comes back: answers, and why a call has none (`CallError`). |
//! | [`tap`] | Who listens in: hears all that is fired and what comes of it. |
//! | `bridge` | Systems in several processes, joined; with the feature `bridge`. |
//! | `debugger` | Prints what is fired and what fails; with the feature `debugger`. |
//! | `io` | Files, standard streams and processes; with the feature `io`. Serial lines with `serial`, watched directories with `notify`. |
//! | `loader` | Components that are loaded, replaced and unloaded while the system runs, also from a file; with the feature `loader`. |
//! | `metrics` | Counters and histograms for the crate `metrics`; with the feature `metrics`. |
//! | `net` | Servers and clients of TCP and Unix sockets, UDP, pipes; with the feature `net`. TLS with `tls`. |
//! | `protocols` | Lines, and messages of any codec, between streams of bytes and events; with the feature `protocols`. |
//! | `stream` | Byte streams as events, whoever makes the bytes; with the feature `stream`. |
//! | `timer` | A timer as a component of its own; with the feature `timer`. |
//! | `tools` | Looks into a running system: its tree, what its components handle, who fires what to whom; with the feature `tools`. |
//! | `web` | HTTP servers; with the feature `web`. |
//! | `worker` | Work that blocks or computes for long, on threads of its own; with the feature `worker`. In processes, with `worker-process`. |
//! | `testing` | A harness for tests; with the feature `testing`. |
//!
//! # Features
//!
//! `macros` is on unless said, the others are off. Without `macros`,
//! components are written by hand, as the example `by_hand` shows.

mod core;

#[cfg(feature = "bridge")]
pub mod bridge;
#[cfg(feature = "debugger")]
pub mod debugger;
#[cfg(feature = "io")]
pub mod io;
#[cfg(feature = "loader")]
pub mod loader;
#[cfg(feature = "metrics")]
pub mod metrics;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "protocols")]
pub mod protocols;
#[cfg(feature = "stream")]
pub mod stream;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "timer")]
pub mod timer;
#[cfg(feature = "tools")]
pub mod tools;
#[cfg(feature = "web")]
pub mod web;
#[cfg(feature = "worker")]
pub mod worker;

pub use crate::core::component::{
    Address, AnyAddress, AutoShutdown, Backoff, Base, CallAll, Context, Handle, Incarnation, Link,
    LinkBroken, Monitor, OnError, OnLink, OnRestart, Options, Phase, PhaseError, Restart, Shutdown,
    StartError, Strategy, Wait, WaitError,
};
pub use crate::core::event::{AnyEvent, Error, Origin};
pub use crate::core::id::{Channel, ChannelError, ComponentId};
pub use crate::core::reply::{CallError, Deadlock};
pub use crate::core::supervisor::RestartLimit;
pub use crate::core::system::System;
pub use crate::core::{component, event, mailbox, reply, supervisor, tap};
#[cfg(feature = "macros")]
pub use circuits_macros::{Event, component, handler};

/// The result of a handler or of `main`.
pub type Result<T = ()> = std::result::Result<T, Error>;

/// What most programs use.
pub mod prelude {
    pub use std::time::Duration;

    #[cfg(feature = "macros")]
    pub use circuits_macros::{Event, component, handler};

    pub use crate::core::component::{Address, Context};
    pub use crate::core::event::{AnyEvent, Error, Event};
    pub use crate::core::system::System;
}

/// What generated code names; everything here is public elsewhere as well.
#[doc(hidden)]
pub mod __private {
    pub use crate::core::component::{
        Added, AutoShutdown, Base, Component, Context, Declare, Handler, Handles, OnError, OnLink,
        OnRestart, Options, Owned, Ran, Shared, Shutdown, StartBase, Strategy,
    };
    pub use crate::core::event::{
        AnyEvent, Boxed, ByName, Copier, CopyOf, Describe, Error, Event, Feedback, Fit, Fits,
        INLINE_LIMIT, Inline, NameOf, Nameless, Uncopied, check_name, listed_name,
    };
    pub use crate::core::mailbox::{Message, Mode, Overflow};
    pub use crate::core::reply::{Answer, AnyEnvelope, Envelope, Letter, Notice};
}

//! A harness for tests of components; with the feature `testing`, which a program
//! has among its `[dev-dependencies]`.
//!
//! - A [`Probe`] writes down the events of a channel, or of all channels.
//! - [`Probe::expect`] waits for an event, [`Probe::none`] makes sure that it does
//!   not come. What fails says what came instead.
//! - [`settle()`] waits until nothing is left to do.
//! - [`crash()`] makes a component fail as if a handler of its own did.
//!
//! Everything here stands on what the rest of the crate exports, so a harness of
//! another shape can be written beside it.
//!
//! # The paused clock
//!
//! All time of the framework comes from tokio's clock. A test that pauses it, by
//! `#[tokio::test(start_paused = true)]` and tokio's feature `test-util`, takes
//! no time at all: once no task has anything left to do, the clock jumps to the
//! next deadline. Timers fire in their order, restarts wait their backoff, limits
//! pass, and each run of the test is the same. Sockets, threads and other
//! processes know nothing of that clock: a test that talks to them leaves it
//! alone.
//!
//! # Examples
//!
//! ```
//! use circuits::event::Started;
//! use circuits::prelude::*;
//! use circuits::testing::{Probe, crash, settle};
//!
//! #[derive(Event, Clone, Debug)]
//! struct Beat;
//!
//! #[component(channel = "heart")]
//! struct Heart;
//!
//! #[component]
//! impl Heart {
//!     #[handler("started")]
//!     fn started(&mut self, cx: &Context<Self>) {
//!         cx.every(Duration::from_secs(60), Beat);
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> circuits::Result<()> {
//! let system = System::new();
//! let probe = Probe::on(&system, "heart").await?;
//! let heart = system.supervise(|| Heart).await?;
//! probe.expect::<Beat>().within(Duration::from_secs(60)).await?;
//! probe.none::<Beat>().within(Duration::from_secs(59)).await?;
//!
//! probe.clear();
//! crash(&system, &heart, Error::new("it stumbles")).await?;
//! settle().await;
//! assert_eq!(probe.all::<Started>()[0].life, 2);
//! # Ok(())
//! # }
//! ```

mod crash;
mod error;
mod expect;
mod probe;
mod record;
mod settle;

pub use self::crash::crash;
pub use self::error::{CrashError, ExpectError};
pub use self::expect::{Expect, ExpectNone};
pub use self::probe::Probe;
pub use self::settle::settle;

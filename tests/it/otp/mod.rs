//! The reference cases of supervision, by id (`s36_..`), one file a section.
//!
//! A case is an `async fn` that takes a [`World`]. [`cases!`] makes two tests of
//! it: one on a single thread with a paused clock, one on several threads with
//! the real one. Children are scripted and write what happens to them into one
//! trace: name, life, what happened, why. [`World::expect`] compares all of it;
//! what is still there when the case ends fails it.
//!
//! ```text
//! cases!(s28_only_the_child_that_failed_is_new);
//!
//! async fn s28_only_the_child_that_failed_is_new(world: World) {
//!     let system = world.system().await;
//!     world.start(&system, child("a")).await.unwrap();
//!     world.start(&system, child("b")).await.unwrap();
//!     system.on("a").fire(Do(Step::Panic)); // Each listens on its name.
//!     let expected = ["a 1 started", "b 1 started", "a 1 failed: panic", "a 2 started"];
//!     world.expect(&expected).await;
//!     world.expect_reports(&["a crashed in act: panicked: panic", "dead do: Crashed"]).await;
//! }
//! ```
//!
//! Times that a case waits for come from `world.secs(1)` and `world.ms(100)`: on
//! the real clock a second is 20 ms. Limits that must not pass are plain
//! durations, and long ones. Only the paused clock is asked how long something
//! took (`world.is_paused()`).

mod asking;
mod calls;
mod child;
mod dynamic;
mod events;
mod failure;
mod groups;
mod intensity;
mod kept;
mod kinds;
mod messages;
mod monitors;
mod property;
mod sample;
mod shutdown;
mod significant;
mod start;
mod start_specs;
mod stop;
mod stop_kinds;
mod strategies;
mod trace;
mod tree;

use child::{Child, Do, Gate, Observer, Script, Start, Step, Stop, child};
use trace::{Trace, World, cases};
use tree::{Tree, called};

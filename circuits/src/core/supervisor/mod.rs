//! Who restarts whom: one task for the children of one component.
//!
//! A supervisor owns the table of its children; nobody else touches it. It
//! takes one order at a time from its inbox and goes on answering while a
//! child starts, ends or waits to be started again.

mod child;
mod error;
mod moving;
mod root;
mod serve;
mod window;

pub use self::error::RestartLimit;
pub(crate) use self::root::Root;

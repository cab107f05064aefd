//! Who restarts whom: one table for the children of one component.
//!
//! Every component can supervise: it adds children in its handlers, and
//! `#[component(strategy = "..")]` says how they are looked after. [`Supervisor`]
//! is a component that does nothing else, for trees that are declared in one
//! place; [`Dynamic`] has many children of one kind. [`Children`] asks any of
//! them.
//!
//! A supervisor owns the table of its children; nobody else touches it. It
//! serves one order at a time, on the task of who posts it or on its own, and
//! goes on answering while a child starts, ends or waits to be started again.

mod asking;
mod by_event;
mod child;
mod dynamic;
mod ending;
mod error;
mod events;
mod group;
mod lives;
mod moving;
mod root;
mod serve;
mod tree;
mod window;

pub use self::dynamic::{Argument, Dynamic, Start};
pub use self::error::RestartLimit;
pub use self::events::{
    CountChildren, DeleteChild, RestartChild, StartChild, TerminateChild, WhichChildren,
};
pub(crate) use self::root::Root;
pub use self::tree::{ChildStartError, Supervisor};
pub use crate::core::component::{
    Child, ChildCount, ChildError, ChildKind, ChildRef, ChildSpec, ChildState, Children, SpecError,
};

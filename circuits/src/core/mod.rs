//! The core: who sends, where it waits, who acts, what comes back, who restarts whom.
//!
//! Its rooms import downward only, in this order from the ground up:
//! `runtime, id, event, tap, reply, mailbox, route, component, supervisor, system`.

pub mod component;
pub mod event;
pub(crate) mod id;
pub mod mailbox;
pub mod reply;
pub(crate) mod route;
pub(crate) mod runtime;
pub mod supervisor;
pub(crate) mod system;
pub mod tap;

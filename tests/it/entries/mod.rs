//! The core of Python's circuits, entry by entry: each test is named after the
//! entry that it shows, and the guide's chapter "Coming from Python" lists them.
//!
//! Entries of features with a module of their own (timers, workers, bridges, the
//! loader, tools, the debugger) are tested there, under the same names.

mod channels;
mod coroutines;
mod events;
mod feedback;
mod handlers;
mod outside;
mod queue;
mod running;
mod threads;
mod traces;
mod tree;
mod values;

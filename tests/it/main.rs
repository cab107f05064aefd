//! The features of circuits through its public API, one module a feature, and the rules of the house.

mod borrow_rule;
mod calls;
mod cancel;
mod channels;
mod costs;
mod deadlocks;
mod event_priority;
mod events;
mod feedback;
mod fire;
mod handlers;
mod house;
mod http;
mod lifecycle;
mod log;
mod macros;
mod mailbox;
mod order;
mod stages;
mod support;
mod tasks;
mod tcp;
mod unheard;
mod waiting;
mod wordcount;

//! The features of circuits through its public API, one module a feature, and the rules of the house.

mod channels;
mod costs;
mod deadlocks;
mod events;
mod house;
mod http;
mod log;
mod macros;
mod tasks;
mod tcp;
mod unheard;
mod wordcount;

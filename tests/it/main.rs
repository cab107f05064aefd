//! The features of circuits through its public API, one module a feature, and the rules of the house.

mod costs;
mod house;
mod http;
mod macros;
mod tasks;
mod tcp;
mod unheard;
mod wordcount;

//! Runs the samples of the guide and of the README.

#[doc = include_str!("../README.md")]
mod readme {}

#[doc = include_str!("../book/src/what-and-why.md")]
mod what_and_why {}

#[doc = include_str!("../book/src/hello.md")]
mod hello {}

#[doc = include_str!("../book/src/events.md")]
mod events {}

#[doc = include_str!("../book/src/channels.md")]
mod channels {}

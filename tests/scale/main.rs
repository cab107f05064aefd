//! Supervision of many components at once, in random trees.
//!
//! Everything random comes from a seed, which each test prints; `SEED=..` repeats
//! one. Apart from the features, so that a release build can do more of it: see
//! [`random::scaled`].

mod children;
mod kills;
mod model;
mod plan;
mod random;
mod stops;
mod tree;

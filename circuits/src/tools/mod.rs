//! Looking into a running system: its tree, its components.
//!
//! ```text
//! Tree ── a picture of the components below a system, or below one of them
//!  ├─ Entry ── one of them: where it stands, what its supervisor says of it
//!  └─ Graph ── the same as boxes and arrows: SVG, DOT, Mermaid
//! Inspection ── all that is known of one component, as a page of text
//! ```

mod graph;
mod inspect;
mod svg;
mod tree;

pub use self::graph::Graph;
pub use self::inspect::Inspection;
pub use self::tree::{Entry, Tree};

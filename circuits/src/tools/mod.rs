//! Looking into a running system: its tree, its components, who fires what to whom.
//!
//! ```text
//! Tree ── a picture of the components below a system, or below one of them
//!  ├─ Entry ── one of them: where it stands, what its supervisor says of it
//!  └─ Graph ── the same as boxes and arrows: SVG, DOT, Mermaid
//! Recorder ── listens in while it is there
//!  └─ Flow ── who fired what to whom, also as a Graph
//! Inspection ── all that is known of one component, as a page of text
//! ```

mod flow;
mod graph;
mod inspect;
mod svg;
mod tree;

pub use self::flow::{Flow, FlowEdge, Peer, Recorder};
pub use self::graph::Graph;
pub use self::inspect::Inspection;
pub use self::tree::{Entry, Tree};

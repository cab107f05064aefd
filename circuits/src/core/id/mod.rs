//! Names: of components, and of the channels that they listen on.

mod channel;
mod channels;

use std::fmt;

pub use self::channel::{Channel, ChannelError};
pub(crate) use self::channels::Channels;

/// Names one component of one system; it stays the same over restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentId(u64);

impl ComponentId {
    /// The root of the tree, which is the system itself.
    pub const ROOT: Self = Self(0);

    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number behind the id.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

//! How a life of a component ended.

use std::fmt;

use crate::core::event::Error;

/// How one life of a component ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum End {
    /// The component asked to end.
    Normal,
    /// Its supervisor told it to end.
    Shutdown,
    /// It was told to end at once, or took longer to end than it may.
    Killed,
    /// It panicked, or failed for good.
    Failed(Error),
    /// It had ended before anybody asked, and how is not known any more.
    Gone,
}

impl End {
    /// Tells whether it is a failure: anything but an end in order. So is
    /// [`End::Gone`], which is not known to have been in order.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Killed | Self::Failed(_) | Self::Gone)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Normal => f.write_str("it ended by itself"),
            Self::Shutdown => f.write_str("it was told to end"),
            Self::Killed => f.write_str("it was killed"),
            Self::Failed(error) => fmt::Display::fmt(error, f),
            Self::Gone => f.write_str("it had ended before"),
        }
    }
}

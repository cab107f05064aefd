//! Channel names.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::core::id::Channels;

/// The name of a channel: 1 to 255 bytes; `*` stands for all channels.
///
/// A system keeps a channel only while a component listens on it: firing on a
/// million names that nobody listens on leaves nothing behind.
#[derive(Clone, Debug)]
pub struct Channel(Name);

/// Names in the source cost no memory for each component that bears them.
#[derive(Clone, Debug)]
enum Name {
    Literal(&'static str),
    Shared(Arc<str>),
}

impl Channel {
    /// The longest channel name, in bytes.
    pub const LIMIT: usize = 255;

    /// All channels.
    pub(crate) const ALL: Self = Self(Name::Literal("*"));

    /// Checks a name and makes a channel of it.
    ///
    /// # Errors
    /// The name is empty or longer than [`Channel::LIMIT`] bytes.
    pub fn new(name: &str) -> Result<Self, ChannelError> {
        Self::check(name)?;
        Ok(Self(Name::Shared(Arc::from(name))))
    }

    /// Checks a name from the source and makes a channel of it, without a copy.
    pub(crate) fn literal(name: &'static str) -> Result<Self, ChannelError> {
        Self::check(name)?;
        Ok(Self(Name::Literal(name)))
    }

    pub(crate) fn check(name: &str) -> Result<(), ChannelError> {
        match name.len() {
            0 => Err(ChannelError::Empty),
            1..=Self::LIMIT => Ok(()),
            length => Err(ChannelError::TooLong { length }),
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Literal(name) => name,
            Name::Shared(name) => name,
        }
    }

    /// Tells whether this is `*`, all channels.
    pub fn is_all(&self) -> bool {
        self.as_str() == "*"
    }
}

impl PartialEq for Channel {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Channel {}

impl Hash for Channel {
    /// As the name does, so that a map of channels can be asked for a name.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl Borrow<str> for Channel {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is no channel name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The name has no characters.
    #[error("a channel name is empty; write a name, or `*` for all channels")]
    Empty,
    /// The name is longer than [`Channel::LIMIT`].
    #[error(
        "a channel name has {length} bytes; at most {} are allowed",
        Channel::LIMIT
    )]
    TooLong {
        /// The length of the refused name in bytes.
        length: usize,
    },
    /// An event was to be fired on no channel at once, or on more than 64.
    #[error(
        "an event is fired on 1 to {} channels at once, not on {channels}",
        Channels::LIMIT
    )]
    Count {
        /// How many they were.
        channels: usize,
    },
}

//! The channels of one event.

use std::fmt;
use std::slice;
use std::sync::Arc;

use crate::core::id::{Channel, ChannelError};

/// The channels that one event was fired on; none where it was addressed.
#[derive(Clone, Default)]
pub(crate) enum Channels {
    #[default]
    None,
    One(Channel),
    Several(Arc<[Channel]>),
}

impl Channels {
    /// The most channels that one event is fired on at once.
    pub(crate) const LIMIT: usize = 64;

    /// Checks the names of channels to fire on at once.
    pub(crate) fn check(names: &[&str]) -> Result<(), ChannelError> {
        match names.len() {
            1..=Self::LIMIT => names.iter().try_for_each(|name| Channel::check(name)),
            channels => Err(ChannelError::Count { channels }),
        }
    }

    /// Makes a list of names that were checked.
    pub(crate) fn new(names: &[&str]) -> Self {
        let mut channels = names.iter().filter_map(|name| Channel::new(name).ok());
        match names.len() {
            0 | 1 => channels.next().map_or(Self::None, Self::One),
            _ => Self::Several(channels.collect()),
        }
    }

    pub(crate) fn as_slice(&self) -> &[Channel] {
        match self {
            Self::None => &[],
            Self::One(channel) => slice::from_ref(channel),
            Self::Several(channels) => channels,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.as_slice().iter().map(Channel::as_str)
    }
}

impl From<Channel> for Channels {
    fn from(channel: Channel) -> Self {
        Self::One(channel)
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

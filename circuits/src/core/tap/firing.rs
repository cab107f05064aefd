//! One firing, as taps see it: what, from whom, where to, because of what.

use std::fmt;
use std::sync::Arc;

use crate::core::event::Name;
use crate::core::id::{Channels, ComponentId};

/// Names one firing of a system; later ones have greater numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FiringId(u64);

impl FiringId {
    pub(crate) const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number behind the id.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for FiringId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One event that was fired.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Firing {
    /// Which firing it is.
    pub id: FiringId,
    /// The one that its sender was handling; that of an event which is told of,
    /// for the framework's own. None where nobody listened in by then, and for
    /// what timers fire and what comes from outside.
    pub cause: Option<FiringId>,
    /// The name of the event.
    pub event: Name,
    /// The name of its type, of which a program has only so many; `*` where each
    /// event has a name of its own.
    pub kind: &'static str,
    pub(crate) channels: Channels,
    /// The component that it was addressed to; none where it was fired on a
    /// channel.
    pub target: Option<Member>,
    /// Who fired it.
    pub sender: Source,
    /// How many handlers it goes to, a [`Wait`](crate::Wait) among them, of which
    /// no handling is told. With 0 nobody hears it.
    pub receivers: usize,
}

impl Firing {
    /// Returns the channel that it was fired on, the first where it was fired on
    /// several; `None` where it was addressed to one component.
    pub fn channel(&self) -> Option<&str> {
        self.channels().next()
    }

    /// Returns the channels that it was fired on at once.
    pub fn channels(&self) -> impl Iterator<Item = &str> {
        self.channels.names()
    }
}

/// Who fires.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Source {
    /// A handler of a component.
    Handler {
        /// The component.
        component: Member,
        /// The name of the method.
        handler: &'static str,
    },
    /// A timer of a component.
    Timer(Member),
    /// The framework itself.
    Framework,
    /// Anybody else, tasks of components among them.
    Outside,
}

impl Source {
    /// Returns the component that fires.
    pub fn component(&self) -> Option<&Member> {
        match self {
            Self::Handler { component, .. } | Self::Timer(component) => Some(component),
            Self::Framework | Self::Outside => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Handler { component, handler } => write!(f, "{component}.{handler}"),
            Self::Timer(component) => write!(f, "a timer of {component}"),
            Self::Framework => f.write_str("circuits"),
            Self::Outside => f.write_str("outside"),
        }
    }
}

/// One life of a component, by all its names; shown by the one that it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The component.
    pub id: ComponentId,
    /// Its name.
    pub name: Arc<str>,
    /// The name of its type, which many may share.
    pub kind: &'static str,
    /// Which life it lives; the first is 1.
    pub life: u64,
}

impl Member {
    pub(crate) fn new(id: ComponentId, name: Arc<str>, kind: &'static str, life: u64) -> Self {
        Self {
            id,
            name,
            kind,
            life,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

//! What can go wrong between a supervisor and those who ask it.

use std::fmt;
use std::time::Duration;

use crate::core::event::Error;
use crate::core::id::{ChannelError, ComponentId};

/// Why a child could not be added or started.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum StartError {
    /// A sibling with this name lives.
    AlreadyStarted {
        /// The name.
        name: String,
        /// Who has it.
        component: ComponentId,
    },
    /// A sibling with this name is listed, but stands stopped.
    AlreadyPresent {
        /// The name.
        name: String,
    },
    /// A sibling with this name is being started again.
    Restarting {
        /// The name.
        name: String,
        /// Who has it.
        component: ComponentId,
    },
    /// The channel's name is empty or too long.
    BadChannel(ChannelError),
    /// What was said about the child contradicts itself, or its supervisor.
    BadSpec(SpecError),
    /// The factory or its `started` handler failed or panicked.
    Failed {
        /// The name of the component.
        name: String,
        /// Why.
        error: Error,
    },
    /// The `started` handler took longer than the start limit.
    TimedOut {
        /// The name of the component.
        name: String,
        /// The start limit.
        limit: Duration,
    },
    /// The supervisor, or the component, has stopped.
    Stopped,
    /// No tokio runtime runs.
    NoRuntime,
    /// A component cannot be moved below itself.
    OwnDescendant,
    /// A component cannot be moved to another system.
    OtherSystem,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted { name, component } => {
                write!(
                    f,
                    "a sibling named `{name}` runs already: component {component}"
                )
            }
            Self::AlreadyPresent { name } => write!(
                f,
                "a sibling named `{name}` is listed already and stands stopped: restart it, or \
                 delete it first"
            ),
            Self::Restarting { name, component } => write!(
                f,
                "a sibling named `{name}` is being restarted: component {component}"
            ),
            Self::BadChannel(_) => f.write_str("the component cannot listen on this channel"),
            Self::BadSpec(_) => f.write_str("the child cannot be supervised like this"),
            Self::Failed { name, .. } => write!(f, "`{name}` failed to start"),
            Self::TimedOut { name, limit } => {
                write!(f, "`{name}` did not start within {limit:?}")
            }
            Self::Stopped => f.write_str("the supervisor has stopped"),
            Self::NoRuntime => f.write_str("components need a running tokio runtime"),
            Self::OtherSystem => f.write_str("a component cannot be moved to another system"),
            Self::OwnDescendant => f.write_str("a component cannot be moved below itself"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Failed { error, .. } => Some(error.as_dyn()),
            Self::BadChannel(error) => Some(error),
            Self::BadSpec(error) => Some(error),
            _ => None,
        }
    }
}

/// What is wrong with the specification of a tree, found before anything starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Two children of one supervisor have the same name.
    #[error("two children are named `{0}`: give one another name")]
    DuplicateName(String),
    /// The window in which restarts are counted has no length.
    #[error("restarts are counted within a time of zero: give `within` a length")]
    ZeroWindow,
    /// A child is significant, but its supervisor never shuts down by itself.
    #[error("`{0}` is significant, but its supervisor's auto-shutdown is `Never`")]
    NeverSignificant(String),
    /// A permanent child is significant, but is started again whenever it ends.
    #[error("`{0}` is significant and permanent: make it transient or temporary")]
    PermanentSignificant(String),
}

/// Why a supervisor could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChildError {
    /// No child is called that.
    #[error("no child is named `{0}`")]
    NotFound(String),
    /// The child runs: terminate it first.
    #[error("`{0}` runs: terminate it first")]
    Running(String),
    /// The child is being started again: terminate it first.
    #[error("`{0}` is being restarted: wait for it, or terminate it first")]
    Restarting(String),
    /// The child is of another type than was asked for.
    #[error("`{0}` is a component of another type")]
    OtherType(String),
    /// The child did not start.
    #[error("the child could not be started")]
    Start(#[from] StartError),
    /// The supervisor has stopped.
    #[error("the supervisor has stopped")]
    Stopped,
}

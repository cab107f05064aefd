//! Why a supervisor gave up.

use std::fmt;
use std::time::Duration;

use crate::core::event::Error;

/// A child failed more often than its supervisor allows.
#[derive(Clone, Debug)]
pub struct RestartLimit {
    pub(crate) child: String,
    pub(crate) restarts: u32,
    pub(crate) within: Duration,
    pub(crate) cause: Option<Error>,
}

impl RestartLimit {
    /// Returns the name of the child whose end was one too many.
    pub fn child(&self) -> &str {
        &self.child
    }
}

impl fmt::Display for RestartLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            child,
            restarts,
            within,
            ..
        } = self;
        write!(
            f,
            "`{child}` ended once more after {restarts} restarts within {within:?}"
        )
    }
}

impl std::error::Error for RestartLimit {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.cause.as_ref()?.as_dyn())
    }
}

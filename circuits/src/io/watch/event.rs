//! What a watch tells, and what it can be asked.

use std::path::{Path, PathBuf};

use crate::{Error, Event};

/// Fired when a file or directory has come to be.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Created {
    /// Its absolute path.
    pub path: PathBuf,
    /// Whether it is a directory.
    pub is_directory: bool,
}

/// Fired when a file or directory is gone.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Deleted {
    /// The absolute path that it had.
    pub path: PathBuf,
    /// Whether it was a directory.
    pub is_directory: bool,
}

/// Fired when a file or directory has changed.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Modified {
    /// Its absolute path.
    pub path: PathBuf,
    /// What of it has changed.
    pub change: Change,
}

/// What of a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// What it contains, or more than the system tells.
    Content,
    /// Its owner, its permissions, its times.
    Metadata,
}

/// Fired when a file or directory has another name.
///
/// One that leaves what is watched has no new name here, one that comes from
/// elsewhere no old one.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Moved {
    /// The absolute path that it had, where that was watched.
    pub from: Option<PathBuf>,
    /// The absolute path that it has, where that is watched.
    pub to: Option<PathBuf>,
}

/// Fired when a file or directory was opened or closed, if the watch was made
/// with [`accesses`](crate::io::Watch::accesses).
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Accessed {
    /// Its absolute path.
    pub path: PathBuf,
    /// What was done with it.
    pub access: Access,
}

/// What was done with a file that somebody has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Access {
    /// It was opened.
    Opened,
    /// It was read, where the system tells this.
    Read,
    /// It was closed by one who could write: what was to be written stands there.
    Written,
    /// It was closed by one who could only read, where the system tells this.
    Closed,
    /// It was used in a way that the system does not tell.
    Other,
}

/// Fired when changes were lost, since they came faster than they were taken.
///
/// Whoever needs to know all looks for itself. Directories that came to be
/// meanwhile are watched as they should be, and told as [`Created`] with what is
/// in them.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Overflow {
    /// Where there was no more room.
    pub queue: Queue,
}

/// A queue that changes wait in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Queue {
    /// That of the kernel.
    Kernel,
    /// That of the component; see [`queue`](crate::io::Watch::queue).
    Component,
}

/// Fired when a directory that came to be later cannot be watched, most often
/// since the system allows no more watches, or when the system fails otherwise.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct WatchFailed {
    /// The directory; none where the failure is not about one.
    pub path: Option<PathBuf>,
    /// Why.
    pub error: Error,
}

/// Asks a watch to watch one path more.
///
/// The reply comes when it is watched: what changes from then on is told. It is
/// `false` if the path was added before, which then stays, with what is below it if
/// either says so. A path that cannot be watched is an error,
/// [`WatchError`](crate::io::WatchError).
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate, reply = bool)]
#[non_exhaustive]
pub struct AddPath {
    /// The file or directory.
    pub path: PathBuf,
    /// Whether what is below is watched as well.
    pub is_recursive: bool,
}

impl AddPath {
    /// Watches a file, or a directory and what stands directly in it.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            is_recursive: false,
        }
    }

    /// Watches a directory and all that is below.
    pub fn recursive(path: impl AsRef<Path>) -> Self {
        Self {
            is_recursive: true,
            ..Self::new(path)
        }
    }
}

/// Asks a watch to watch a path no more, and nothing below it.
///
/// The reply tells whether it was watched. Nothing of it is told from then on but
/// what is on its way already.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate, reply = bool)]
#[non_exhaustive]
pub struct RemovePath {
    /// The file or directory.
    pub path: PathBuf,
}

impl RemovePath {
    /// Names the path.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
        }
    }
}

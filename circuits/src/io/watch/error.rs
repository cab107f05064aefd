//! Why a path cannot be watched.

use std::path::{Path, PathBuf};

/// A path cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be watched{hint}", path = path.display())]
pub struct WatchError {
    path: PathBuf,
    hint: &'static str,
    source: notify::Error,
}

impl WatchError {
    pub(crate) fn new(path: &Path, source: notify::Error) -> Self {
        let hint = match source.kind {
            notify::ErrorKind::MaxFilesWatch => {
                ": raise the limit of watches (on Linux fs.inotify.max_user_watches) or watch less"
            }
            notify::ErrorKind::PathNotFound => ": make it first",
            _ => "",
        };
        Self {
            path: path.to_owned(),
            hint,
            source,
        }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

//! The file that a loader reads, and how it is watched.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use crate::loader::Mistake;

/// What a file was when it was looked at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Text(Arc<str>),
    TooLarge,
    /// It could not be read, for this kind of reason.
    Unreadable(ErrorKind),
}

/// Looks at a file: what it is, and its text or why there is none.
pub(crate) async fn look(file: &Path, limit: u64) -> (Seen, Result<Arc<str>, Mistake>) {
    match read(file, limit).await {
        Ok(Some(text)) => (Seen::Text(text.clone()), Ok(text)),
        Ok(None) => {
            let file = file.to_owned();
            (Seen::TooLarge, Err(Mistake::TooLarge { file, limit }))
        }
        Err(error) => {
            let seen = Seen::Unreadable(error.kind());
            let (file, error) = (file.to_owned(), Arc::new(error));
            (seen, Err(Mistake::Read { file, error }))
        }
    }
}

/// Reads a file of UTF-8; `None` if it is larger than the limit.
async fn read(file: &Path, limit: u64) -> io::Result<Option<Arc<str>>> {
    // To open a pipe would wait for somebody to write.
    if !tokio::fs::metadata(file).await?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    let mut bytes = Vec::new();
    let opened = tokio::fs::File::open(file).await?;
    opened
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .await?;
    if bytes.len() as u64 > limit {
        return Ok(None);
    }
    let text = String::from_utf8(bytes);
    text.map(|text| Some(text.into()))
        .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

/// Watches the folder of a file, for as long as the watcher is kept, and tells of
/// each change.
///
/// It is the folder that is watched, so that a file which is replaced by another, as
/// editors do, is still seen. As many changes as there are, one telling waits at most.
pub(crate) fn watch(file: &Path, touched: Arc<Notify>) -> Result<RecommendedWatcher, Mistake> {
    let watched = || {
        let tell = move |event: notify::Result<notify::Event>| {
            // Reading is no change, and an error may hide one.
            if event.map_or(true, |event| !event.kind.is_access()) {
                touched.notify_one();
            }
        };
        let mut watcher = notify::recommended_watcher(tell)?;
        watcher.watch(&folder(file), RecursiveMode::NonRecursive)?;
        Ok(watcher)
    };
    watched().map_err(|error: notify::Error| Mistake::Watch {
        file: file.to_owned(),
        error: Arc::new(io::Error::other(error)),
    })
}

fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

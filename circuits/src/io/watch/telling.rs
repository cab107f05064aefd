//! What is told on the channel, at once or after the time in which it is gathered.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::Handle;
use crate::io::{
    Access, Accessed, Change, Created, Deleted, Modified, Moved, Overflow, Queue, WatchFailed,
};

/// One thing to tell.
#[derive(Debug)]
pub(super) enum News {
    Created(PathBuf, bool),
    Deleted(PathBuf, bool),
    Modified(PathBuf, Change),
    Moved(Option<PathBuf>, Option<PathBuf>),
    Accessed(PathBuf, Access),
    Overflow(Queue),
    Failed(WatchFailed),
}

impl News {
    /// The path, where it is news about one alone, which can be put together.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Created(path, _)
            | Self::Deleted(path, _)
            | Self::Modified(path, _)
            | Self::Accessed(path, _) => Some(path),
            Self::Moved(..) | Self::Overflow(_) | Self::Failed(_) => None,
        }
    }

    /// Puts later news about the same path together with this.
    fn and(self, later: Self) -> Merged {
        match (self, later) {
            (created @ Self::Created(..), Self::Modified(..) | Self::Accessed(..)) => {
                Merged::One(created)
            }
            (Self::Created(..), Self::Deleted(..)) => Merged::Nothing,
            (Self::Modified(..) | Self::Accessed(..), deleted @ Self::Deleted(..)) => {
                Merged::One(deleted)
            }
            (Self::Modified(path, Change::Content), Self::Modified(..) | Self::Accessed(..)) => {
                Merged::One(Self::Modified(path, Change::Content))
            }
            (modified @ Self::Modified(..), Self::Accessed(..)) => Merged::One(modified),
            (Self::Modified(..) | Self::Accessed(..), later @ Self::Modified(..))
            | (Self::Accessed(..), later @ Self::Accessed(..)) => Merged::One(later),
            (first, later) => Merged::Two(first, later),
        }
    }
}

enum Merged {
    Nothing,
    One(News),
    /// They cannot be put together.
    Two(News, News),
}

/// Tells news, in order.
pub(super) struct Telling {
    pub(super) system: Handle,
    pub(super) channel: Arc<str>,
    /// For how long the news about one path are gathered.
    pub(super) window: Option<Duration>,
    /// So many paths may be gathered at once.
    pub(super) room: usize,
    pub(super) gathered: HashMap<PathBuf, News>,
    /// When to tell of which path: the window of the first news. A path may stand
    /// here without news, where these are told already.
    pub(super) due: VecDeque<(Instant, PathBuf)>,
}

impl Telling {
    /// Returns when gathered news are due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.due.front().map(|(due, _)| *due)
    }

    pub(super) async fn tell(&mut self, news: News) {
        let (Some(window), Some(path)) = (self.window, news.path()) else {
            // Told after what happened before.
            self.tell_gathered().await;
            return self.fire(news).await;
        };
        let path = path.to_owned();
        let news = match self.gathered.remove(&path) {
            None => {
                if self.due.len() >= self.room {
                    self.tell_gathered().await;
                }
                self.due.push_back((Instant::now() + window, path.clone()));
                news
            }
            Some(first) => match first.and(news) {
                Merged::Nothing => return,
                Merged::One(news) => news,
                Merged::Two(first, news) => {
                    self.fire(first).await;
                    news
                }
            },
        };
        self.gathered.insert(path, news);
    }

    /// Tells what is due.
    pub(super) async fn tell_due(&mut self) {
        let now = Instant::now();
        while let Some((_, path)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            if let Some(news) = self.gathered.remove(&path) {
                self.fire(news).await;
            }
        }
    }

    /// Tells all that is gathered, in order.
    async fn tell_gathered(&mut self) {
        while let Some((_, path)) = self.due.pop_front() {
            if let Some(news) = self.gathered.remove(&path) {
                self.fire(news).await;
            }
        }
    }

    async fn fire(&self, news: News) {
        let on = self.system.on(&self.channel);
        match news {
            News::Created(path, is_directory) => on.fire(Created { path, is_directory }).await,
            News::Deleted(path, is_directory) => on.fire(Deleted { path, is_directory }).await,
            News::Modified(path, change) => on.fire(Modified { path, change }).await,
            News::Moved(from, to) => on.fire(Moved { from, to }).await,
            News::Accessed(path, access) => on.fire(Accessed { path, access }).await,
            News::Overflow(queue) => on.fire(Overflow { queue }).await,
            News::Failed(failed) => on.fire(failed).await,
        }
    }
}

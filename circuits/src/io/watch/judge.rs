//! What the backend's notices mean, going by what is watched.

use std::path::PathBuf;

use crate::io::watch::backend::Notice;
use crate::io::watch::telling::News;
use crate::io::watch::tree::{Growth, Tree};
use crate::io::{Queue, WatchFailed};

/// Makes news of notices; runs on threads that may block, as its tree does.
pub(super) struct Judge {
    pub(super) tree: Tree,
    /// The first half of a move, and the number of the move.
    half: Option<(PathBuf, usize)>,
}

impl Judge {
    pub(super) fn new(tree: Tree) -> Self {
        Self { tree, half: None }
    }

    pub(super) fn judge(&mut self, notices: Vec<Notice>) -> Vec<News> {
        let mut news = Vec::with_capacity(notices.len());
        for notice in notices {
            self.take(notice, &mut news);
        }
        news
    }

    /// Tells whether the second half of a move may come.
    pub(super) fn has_half(&self) -> bool {
        self.half.is_some()
    }

    /// Gives up waiting for the second half of a move.
    pub(super) fn end_half(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        if let Some((from, _)) = self.half.take() {
            self.tree.went(&from);
            news.push(News::Moved(Some(from), None));
        }
        news
    }

    /// Finds what was missed.
    pub(super) fn rescan(&mut self, queue: Queue) -> Vec<News> {
        let mut news = vec![News::Overflow(queue)];
        tell_growth(self.tree.rescan(), &mut news);
        news
    }

    fn take(&mut self, notice: Notice, news: &mut Vec<News>) {
        match notice {
            Notice::Created(path, is_directory) => {
                if self.tree.covers(&path) && self.tree.came(&path) {
                    let is_directory = is_directory.unwrap_or_else(|| path.is_dir());
                    news.push(News::Created(path.clone(), is_directory));
                    if is_directory {
                        tell_growth(self.tree.grow(&path), news);
                    }
                }
            }
            Notice::Deleted(path, is_directory) => {
                let is_directory = is_directory || self.tree.has_directory(&path);
                if self.tree.covers(&path) && self.tree.went(&path) {
                    news.push(News::Deleted(path, is_directory));
                }
            }
            Notice::Modified(path, change) => {
                if self.tree.covers(&path) {
                    news.push(News::Modified(path, change));
                }
            }
            Notice::Accessed(path, access) => {
                if self.tree.covers(&path) {
                    news.push(News::Accessed(path, access));
                }
            }
            Notice::From(path, Some(number)) => {
                news.extend(self.end_half());
                if self.tree.covers(&path) {
                    self.half = Some((path, number));
                }
            }
            // A watched path tells this of itself; the one above knows more.
            Notice::From(path, None) => {
                if self.tree.is_root(&path) {
                    self.tree.remove(&path);
                    news.push(News::Moved(Some(path), None));
                }
            }
            Notice::To(path, number) => {
                let half = self.half.take_if(|(_, other)| Some(*other) == number);
                let from = half.map(|(from, _)| from);
                if let Some(from) = &from {
                    // The backend has forgotten it and what is below.
                    self.tree.forget(from);
                }
                let to = Some(path.clone()).filter(|path| self.tree.covers(path));
                let is_new = from.is_none();
                if from.is_none() && to.is_none() {
                    return;
                }
                self.tree.came(&path);
                news.push(News::Moved(from, to));
                let growth = self.tree.grow(&path);
                if is_new {
                    tell_growth(growth, news);
                } else {
                    // What moved along with its directory is not new.
                    tell_failures(growth, news);
                }
            }
            Notice::Overflow => news.extend(self.rescan(Queue::Kernel)),
            Notice::Failed(error) => {
                let path = error.paths.first().cloned();
                let error = error.into();
                news.push(News::Failed(WatchFailed { path, error }));
            }
        }
    }
}

fn tell_growth(growth: Growth, news: &mut Vec<News>) {
    let entries = growth.entries.iter();
    news.extend(entries.map(|entry| News::Created(entry.path.clone(), entry.is_directory)));
    tell_failures(growth, news);
}

fn tell_failures(growth: Growth, news: &mut Vec<News>) {
    news.extend(growth.errors.into_iter().map(|error| {
        let path = Some(error.path().to_owned());
        let error = error.into();
        News::Failed(WatchFailed { path, error })
    }));
}

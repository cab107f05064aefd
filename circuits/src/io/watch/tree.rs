//! What is watched: the paths that were asked for and the directories below them.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::io::WatchError;

/// The watched paths of one life of a watch. Its methods ask the file system, so
/// they run on threads that may block.
///
/// Each directory is watched by itself, never by the backend's own recursion: so a
/// new one is watched before it is looked through, and nothing in it is missed.
pub(super) struct Tree {
    watcher: RecommendedWatcher,
    /// Whether directories that come to be are watched, too.
    grows: bool,
    /// What was asked for, and whether with all below.
    roots: HashMap<PathBuf, bool>,
    /// The directories that are watched, roots included.
    directories: HashSet<PathBuf>,
    /// What a look into a new directory found: the backend may tell it again.
    found: HashSet<PathBuf>,
    /// Watched directories whose end was told: the backend tells it twice, by the
    /// directory itself and by the one above.
    ended: HashSet<PathBuf>,
}

/// An entry of a new directory.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) is_directory: bool,
}

/// What came of looking into new directories.
#[derive(Default)]
pub(super) struct Growth {
    pub(super) entries: Vec<Entry>,
    pub(super) errors: Vec<WatchError>,
}

impl Tree {
    pub(super) fn new(watcher: RecommendedWatcher, grows: bool) -> Self {
        Self {
            watcher,
            grows,
            roots: HashMap::new(),
            directories: HashSet::new(),
            found: HashSet::new(),
            ended: HashSet::new(),
        }
    }

    /// Watches a path, all of it or nothing; `false` if it was added before.
    pub(super) fn add(&mut self, path: &Path, is_recursive: bool) -> Result<bool, WatchError> {
        let path = absolute(path);
        self.watch(&path)?;
        let mut growth = Growth::default();
        if fs::metadata(&path).is_ok_and(|it| it.is_dir()) {
            self.directories.insert(path.clone());
            if is_recursive {
                self.look_into(&path, &mut growth);
            }
        }
        // They were there before: nobody is told.
        for entry in &growth.entries {
            self.found.remove(&entry.path);
        }
        let before = self.roots.get(&path).copied();
        let is_recursive = is_recursive || before.unwrap_or_default();
        self.roots.insert(path.clone(), is_recursive);
        match growth.errors.into_iter().next() {
            None => Ok(before.is_none()),
            Some(error) => {
                self.remove(&path);
                Err(error)
            }
        }
    }

    /// Watches a path and what is below it no more; tells whether it was watched.
    pub(super) fn remove(&mut self, path: &Path) -> bool {
        let path = absolute(path);
        let roots = self.roots.keys();
        let directories = self.directories.iter();
        let below: HashSet<PathBuf> = roots
            .chain(directories)
            .filter(|it| it.starts_with(&path))
            .cloned()
            .collect();
        for path in &below {
            // The backend may have forgotten one that is gone.
            let _ = self.watcher.unwatch(path);
        }
        self.forget(&path);
        !below.is_empty()
    }

    /// Forgets a path and what is below it, which the backend watches no more.
    pub(super) fn forget(&mut self, path: &Path) {
        self.roots.retain(|it, _| !it.starts_with(path));
        self.directories.retain(|it| !it.starts_with(path));
        self.found.retain(|it| !it.starts_with(path));
    }

    /// Takes note that an entry has come to be; `false` if that is known already.
    pub(super) fn came(&mut self, path: &Path) -> bool {
        self.ended.remove(path);
        !self.found.contains(path)
    }

    /// Takes note that an entry is gone; `false` if that is known already.
    pub(super) fn went(&mut self, path: &Path) -> bool {
        if self.directories.contains(path) || self.roots.contains_key(path) {
            self.forget(path);
            self.ended.insert(path.to_owned());
            return true;
        }
        self.found.remove(path);
        !self.ended.remove(path)
    }

    /// Watches a new directory if it belongs to what is watched with all below, and
    /// finds what is in it.
    pub(super) fn grow(&mut self, directory: &Path) -> Growth {
        let mut growth = Growth::default();
        let is_new = !self.directories.contains(directory);
        // By its own kind, not by that of what a link names.
        let is_directory = fs::symlink_metadata(directory).is_ok_and(|it| it.is_dir());
        if self.grows && is_new && is_directory && self.is_below_a_root(directory) {
            match self.watch(directory) {
                Ok(()) => {
                    self.directories.insert(directory.to_owned());
                    self.look_into(directory, &mut growth);
                }
                Err(error) => growth.fail(error),
            }
        }
        growth
    }

    /// Watches the directories that were missed, and finds what is in them.
    pub(super) fn rescan(&mut self) -> Growth {
        let mut growth = Growth::default();
        if !self.grows {
            return growth;
        }
        for known in Vec::from_iter(self.directories.iter().cloned()) {
            for (path, is_directory) in entries(&known) {
                let is_new = is_directory && !self.directories.contains(&path);
                if is_new && self.is_below_a_root(&path) {
                    self.enter(Entry { path, is_directory }, &mut growth);
                }
            }
        }
        growth
    }

    /// Tells whether an event about this path is asked for.
    pub(super) fn covers(&self, path: &Path) -> bool {
        let is_in = |parent| self.directories.contains(parent);
        self.roots.contains_key(path)
            || self.directories.contains(path)
            || path.parent().is_some_and(is_in)
    }

    pub(super) fn is_root(&self, path: &Path) -> bool {
        self.roots.contains_key(path)
    }

    pub(super) fn has_directory(&self, path: &Path) -> bool {
        self.directories.contains(path)
    }

    /// Forgets what is remembered to tell nothing twice: nothing is on its way.
    pub(super) fn rest(&mut self) {
        self.found = HashSet::new();
        self.ended = HashSet::new();
    }

    /// Looks into a directory that is watched already, so what comes to be after the
    /// look is told by the backend.
    fn look_into(&mut self, directory: &Path, growth: &mut Growth) {
        for (path, is_directory) in entries(directory) {
            if !self.found.contains(&path) {
                self.enter(Entry { path, is_directory }, growth);
            }
        }
    }

    fn enter(&mut self, entry: Entry, growth: &mut Growth) {
        let path = entry.path.clone();
        let is_directory = entry.is_directory;
        self.found.insert(path.clone());
        growth.entries.push(entry);
        if !is_directory {
            return;
        }
        match self.watch(&path) {
            Ok(()) => {
                self.directories.insert(path.clone());
                self.look_into(&path, growth);
            }
            Err(error) => growth.fail(error),
        }
    }

    fn is_below_a_root(&self, path: &Path) -> bool {
        let mut above = path.ancestors();
        above.any(|it| self.roots.get(it).is_some_and(|is_recursive| *is_recursive))
    }

    fn watch(&mut self, path: &Path) -> Result<(), WatchError> {
        let watched = self.watcher.watch(path, RecursiveMode::NonRecursive);
        watched.map_err(|error| WatchError::new(path, error))
    }
}

impl Growth {
    /// Keeps an error, unless it is that the directory is gone again.
    fn fail(&mut self, error: WatchError) {
        if fs::symlink_metadata(error.path()).is_ok() {
            self.errors.push(error);
        }
    }
}

/// What is in a directory; nothing if it is gone. Links are no directories.
fn entries(directory: &Path) -> Vec<(PathBuf, bool)> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::debug!(target: "circuits", %error, directory = %directory.display(), "look");
            return Vec::new();
        }
    };
    let kind = |entry: fs::DirEntry| {
        let is_directory = entry.file_type().is_ok_and(|it| it.is_dir());
        (entry.path(), is_directory)
    };
    entries.flatten().map(kind).collect()
}

/// The backend names absolute paths, so that is what is compared.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

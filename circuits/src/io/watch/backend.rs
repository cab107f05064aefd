//! The backend's side: what its thread hands over, and what that means.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notify::event::{AccessKind, AccessMode, CreateKind, Flag, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher};
use tokio::sync::mpsc;

use crate::io::{Access, Change};

/// One thing that the backend tells.
#[derive(Debug)]
pub(super) enum Notice {
    Created(PathBuf, Option<bool>),
    Deleted(PathBuf, bool),
    Modified(PathBuf, Change),
    /// One half of a move, or of one whose other half is not watched. Those that
    /// belong together have the same number.
    From(PathBuf, Option<usize>),
    To(PathBuf, Option<usize>),
    Accessed(PathBuf, Access),
    /// The kernel's queue was full.
    Overflow,
    Failed(notify::Error),
}

/// What the backend told, in order.
pub(super) struct Notices {
    pub(super) notices: mpsc::Receiver<Notice>,
    is_lost: Arc<AtomicBool>,
}

impl Notices {
    /// Tells whether notices were lost since this was asked, for want of room.
    pub(super) fn take_lost(&self) -> bool {
        self.is_lost.swap(false, Ordering::Relaxed)
    }
}

/// Starts the backend, with room for so many notices. Its thread never waits: what
/// finds no room is lost, and noted.
pub(super) fn start(
    room: usize,
    accesses: bool,
) -> Result<(RecommendedWatcher, Notices), notify::Error> {
    let (sender, notices) = mpsc::channel(room.max(1));
    let is_lost = Arc::new(AtomicBool::new(false));
    let lost = is_lost.clone();
    let hand_over = move |event: notify::Result<Event>| {
        let take = |notice| {
            if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(notice) {
                lost.store(true, Ordering::Relaxed);
            }
        };
        match event {
            Ok(event) => meaning(event, accesses, take),
            Err(error) => take(Notice::Failed(error)),
        }
    };
    let watcher = notify::recommended_watcher(hand_over)?;
    Ok((watcher, Notices { notices, is_lost }))
}

fn meaning(event: Event, accesses: bool, mut take: impl FnMut(Notice)) {
    if event.attrs.flag() == Some(Flag::Rescan) {
        return take(Notice::Overflow);
    }
    let tracker = event.attrs.tracker();
    let mut paths = event.paths.into_iter();
    let make: &dyn Fn(PathBuf) -> Notice = match event.kind {
        EventKind::Create(CreateKind::Folder) => &|path| Notice::Created(path, Some(true)),
        EventKind::Create(CreateKind::File) => &|path| Notice::Created(path, Some(false)),
        EventKind::Create(_) => &|path| Notice::Created(path, None),
        EventKind::Remove(kind) => {
            &move |path| Notice::Deleted(path, matches!(kind, RemoveKind::Folder))
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
            &move |path| Notice::From(path, tracker)
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
            &move |path| Notice::To(path, tracker)
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) if tracker.is_some() => {
            // Both halves have been told one by one.
            return;
        }
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
            let halves = (paths.next(), paths.next());
            if let (Some(from), Some(to)) = halves {
                take(Notice::From(from, Some(0)));
                take(Notice::To(to, Some(0)));
            }
            return;
        }
        EventKind::Modify(ModifyKind::Metadata(_)) => {
            &|path| Notice::Modified(path, Change::Metadata)
        }
        EventKind::Modify(_) | EventKind::Any => &|path| Notice::Modified(path, Change::Content),
        EventKind::Access(kind) if accesses => &move |path| Notice::Accessed(path, access(kind)),
        EventKind::Access(_) | EventKind::Other => return,
    };
    paths.map(make).for_each(take);
}

fn access(kind: AccessKind) -> Access {
    match kind {
        AccessKind::Read => Access::Read,
        AccessKind::Open(_) => Access::Opened,
        AccessKind::Close(AccessMode::Write) => Access::Written,
        AccessKind::Close(_) => Access::Closed,
        AccessKind::Any | AccessKind::Other => Access::Other,
    }
}

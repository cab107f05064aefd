//! Tells what happens to files: the component, and the task that listens to the backend.
//!
//! ```text
//! kernel ─► backend's thread ─► queue ─► task ─► Judge (and Tree) ─► Telling ─► channel
//!           never waits         bounded          may block, on       gathers, if
//!                                                a thread for that   that is chosen
//! ```

mod backend;
mod error;
mod event;
mod judge;
mod telling;
mod tree;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use self::backend::{Notice, Notices};
pub use self::error::WatchError;
pub use self::event::{
    Access, Accessed, AddPath, Change, Created, Deleted, Modified, Moved, Overflow, Queue,
    RemovePath, WatchFailed,
};
use self::judge::Judge;
use self::telling::{News, Telling};
use self::tree::Tree;
use crate::io::blocking::blocking;
use crate::{Context, component, handler};

/// So many notices are judged at a time.
const BATCH: usize = 256;
/// For so long the second half of a move may take, which comes right after the first.
const HALF: Duration = Duration::from_millis(50);
/// After so long a silence nothing that was seen before is on its way any more.
const SILENCE: Duration = Duration::from_secs(1);

/// Watches files and directories, and fires on its channel, `"watch"` unless said,
/// what happens to them: [`Created`], [`Deleted`], [`Modified`], [`Moved`], and
/// [`Accessed`] if asked.
///
/// What is watched is said when it is made ([`path`](Self::path),
/// [`recursive`](Self::recursive)) or by event ([`AddPath`],
/// [`RemovePath`]). All paths that are told are absolute.
///
/// # Order and bounds
/// News come in the order in which the system tells them. Between the system and
/// this component [`queue`](Self::queue) notices may wait. Those that find no room
/// are lost, as those are that find none in the kernel: [`Overflow`] tells, and
/// directories that came to be meanwhile are found and told. Handlers that fall
/// behind hold the component back; each directory costs the system a watch, of
/// which it allows so many.
///
/// # Directories that come to be
/// In a directory that is watched with all below, new ones are watched as well,
/// and what is in them by then is told as [`Created`]: nothing is missed between.
/// [`subdirectories`](Self::subdirectories) chooses otherwise. What one that is
/// moved within has inside is not told anew; what happens inside it while it moves
/// may be missed. Links are not followed.
///
/// # When things fail
/// A path that cannot be watched fails the start, or the call of [`AddPath`], with
/// a [`WatchError`] that names it. A later directory that cannot be watched is told
/// as [`WatchFailed`]. A watched path that is deleted or moved away itself is told
/// and watched no more: to outlive files that are replaced, watch their directory.
/// A life that is started again watches what the component was made with; what was
/// added by event is gone.
///
/// # Examples
///
/// ```no_run
/// use circuits::io::{Created, Watch};
/// use circuits::prelude::*;
///
/// #[component(channel = "watch")]
/// struct Inbox;
///
/// #[component]
/// impl Inbox {
///     #[handler("created")]
///     fn created(&mut self, event: &Created) {
///         println!("new: {}", event.path.display());
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Inbox).await?;
/// system.supervise(|| Watch::new().recursive("inbox")).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "watch", crate = crate)]
#[derive(Clone)]
pub struct Watch {
    paths: Vec<(PathBuf, bool)>,
    subdirectories: bool,
    accesses: bool,
    debounce: Option<Duration>,
    queue: usize,
    /// What is watched in this life.
    judge: Option<Shared>,
}

type Shared = Arc<Mutex<Judge>>;

impl Watch {
    /// Makes a watch that watches nothing yet.
    pub fn new() -> Self {
        Self {
            paths: Vec::new(),
            subdirectories: true,
            accesses: false,
            debounce: None,
            queue: 4096,
            judge: None,
        }
    }

    /// Watches a file, or a directory and what stands directly in it.
    #[must_use]
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.paths.push((path.as_ref().to_owned(), false));
        self
    }

    /// Watches a directory and all that is below.
    #[must_use]
    pub fn recursive(mut self, path: impl AsRef<Path>) -> Self {
        self.paths.push((path.as_ref().to_owned(), true));
        self
    }

    /// Says whether directories that come to be below one that is watched with all
    /// below are watched, too; they are unless said.
    #[must_use]
    pub fn subdirectories(mut self, are_watched: bool) -> Self {
        self.subdirectories = are_watched;
        self
    }

    /// Tells also what is only opened or closed. A handler that opens the file that
    /// it is told of is told of that as well.
    #[must_use]
    pub fn accesses(mut self) -> Self {
        self.accesses = true;
        self
    }

    /// Gathers what happens to a path for so long after the first news of it, and
    /// tells it as one: created and modified is created, created and deleted is
    /// nothing. Moves, overflows and failures come at once, after all that was
    /// gathered. Not done unless said.
    #[must_use]
    pub fn debounce(mut self, time: Duration) -> Self {
        self.debounce = Some(time);
        self
    }

    /// Sets how many notices of the system may wait, and news of how many paths may
    /// be gathered; 4,096 unless said, at least 1.
    #[must_use]
    pub fn queue(mut self, notices: usize) -> Self {
        self.queue = notices.max(1);
        self
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

#[component(crate = crate)]
impl Watch {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let (watcher, notices) = backend::start(self.queue, self.accesses)?;
        let judge = Judge::new(Tree::new(watcher, self.subdirectories));
        let judge = Arc::new(Mutex::new(judge));
        let paths = self.paths.clone();
        let added = with(&judge, move |judge| {
            let mut paths = paths.iter();
            paths.try_for_each(|(path, is_recursive)| judge.tree.add(path, *is_recursive).map(drop))
        });
        added.await?;
        let telling = Telling {
            system: cx.system(),
            channel: cx.channel().into(),
            window: self.debounce,
            room: self.queue,
            gathered: HashMap::new(),
            due: VecDeque::new(),
        };
        cx.spawn(Listener::new(notices, judge.clone(), telling).run());
        self.judge = Some(judge);
        Ok(())
    }

    #[handler("add_path")]
    async fn add_path(&mut self, event: &AddPath) -> Result<bool, WatchError> {
        let event = event.clone();
        self.with(move |judge| judge.tree.add(&event.path, event.is_recursive))
            .await
    }

    #[handler("remove_path")]
    async fn remove_path(&mut self, event: &RemovePath) -> bool {
        let path = event.path.clone();
        self.with(move |judge| judge.tree.remove(&path)).await
    }
}

impl Watch {
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Judge) -> T + Send + 'static,
    ) -> T {
        let judge = self.judge.as_ref();
        with(judge.expect("it has started before any event"), work).await
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.paths.iter().map(|(path, _)| path);
        f.write_str("Watch")?;
        f.debug_list().entries(paths).finish()
    }
}

/// Works with what is watched, on a thread that may block.
async fn with<T: Send + 'static>(
    judge: &Shared,
    work: impl FnOnce(&mut Judge) -> T + Send + 'static,
) -> T {
    let judge = judge.clone();
    blocking(move || work(&mut judge.lock().unwrap_or_else(PoisonError::into_inner))).await
}

/// Takes notices and tells news, until the backend is gone.
struct Listener {
    notices: Notices,
    judge: Shared,
    telling: Telling,
    has_half: bool,
    /// When the last notice came, until there has been silence.
    last: Option<Instant>,
    /// So many notices are told before those that were lost.
    before_lost: Option<usize>,
}

impl Listener {
    fn new(notices: Notices, judge: Shared, telling: Telling) -> Self {
        Self {
            notices,
            judge,
            telling,
            has_half: false,
            last: None,
            before_lost: None,
        }
    }

    async fn run(mut self) {
        let mut batch = Vec::new();
        loop {
            let half = self.last.filter(|_| self.has_half).map(|last| last + HALF);
            let silence = self.last.map(|last| last + SILENCE);
            let deadline = [half, silence, self.telling.deadline()];
            let deadline = deadline.into_iter().flatten().min();
            tokio::select! {
                biased;
                count = self.notices.notices.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        return;
                    }
                    self.last = Some(Instant::now());
                    self.judge(std::mem::take(&mut batch)).await;
                }
                () = sleep_until(deadline) => {}
            }
            self.do_what_is_due().await;
        }
    }

    async fn judge(&mut self, batch: Vec<Notice>) {
        if self.before_lost.is_none() && self.notices.take_lost() {
            self.before_lost = Some(self.notices.notices.len() + batch.len());
        }
        if let Some(before) = &mut self.before_lost {
            *before = before.saturating_sub(batch.len());
        }
        let judged = with(&self.judge, |judge| (judge.judge(batch), judge.has_half()));
        let news;
        (news, self.has_half) = judged.await;
        self.tell(news).await;
        if self.before_lost == Some(0) {
            self.before_lost = None;
            let news = with(&self.judge, |judge| judge.rescan(Queue::Component)).await;
            self.tell(news).await;
        }
    }

    async fn do_what_is_due(&mut self) {
        self.telling.tell_due().await;
        let Some(last) = self.last else {
            return;
        };
        let now = Instant::now();
        if self.has_half && now >= last + HALF {
            self.has_half = false;
            let news = with(&self.judge, Judge::end_half).await;
            self.tell(news).await;
        }
        if now >= last + SILENCE {
            self.last = None;
            with(&self.judge, |judge| judge.tree.rest()).await;
        }
    }

    async fn tell(&mut self, news: Vec<News>) {
        for news in news {
            self.telling.tell(news).await;
        }
    }
}

/// Waits until a point in time; for ever where there is none.
async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

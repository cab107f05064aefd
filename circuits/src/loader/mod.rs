//! Components that are loaded, replaced and unloaded while the system runs: from
//! code, by event, and from a file that may change.
//!
//! ```text
//! Catalog ── name of a type ─► factory
//!                                │
//! file ─► all of it is judged ─► what has changed ─► children of the Loader
//! Load, Unload, Replace ─────────────────────────────┘
//! ```

mod catalog;
mod changes;
mod document;
mod entry;
mod error;
mod event;
mod file;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

pub use self::catalog::Catalog;
pub use self::entry::Entry;
pub use self::error::{Fault, LoadError, Mistake};
pub use self::event::{
    Changes, List, Listed, Load, LoadFailed, Loaded, Reload, Replace, Unload, Unloaded,
};
use self::event::{FileSettled, FileTouched};
use self::file::Seen;
use crate::supervisor::ChildError;
use crate::{ComponentId, Context, component, handler};

/// How large a file may be, unless said.
const LIMIT: u64 = 1024 * 1024;

/// How long a file must have been left alone, unless said.
const QUIET: Duration = Duration::from_millis(100);

/// How often a reload is put off by further changes before it is done all the same.
const PATIENCE: u32 = 20;

/// A component whose children are what it loads.
///
/// It listens on the channel `loader` for [`Load`], [`Unload`], [`Replace`],
/// [`Reload`] and [`List`], does one after the other, and fires [`Loaded`],
/// [`Unloaded`] and [`LoadFailed`] there. Its children are named as what they were
/// loaded under; they are restarted as their entries say, and end in reverse order
/// with it.
///
/// # The file
/// ```toml
/// [[component]]
/// name = "front"              # its name among the others
/// type = "echo"               # its name in the catalog
/// channel = "front"           # as its type says, unless said
/// restart = "transient"       # or "temporary"; "permanent" unless said
/// shutdown = "2s"             # or "brutal" or "infinite"; as its type says, unless said
///
/// [component.config]          # what its type takes; may be left out where that is nothing
/// prefix = ">"
/// ```
///
/// It is read when the loader starts, and all of it is judged before anything is
/// started: unknown keys, types and settings, names that come twice, and
/// configurations that do not fit are all told, each with its line. If there is any,
/// or one of the components does not start, the loader does not start.
///
/// # Reloads
/// A file that is wrong, gone or too large changes nothing. Else those that are
/// missing in it end, in reverse order; then, in the order of the file, those whose
/// entry is another are replaced, and those that are new are started. What is as it
/// was is left alone, and lives on. What was loaded by event is no concern of the
/// file, except that its name is taken.
///
/// If one does not start, the others are done all the same; where it was to replace
/// another, that one is started again as it was. If not even that starts, it is
/// unloaded. All of it is told by the error.
///
/// # Bounds, and when it fails
/// A file may have 1 MiB unless said. It is read beside the workers; while it is read
/// and its components start, further requests wait in the mailbox. A component that
/// is being loaded must not await its loader: it would wait until its start takes too
/// long. A new life of the loader loads the file again; what was loaded by event is
/// gone.
///
/// # Examples
///
/// ```
/// use circuits::loader::{Catalog, Entry, List, Load, Loader};
/// use circuits::prelude::*;
///
/// # #[derive(Event)]
/// # #[event(reply = String)]
/// # struct Say(&'static str);
/// #[component]
/// struct Echo {
///     prefix: String,
/// }
///
/// # #[component]
/// # impl Echo {
/// #     #[handler("say")]
/// #     fn say(&mut self, event: &Say) -> String { format!("{}{}", self.prefix, event.0) }
/// # }
/// # #[derive(Clone, serde::Deserialize)]
/// # struct EchoConfig { prefix: String }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let catalog = Catalog::new()
///     .component("echo", |config: EchoConfig| Echo { prefix: config.prefix });
/// let system = System::new();
/// let loader = system.supervise(move || Loader::new(catalog.clone())).await?;
///
/// let config = toml::toml! { prefix = "> " };
/// let front = Entry::new("front", "echo").channel("front").config(config);
/// system.to(&loader).call(Load(front)).await?;
/// assert_eq!(system.on("front").call(Say("hello")).await?, "> hello");
/// assert_eq!(system.on("loader").call(List).await?.len(), 1);
/// # Ok(())
/// # }
/// ```
#[component(channel = "loader", crate = crate)]
#[derive(Clone)]
pub struct Loader {
    catalog: Catalog,
    file: Option<PathBuf>,
    limit: u64,
    /// How long the file must have been left alone before it is loaded again; `None`
    /// if nobody watches it.
    quiet: Option<Duration>,
    /// What is loaded, in the order loaded.
    held: Vec<Held>,
    /// What the file was when it was looked at last.
    seen: Option<Seen>,
    put_off: u32,
}

/// What is loaded under a name.
#[derive(Clone)]
struct Held {
    entry: Entry,
    /// Whether the file says so.
    by_file: bool,
}

impl Loader {
    /// Makes a loader that can build what a catalog has.
    pub fn new(catalog: Catalog) -> Self {
        Self {
            catalog,
            file: None,
            limit: LIMIT,
            quiet: None,
            held: Vec::new(),
            seen: None,
            put_off: 0,
        }
    }

    /// Loads a file of components at its start.
    #[must_use]
    pub fn file(mut self, file: impl Into<PathBuf>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Sets how many bytes the file may have; 1 MiB, unless said.
    #[must_use]
    pub fn limit(mut self, bytes: u64) -> Self {
        self.limit = bytes;
        self
    }

    /// Loads the file again when it has changed and was then left alone for 100 ms; see
    /// [`Loader::reload_after`].
    #[must_use]
    pub fn reload_on_change(self) -> Self {
        self.reload_after(QUIET)
    }

    /// Loads the file again when it has changed and was then left alone for this long;
    /// after twenty changes in a row it is not put off further.
    ///
    /// The folder of the file is watched, so that a file is seen that replaces it, or
    /// what a link leads to. A reload that fails is told by [`LoadFailed`], once for
    /// each change, and what runs goes on.
    #[must_use]
    pub fn reload_after(mut self, quiet: Duration) -> Self {
        self.quiet = Some(quiet);
        self
    }
}

#[component(crate = crate)]
impl Loader {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), LoadError> {
        let Some(file) = self.file.clone() else {
            return Ok(());
        };
        if self.quiet.is_some() {
            let touched = Arc::new(Notify::new());
            // Before the file is read, so that no change is missed.
            let watcher = file::watch(&file, touched.clone())?;
            let (system, loader) = (cx.system(), cx.address());
            cx.spawn(async move {
                let _watcher = watcher;
                loop {
                    touched.notified().await;
                    // One at a time: its mailbox does not fill.
                    let _ = system.to(&loader).call(FileTouched).await;
                }
            });
        }
        self.reload_file(cx).await.map(drop)
    }

    #[handler("load")]
    async fn load(&mut self, event: &Load, cx: &Context<Self>) -> Result<ComponentId, LoadError> {
        let loaded = self.load_entry(event.0.clone(), cx).await;
        tell_failure(loaded, cx)
    }

    #[handler("unload")]
    async fn unload(
        &mut self,
        event: &Unload,
        cx: &Context<Self>,
    ) -> Result<Option<()>, LoadError> {
        let unloaded = self.unload_named(&event.0, cx).await;
        // To have nothing to say would be no reply.
        tell_failure(unloaded, cx).map(Some)
    }

    #[handler("replace")]
    async fn replace(
        &mut self,
        event: &Replace,
        cx: &Context<Self>,
    ) -> Result<ComponentId, LoadError> {
        let replaced = self.replace_entry(event.0.clone(), cx).await;
        tell_failure(replaced, cx)
    }

    #[handler("reload")]
    async fn reload(&mut self, _event: &Reload, cx: &Context<Self>) -> Result<Changes, LoadError> {
        let changes = self.reload_file(cx).await;
        tell_failure(changes, cx)
    }

    #[handler("list_loaded")]
    async fn list(&mut self, _event: &List, cx: &Context<Self>) -> Result<Vec<Listed>, ChildError> {
        let children = cx.children().list().await?;
        let listed = self.held.iter().map(|held| {
            let name = held.entry.name();
            let child = children.iter().find(|child| &*child.name == name);
            Listed {
                name: name.to_owned(),
                kind: held.entry.kind().to_owned(),
                state: child.map(|child| child.state),
                life: child.map_or(0, |child| child.life),
            }
        });
        Ok(listed.collect())
    }

    #[handler("file_touched")]
    fn file_touched(&mut self, _event: &FileTouched, cx: &Context<Self>) {
        let Some(quiet) = self.quiet else { return };
        let timer = cx.timer("reload");
        if !timer.is_active() {
            self.put_off = 0;
        }
        if self.put_off < PATIENCE {
            self.put_off += 1;
            timer.after_to_self(quiet, FileSettled);
        }
    }

    #[handler("file_settled")]
    async fn file_settled(&mut self, _event: &FileSettled, cx: &Context<Self>) {
        let Some(file) = &self.file else { return };
        let (seen, text) = file::look(file, self.limit).await;
        if self.seen.as_ref() == Some(&seen) {
            return;
        }
        self.seen = Some(seen);
        let reloaded = match text {
            Ok(text) => self.reload_text(&text, cx).await,
            Err(mistake) => Err(mistake.into()),
        };
        // Nobody asked, so nobody else is told.
        let _ = tell_failure(reloaded, cx);
    }

    /// Where nobody else listens, it is logged and no dead letter.
    #[handler("loaded")]
    fn loaded(&mut self, event: &Loaded) {
        let Loaded { name, kind, .. } = event;
        tracing::info!(target: "circuits", "`{name}` of type `{kind}` is loaded");
    }

    /// As above.
    #[handler("unloaded")]
    fn unloaded(&mut self, event: &Unloaded) {
        tracing::info!(target: "circuits", "`{}` is unloaded", event.name);
    }

    /// As above.
    #[handler("load_failed")]
    fn load_failed(&mut self, event: &LoadFailed) {
        let error = LoadError::new(event.errors.clone());
        tracing::warn!(target: "circuits", "not loaded: {error}");
    }
}

fn tell_failure<T>(outcome: Result<T, LoadError>, cx: &Context<Loader>) -> Result<T, LoadError> {
    if let Err(error) = &outcome {
        let errors = error.faults().to_vec();
        cx.fire(LoadFailed { errors });
    }
    outcome
}

impl fmt::Debug for Loader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.held.iter().map(|held| held.entry.name());
        f.debug_struct("Loader")
            .field("file", &self.file)
            .field("loaded", &loaded.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

//! Files: read in pieces or lines, written, followed.

mod event;
mod follow;
mod open;
mod shared;

use std::fmt;
use std::fs::File as StdFile;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

pub use self::event::{Seek, SeekError};
use self::follow::Plan;
pub use self::open::{Mode, OpenError};
use self::shared::{Move, Shared};
use crate::io::port::{DRAIN_TIMEOUT, Port};
use crate::stream::{
    Close, Closing, Connection, DisconnectReason, Disconnected, Limits, Peer, Pump, Write,
    limit_setters,
};
use crate::{Context, component, handler};

/// So many moves of the cursor may wait; further ones wait in the mailbox.
const MOVES: usize = 1;
/// So much of a followed file is read ahead.
const AHEAD: usize = 64 * 1024;

/// A file as a stream of bytes.
///
/// On its channel, `"file"` unless said, it fires
/// [`Connected`](crate::stream::Connected) when it is open,
/// [`Read`](crate::stream::Read) for each piece or line, and [`Disconnected`] when it
/// is closed; it takes [`Write`], [`Seek`] and [`Close`]. What holds for all streams
/// holds here, see [`stream`](crate::stream). The peer is its path.
///
/// # The end
/// A file that is only read is closed at its end, with the reason
/// [`PeerClosed`](crate::stream::DisconnectReason::PeerClosed). One that is written
/// as well stays open: its end is told as [`Eof`](crate::stream::Eof), and it is read no
/// more unless a [`Seek`] says so. One that is followed has no end. Whoever closes it
/// gets all written first that was queued before. When the file is closed, this
/// component leaves the tree; for another file, or the same again, add another one.
///
/// # When things fail
/// A file that cannot be opened fails the start, with an [`OpenError`] that names it.
/// A read or write that fails closes the file, and the reason says why.
///
/// # Examples
///
/// ```no_run
/// use circuits::io::File;
/// use circuits::prelude::*;
/// use circuits::stream::Read;
///
/// #[component(channel = "file")]
/// struct Printer;
///
/// #[component]
/// impl Printer {
///     #[handler("read")]
///     fn read(&mut self, line: &Read) {
///         println!("{}", line.data.escape_ascii());
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Printer).await?;
/// system.supervise(|| File::follow("/var/log/syslog").lines(4096)).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "file", crate = crate)]
pub struct File {
    origin: Origin,
    limits: Limits,
    drain_timeout: Duration,
    connection: Option<Connection>,
    moves: Option<mpsc::Sender<Move>>,
}

enum Origin {
    Path(PathBuf, Mode),
    Given(String, Option<StdFile>),
    Followed(Plan),
}

/// What is there to read and write, once it is open.
enum Opened {
    File(Shared, Mode),
    Followed(Plan, Option<tokio::fs::File>),
}

impl File {
    /// Makes a file that is read.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        Self::with_mode(path, Mode::Read)
    }

    /// Makes a file that is written from its beginning; what it has is lost.
    pub fn create(path: impl Into<PathBuf>) -> Self {
        Self::with_mode(path, Mode::Write)
    }

    /// Makes a file that is written behind its end.
    pub fn append(path: impl Into<PathBuf>) -> Self {
        Self::with_mode(path, Mode::Append)
    }

    /// Makes a file of any mode.
    pub fn with_mode(path: impl Into<PathBuf>, mode: Mode) -> Self {
        Self::new(Origin::Path(path.into(), mode))
    }

    /// Takes a file that is open, with a name to tell; what may be done with it is
    /// asked of the system.
    ///
    /// It is there for one life, so this is added with `register`, by value.
    pub fn from_std(name: impl Into<String>, file: StdFile) -> Self {
        Self::new(Origin::Given(name.into(), Some(file)))
    }

    /// Makes a file that is followed by its name, as `tail -F` does: what is written
    /// to it from now on is read, without an end.
    ///
    /// A file that gets the name is read from its beginning, once the one before has
    /// been read to its end and was not written for one
    /// [`poll_interval`](Self::poll_interval); up to 64 of them are kept open, so
    /// nothing is lost where they are moved away, or deleted, faster than they are
    /// read. One that is shorter than what was read of it has been cut, and is read
    /// from its beginning; what stands in it by then counts. It may be missing, also
    /// at first. With [`lines`](Self::lines), a line that is cut off where a file
    /// ends counts as a line. It is not written.
    pub fn follow(path: impl Into<PathBuf>) -> Self {
        Self::new(Origin::Followed(Plan {
            path: path.into(),
            from_start: false,
            interval: Duration::from_millis(100),
            ends_lines: false,
        }))
    }

    /// Reads a followed file from its beginning, also the first one.
    #[must_use]
    pub fn from_start(mut self) -> Self {
        if let Origin::Followed(plan) = &mut self.origin {
            plan.from_start = true;
        }
        self
    }

    /// Sets how often a followed file is looked at that has come to its end; every
    /// 100 ms unless said. A file that has the name for a shorter time may be missed.
    #[must_use]
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        if let Origin::Followed(plan) = &mut self.origin {
            plan.interval = interval.max(Duration::from_millis(1));
        }
        self
    }

    limit_setters!();

    /// Sets how long what is queued may take to be written when the component stops
    /// before the file is closed all the same; 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }

    fn new(origin: Origin) -> Self {
        Self {
            origin,
            limits: Limits::default(),
            drain_timeout: DRAIN_TIMEOUT,
            connection: None,
            moves: None,
        }
    }

    fn peer(&self) -> Peer {
        match &self.origin {
            Origin::Path(path, _) => path.clone().into(),
            Origin::Followed(plan) => plan.path.clone().into(),
            Origin::Given(name, _) => name.as_str().into(),
        }
    }

    async fn opened(&mut self) -> crate::Result<Option<Opened>> {
        let (file, mode) = match &mut self.origin {
            Origin::Path(path, mode) => (open::open(path, *mode).await?, *mode),
            Origin::Given(_, file) => {
                let Some(file) = file.take() else {
                    return Ok(None);
                };
                let mode = Mode::of(&file)?;
                (file, mode)
            }
            Origin::Followed(plan) => {
                plan.ends_lines = self.limits.line.is_some();
                let first = follow::first(plan).await;
                let first = first.map_err(|error| OpenError::new(&plan.path, error))?;
                return Ok(Some(Opened::Followed(plan.clone(), first)));
            }
        };
        let shared = Shared::new(file.into(), mode.reads());
        Ok(Some(Opened::File(shared, mode)))
    }
}

#[component(crate = crate)]
impl File {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let Some(opened) = self.opened().await? else {
            cx.decline();
            return Ok(());
        };
        let port = Port::new(cx, self.peer(), self.limits.write_queue, self.drain_timeout).await?;
        self.connection = Some(port.connection.clone());
        let mut limits = self.limits;
        match opened {
            Opened::File(file, mode) => {
                limits.half_open = mode.writes();
                let (moves, asked) = mpsc::channel(MOVES);
                self.moves = Some(moves);
                if !mode.writes() {
                    port.connection.finish();
                }
                let pump = port.open(cx, limits);
                cx.spawn(async move { serve(file, asked, pump.await, port.closing).await });
            }
            Opened::Followed(plan, first) => {
                limits.half_open = false;
                port.connection.finish();
                let pump = port.open(cx, limits);
                cx.spawn(async move { tail(plan, first, pump.await, port.closing).await });
            }
        }
        Ok(())
    }

    /// `&self`: a queue that is full keeps no `Close` waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref()).await
    }

    /// `&mut self`: comes after the writes before, and before those after.
    #[handler("seek")]
    async fn seek(&mut self, event: &Seek, cx: &Context<Self>) -> Result<Option<u64>, SeekError> {
        let connection = self.connection.as_ref();
        let Some(connection) = event.addressed(cx.id(), connection) else {
            return Ok(None);
        };
        let (Some(connection), Some(moves)) = (connection, &self.moves) else {
            return Err(SeekError::Closed);
        };
        connection.flushed().await;
        let (done, at) = oneshot::channel();
        let asked = moves.send(Move {
            position: event.position,
            reads: event.reads,
            done,
        });
        asked.await.map_err(|_| SeekError::Closed)?;
        let at = at.await.map_err(|_| SeekError::Closed)?;
        at.map(Some).map_err(SeekError::Failed)
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("disconnected")]
    async fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
        if event.connection.id().owner() == cx.id() {
            cx.address().unregister().await;
        }
    }
}

async fn serve(file: Shared, moves: mpsc::Receiver<Move>, mut pump: Pump, closing: Closing) {
    let (mut source, mut sink) = (file.clone(), file.clone());
    let mut watch = closing.watch();
    let (moved, hears) = watch::channel(false);
    pump.begins_anew(hears);
    let reason = tokio::select! {
        biased;
        reason = pump.run(&mut source, &mut sink, &mut watch) => reason,
        () = file.serve(moves, moved) => return,
    };
    drop((source, sink, file));
    pump.leave(reason).await;
}

async fn tail(plan: Plan, first: Option<tokio::fs::File>, pump: Pump, closing: Closing) {
    let (mut source, sink) = tokio::io::duplex(AHEAD);
    let mut nowhere = tokio::io::sink();
    let mut watch = closing.watch();
    let mut end = None;
    let followed = async {
        end = Some(follow::follow(plan, first, sink).await);
        // What it wrote before is still read, and then the end of it.
        std::future::pending().await
    };
    let mut reason = tokio::select! {
        biased;
        reason = pump.run(&mut source, &mut nowhere, &mut watch) => reason,
        never = followed => never,
    };
    if let (DisconnectReason::PeerClosed, Some(Err(error))) = (&reason, end) {
        reason = DisconnectReason::Failed(error.into());
    }
    pump.leave(reason).await;
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({})", self.peer())
    }
}

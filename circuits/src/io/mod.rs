//! Files, standard streams, processes, serial lines and watched directories, as
//! supervised components.
//!
//! | Component | Its channel | What it is |
//! |---|---|---|
//! | [`File`] | `file` | A file that is read, written or followed. |
//! | [`Stdin`], [`Stdout`], [`Stderr`] | `stdin`, `stdout`, `stderr` | Those of this process. |
//! | [`Process`] | `process` | A process: what it prints, what it is told, how it ends. |
//! | `Serial` | `serial` | A serial line; with the feature `serial`. |
//! | `Watch` | `watch` | What happens to files and directories; with the feature `notify`. |
//!
//! All but the last are streams of bytes, and tell and take what all streams do: see
//! [`stream`](crate::stream). What blocks is done on threads for that. They need Unix.

mod blocking;
mod file;
mod port;
mod process;
#[cfg(feature = "serial")]
mod serial;
mod standard;
#[cfg(feature = "notify")]
mod watch;

pub use self::file::{File, Mode, OpenError, Seek, SeekError};
pub use self::process::{ExitError, Exited, Process, SendSignal, SignalError, SpawnError, Spawned};
#[cfg(feature = "serial")]
pub use self::serial::{
    DataBits, FlowControl, LineLost, Parity, Serial, SerialError, SerialStream, StopBits,
};
pub use self::standard::{Stderr, Stdin, Stdout};
#[cfg(feature = "notify")]
pub use self::watch::{
    Access, Accessed, AddPath, Change, Created, Deleted, Modified, Moved, Overflow, Queue,
    RemovePath, Watch, WatchError, WatchFailed,
};

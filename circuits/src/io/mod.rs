//! Files, standard streams, processes, serial lines and watched directories, as
//! supervised components.

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

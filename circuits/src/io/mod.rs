//! Files, standard streams, processes, serial lines and watched directories, as
//! supervised components.

#[cfg(feature = "notify")]
mod watch;

#[cfg(feature = "notify")]
pub use self::watch::{
    Access, Accessed, AddPath, Change, Created, Deleted, Modified, Moved, Overflow, Queue,
    RemovePath, Watch, WatchError, WatchFailed,
};

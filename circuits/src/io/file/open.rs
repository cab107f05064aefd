//! Opening: the modes, and why it fails.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::io::blocking::blocking;

/// What may be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is read, from its beginning.
    Read,
    /// It is written; it is made if it is not there, and emptied if it is.
    Write,
    /// It is written, and must not be there yet.
    New,
    /// It is written behind its end; it is made if it is not there.
    Append,
    /// It is read and written where the last read or write ended; it must be there.
    ReadWrite,
    /// As [`ReadWrite`](Self::ReadWrite); it is made if it is not there, and emptied
    /// if it is.
    Rewrite,
    /// It is read from its beginning, and written behind its end; it is made if it is
    /// not there.
    ReadAppend,
}

impl Mode {
    /// Tells whether the file is read.
    pub fn reads(self) -> bool {
        matches!(
            self,
            Self::Read | Self::ReadWrite | Self::Rewrite | Self::ReadAppend
        )
    }

    /// Tells whether the file is written.
    pub fn writes(self) -> bool {
        self != Self::Read
    }

    fn options(self) -> OpenOptions {
        let mut options = OpenOptions::new();
        options.read(self.reads());
        match self {
            Self::Read => &mut options,
            Self::Write | Self::Rewrite => options.write(true).create(true).truncate(true),
            Self::New => options.write(true).create_new(true),
            Self::Append | Self::ReadAppend => options.append(true).create(true),
            Self::ReadWrite => options.write(true),
        };
        options
    }

    /// Asks an open file what may be done with it.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let flags = rustix::fs::fcntl_getfl(file)?;
        let access = flags & OFlags::RWMODE;
        let appends = flags.contains(OFlags::APPEND);
        Ok(match (access == OFlags::RDONLY, access == OFlags::RDWR) {
            (true, _) => Self::Read,
            (false, true) if appends => Self::ReadAppend,
            (false, true) => Self::ReadWrite,
            (false, false) if appends => Self::Append,
            (false, false) => Self::Write,
        })
    }
}

/// A file cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` cannot be opened{hint}", path = path.display())]
pub struct OpenError {
    path: PathBuf,
    hint: &'static str,
    source: io::Error,
}

impl OpenError {
    pub(super) fn new(path: &Path, source: io::Error) -> Self {
        let hint = match source.kind() {
            io::ErrorKind::NotFound => ": name one that is there, or a mode that makes it",
            io::ErrorKind::PermissionDenied => ": this process has no right to",
            io::ErrorKind::IsADirectory => ": name a file in it",
            _ => "",
        };
        Self {
            path: path.to_owned(),
            hint,
            source,
        }
    }

    /// Returns the path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Opens a file.
pub(super) async fn open(path: &Path, mode: Mode) -> Result<File, OpenError> {
    let opened = open_plainly(path, mode).await;
    opened.map_err(|error| OpenError::new(path, error))
}

/// Opens a file, on a thread that may block.
pub(super) async fn open_plainly(path: &Path, mode: Mode) -> io::Result<File> {
    let path = path.to_owned();
    blocking(move || {
        // Looked at first: to open a pipe would wait for its other end.
        let kind = std::fs::metadata(&path).map(|metadata| metadata.file_type());
        match kind {
            Ok(kind) if kind.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(kind) if kind.is_fifo() => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is a pipe: open it with tokio and give it to a `ByteStream`",
            )),
            _ => mode.options().open(path),
        }
    })
    .await
}

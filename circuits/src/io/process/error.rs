//! What can go wrong with processes.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitStatus;

/// A process cannot be started.
#[derive(Debug, thiserror::Error)]
#[error("`{program}` cannot be started{hint}", program = program.display())]
pub struct SpawnError {
    program: OsString,
    hint: String,
    source: io::Error,
}

impl SpawnError {
    pub(super) fn new(program: &OsStr, directory: Option<&Path>, source: io::Error) -> Self {
        let hint = match (source.kind(), directory) {
            (io::ErrorKind::NotFound, Some(directory)) if !directory.is_dir() => {
                format!(": its directory `{}` is not there", directory.display())
            }
            (io::ErrorKind::NotFound, _) => {
                ": no such program; correct its name, install it, or add its directory to PATH"
                    .to_owned()
            }
            (io::ErrorKind::PermissionDenied, _) => {
                ": it is no program, or this process has no right to start it".to_owned()
            }
            _ => String::new(),
        };
        Self {
            program: program.to_owned(),
            hint,
            source,
        }
    }

    /// Returns the program as it was named.
    pub fn program(&self) -> &OsStr {
        &self.program
    }
}

/// A signal was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// There is no signal of this number.
    #[error("there is no signal {0}")]
    Unknown(i32),
    /// The system refused.
    #[error("the system does not send the signal")]
    Refused(#[source] io::Error),
}

/// A supervised process ended as it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the process failed: {0}")]
pub struct ExitError(
    /// How it ended.
    pub ExitStatus,
);

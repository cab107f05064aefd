//! What can go wrong with processes.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a worker has no process.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The path of this program is not known.
    #[error("this program cannot be found, to start it as a worker process: name one by `program`")]
    Unknown(#[source] io::Error),
    /// The program cannot be started.
    #[error("`{program}` cannot be started as a worker process", program = program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The process did not say within this time that it is a worker process.
    #[error("the process does not say within {0:?} that it is a worker: {HOOK}")]
    Silent(Duration),
    /// The process ended before it said that it is a worker process.
    #[error("the process ended at once ({0}): {HOOK}")]
    Ended(ExitStatus),
    /// What the process says is not what a worker process says.
    #[error("the process is no worker of this version: {HOOK}")]
    Stranger(#[source] io::Error),
    /// The process has other jobs, or they in another order.
    #[error(
        "the process does the jobs {theirs:?}, and not {ours:?}: make the worker in one function for both"
    )]
    Jobs {
        /// What the process does.
        theirs: Vec<String>,
        /// What this worker was made for.
        ours: Vec<String>,
    },
}

const HOOK: &str = "its `main` has to call `serve` of the same worker first";

/// What a job failed with in another process: what remains of its error.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteError {
    text: String,
    source: Option<Box<RemoteError>>,
}

impl RemoteError {
    /// Makes an error of the texts of one and its causes; of no text, none.
    pub(crate) fn new(texts: Vec<String>) -> Option<Self> {
        let chain = texts.into_iter().rev();
        chain.fold(None, |source, text| {
            let source = source.map(Box::new);
            Some(Self { text, source })
        })
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteError({:?})", self.text)
    }
}

impl std::error::Error for RemoteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

//! What is told about processes.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use crate::Error;
use crate::event::{Event, Inline};

/// Fired on the worker's channel when one of its processes ended though nobody told
/// it to, or had to be killed. Another one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcessEnded {
    /// The id that the process had.
    pub pid: u32,
    /// How it ended: by itself with an exit code, or by a signal.
    pub status: ExitStatus,
    /// The name of the job that it was doing, which has failed.
    pub job: Option<&'static str>,
    /// Why the worker killed it, if it did.
    pub killed: Option<Killed>,
}

/// Why a worker killed one of its processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Killed {
    /// Its job took longer than this.
    OverTime(Duration),
    /// It sent what is no answer.
    Garbage,
    /// Nobody wanted its job any more, and the worker kills such
    /// ([`ProcessWorker::kill_cancelled`](crate::worker::ProcessWorker::kill_cancelled)).
    Cancelled,
}

#[diagnostic::do_not_recommend]
impl Event for ProcessEnded {
    type Reply = ();
    type Slot = Inline<Self>;
    const NAME: &'static str = "process_ended";

    fn describe(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Says to the worker that it cannot have processes any more.
pub(crate) struct Broken {
    pub(crate) error: Error,
}

#[diagnostic::do_not_recommend]
impl Event for Broken {
    type Reply = ();
    type Slot = Inline<Self>;
    const NAME: &'static str = "broken";
}

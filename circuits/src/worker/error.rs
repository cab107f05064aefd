//! Why a job has no result.

use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

/// Why a job was not done, or not to its end.
///
/// What a job itself fails with reaches the caller as it is, not in one of these.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// The job panicked, with this message; nothing else is affected.
    #[error("the job panicked: {0}")]
    Panicked(String),
    /// As many jobs wait as may wait, and no thread is free.
    #[error("{0} jobs wait already: call again later, or allow more with `max_queue`")]
    Full(usize),
    /// The worker has stopped, or has not started, so the job was not begun.
    #[error("the worker does not run, so the job was not begun")]
    Stopped,
    /// The worker has ended without waiting for the job, which goes on by itself.
    #[error("the worker has ended, and the job still ran when its time was over")]
    Abandoned,
    /// The caller had gone before the job was done.
    #[error("the job was cancelled, for its caller has gone")]
    Cancelled,
    /// The process that did the job ended before it had an answer.
    #[error("the process ended before the job was done ({0})")]
    Died(ExitStatus),
    /// The job took longer than this, and its process was killed.
    #[error("the job took longer than {0:?}, and its process was killed")]
    OverTime(Duration),
    /// The process sent what is no answer, and was killed.
    #[error("the process sent what is no answer, and was killed")]
    Garbage,
    /// The job or its reply cannot be carried to the process or back; the text says
    /// why. The process goes on.
    #[error("the job or its reply cannot be carried over: {0}")]
    Uncarried(String),
    /// The process ended or was killed, and it cannot be told how.
    #[error("the process was lost")]
    Lost(#[source] Arc<io::Error>),
    /// There is no thread to do the job.
    #[error("no thread can be started for the job")]
    Thread(#[source] Arc<io::Error>),
}

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unstartable {
    #[error("this worker runs already: make another one with `Worker::threads`, not a clone")]
    Twice,
    #[error(
        "another worker does `{job}` on the channel `{channel}`, and a job is done once: \
         give one of them another channel, or more threads to the other"
    )]
    Rival { job: &'static str, channel: String },
}

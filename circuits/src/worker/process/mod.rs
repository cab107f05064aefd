//! Jobs in processes of their own, which may crash or hang without harm.

mod error;
mod event;
mod hand;
mod processes;
mod serve;
mod wire;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::error::{ProcessError, RemoteError};
pub use self::event::{Killed, ProcessEnded};
pub use self::processes::ProcessWorker;

use crate::worker::Job;

/// A job that can be carried to another process, and its reply back.
///
/// Every [`Job`] is one that serde can write and read, if it can the reply as well.
pub trait ProcessJob:
    Job<Reply: Serialize + DeserializeOwned> + Serialize + DeserializeOwned
{
}

#[diagnostic::do_not_recommend]
impl<J> ProcessJob for J where
    J: Job<Reply: Serialize + DeserializeOwned> + Serialize + DeserializeOwned
{
}

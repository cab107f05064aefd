//! What files can be asked besides what all streams can.

use std::io::{self, SeekFrom};

use crate::stream::Connection;
use crate::{ComponentId, Event};

/// Asks a [`File`](crate::io::File) to move to another place, where the next write goes.
///
/// A file that has not been read to its end is read on from there, and one that has if
/// [`and_read`](Self::and_read) says so; what was read before and not yet told is dropped,
/// lines begin anew. There is one place for both: what is read moves that of the next
/// write as well.
///
/// It comes after the [`Write`](crate::stream::Write)s that were fired before it and
/// before those after it; what is written by the handle,
/// [`Connection::write`](crate::stream::Connection::write), keeps no order with it.
/// The reply is the place, in bytes from the beginning; an error is a [`SeekError`].
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = u64, crate = crate)]
#[non_exhaustive]
pub struct Seek {
    /// The file; `None` is the one that listens on the channel.
    pub connection: Option<Connection>,
    /// Where to.
    pub position: SeekFrom,
    /// Whether it is read on from there, also after its end.
    pub reads: bool,
}

impl Seek {
    /// Asks the file that listens on the channel.
    pub fn new(position: SeekFrom) -> Self {
        Self {
            connection: None,
            position,
            reads: false,
        }
    }

    /// Asks the file of this connection.
    pub fn of(connection: &Connection, position: SeekFrom) -> Self {
        Self {
            connection: Some(connection.clone()),
            position,
            reads: false,
        }
    }

    /// Reads on from there, also after the end.
    #[must_use]
    pub fn and_read(mut self) -> Self {
        self.reads = true;
        self
    }

    /// Returns which stream is meant; nothing at all if it is another owner's.
    pub(super) fn addressed<'a>(
        &'a self,
        owner: ComponentId,
        only: Option<&'a Connection>,
    ) -> Option<Option<&'a Connection>> {
        match &self.connection {
            Some(connection) if connection.id().owner() != owner => None,
            Some(connection) => Some(Some(connection)),
            None => Some(only),
        }
    }
}

/// A file did not move to another place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SeekError {
    /// It is closed, or cannot move since it is followed.
    #[error("the file is closed, or followed")]
    Closed,
    /// There is no such place, or no place at all, as in a terminal.
    #[error("the file has no such place")]
    Failed(#[source] io::Error),
}

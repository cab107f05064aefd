//! What files can be asked besides what all streams can.

use std::io::{self, SeekFrom};

use crate::stream::Connection;
use crate::{ComponentId, Event};

/// Asks a [`File`](crate::io::File) to move to another place, where the next write
/// goes and reading goes on. What was read before and not yet told is dropped; lines
/// begin anew.
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
}

impl Seek {
    /// Asks the file that listens on the channel.
    pub fn new(position: SeekFrom) -> Self {
        Self {
            connection: None,
            position,
        }
    }

    /// Asks the file of this connection.
    pub fn of(connection: &Connection, position: SeekFrom) -> Self {
        Self {
            connection: Some(connection.clone()),
            position,
        }
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

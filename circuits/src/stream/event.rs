//! What streams tell, and what can be asked of them.

use bytes::Bytes;

use crate::stream::{Connection, DisconnectReason};
use crate::{ComponentId, Event};

/// Fired when a stream is open, before its first [`Read`].
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Connected {
    /// The stream.
    pub connection: Connection,
}

impl Connected {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }
}

/// Fired for each piece that was read: as it came, at most so many bytes as the
/// owner reads at a time, or one whole line without its terminator.
///
/// What a handler replies is written back as it is; of several replies, that
/// of the handler with the highest priority. The stream is not read on before
/// every handler of the event is done.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = Bytes, crate = crate)]
#[non_exhaustive]
pub struct Read {
    /// The stream.
    pub connection: Connection,
    /// The bytes; never empty, except for an empty line.
    pub data: Bytes,
}

impl Read {
    pub(crate) fn new(connection: Connection, data: Bytes) -> Self {
        Self { connection, data }
    }
}

/// Fired when nothing more will be read from a stream that stays open for writing:
/// by an owner that was told to keep it half open. All `Read` came before.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Eof {
    /// The stream.
    pub connection: Connection,
}

impl Eof {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }
}

/// Fired once for each [`Connected`], whatever ended the stream: the last event
/// about it.
#[derive(Event, Clone, Debug)]
#[event(crate = crate)]
#[non_exhaustive]
pub struct Disconnected {
    /// The stream.
    pub connection: Connection,
    /// Why it ended.
    pub reason: DisconnectReason,
}

impl Disconnected {
    pub(crate) fn new(connection: Connection, reason: DisconnectReason) -> Self {
        Self { connection, reason }
    }
}

/// Asks the owner of a stream to write to it, as [`Connection::write`] does.
///
/// Writes to one stream are written in the order in which they reach the owner.
/// The reply is `true` once the data has room in the queue, so awaiting a call keeps
/// pace with the peer; it is `false` if the stream has ended, or there is none.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
pub struct Write {
    /// The stream; `None` is the one of an owner that has only one.
    pub connection: Option<Connection>,
    /// What to write.
    pub data: Bytes,
}

impl Write {
    /// Asks whoever listens on the channel and has one stream, such as a client.
    pub fn new(data: impl Into<Bytes>) -> Self {
        Self {
            connection: None,
            data: data.into(),
        }
    }

    /// Asks the owner of this stream.
    pub fn to(connection: &Connection, data: impl Into<Bytes>) -> Self {
        Self {
            connection: Some(connection.clone()),
            data: data.into(),
        }
    }

    /// Does what is asked, if it is asked of this owner.
    pub(crate) async fn answer(
        &self,
        owner: ComponentId,
        only: Option<&Connection>,
    ) -> Option<bool> {
        let connection = match addressed(self.connection.as_ref(), owner, only)? {
            Some(connection) => connection,
            None => return Some(false),
        };
        Some(connection.write(self.data.clone()).await.is_ok())
    }
}

/// Asks the owner of a stream to close it, as [`Connection::close`] does.
///
/// The reply tells whether it was still open. It does not wait for the end:
/// [`Disconnected`] tells that.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
pub struct Close {
    /// The stream; `None` is the one of an owner that has only one.
    pub connection: Option<Connection>,
}

impl Close {
    /// Asks whoever listens on the channel and has one stream, such as a client.
    #[expect(
        clippy::new_without_default,
        reason = "an event without what it is about"
    )]
    pub fn new() -> Self {
        Self { connection: None }
    }

    /// Asks the owner of this stream.
    pub fn of(connection: &Connection) -> Self {
        Self {
            connection: Some(connection.clone()),
        }
    }

    /// Does what is asked, if it is asked of this owner.
    pub(crate) fn answer(&self, owner: ComponentId, only: Option<&Connection>) -> Option<bool> {
        let connection = addressed(self.connection.as_ref(), owner, only)?;
        Some(connection.is_some_and(Connection::close))
    }
}

/// Asks the owner of a stream to close its sending side once what is queued has been
/// written, as [`Connection::finish`] does; reading goes on.
///
/// The reply tells whether it was still open.
#[derive(Event, Clone, Debug, PartialEq, Eq)]
#[event(reply = bool, crate = crate)]
pub struct Finish {
    /// The stream; `None` is the one of an owner that has only one.
    pub connection: Option<Connection>,
}

impl Finish {
    /// Asks whoever listens on the channel and has one stream, such as a process.
    #[expect(
        clippy::new_without_default,
        reason = "an event without what it is about"
    )]
    pub fn new() -> Self {
        Self { connection: None }
    }

    /// Asks the owner of this stream.
    pub fn of(connection: &Connection) -> Self {
        Self {
            connection: Some(connection.clone()),
        }
    }

    /// Does what is asked, if it is asked of this owner.
    pub(crate) fn answer(&self, owner: ComponentId, only: Option<&Connection>) -> Option<bool> {
        let connection = addressed(self.connection.as_ref(), owner, only)?;
        Some(connection.is_some_and(Connection::finish))
    }
}

/// Returns which stream is meant; nothing at all if it is another owner's.
fn addressed<'a>(
    named: Option<&'a Connection>,
    owner: ComponentId,
    only: Option<&'a Connection>,
) -> Option<Option<&'a Connection>> {
    match named {
        Some(connection) if connection.id().owner() != owner => None,
        Some(connection) => Some(Some(connection)),
        None => Some(only),
    }
}

//! What can go wrong between two systems.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

/// Why an event did not cross, or what became of it on the other side.
///
/// A call on a bridge fails with [`CallError::Failed`](crate::CallError::Failed),
/// whose error is this: `error.downcast_ref::<CrossError>()`.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrossError {
    /// There is no link, or it ended before the event had left.
    #[error("the bridge is not connected")]
    NotConnected,
    /// The link ended before the other side was done: it may have handled the
    /// event, or not.
    #[error("the link ended before the other side was done with the event")]
    Disconnected(#[source] LinkError),
    /// The bridge does not send events of this type, but was asked to by its address.
    #[error("this bridge does not send `{0}`: add `.send::<..>()` with this event")]
    NotSent(&'static str),
    /// The other side does not receive events of this name.
    #[error(
        "the other side does not receive `{0}`: add `.receive::<..>()` with this event to its bridge"
    )]
    NotReceived(String),
    /// The event takes more bytes than the other side takes in one frame.
    #[error(
        "`{name}` takes {size} bytes and a frame has at most {limit}: raise `max_frame` on both sides"
    )]
    TooLarge {
        /// The name of the event.
        name: &'static str,
        /// How many bytes it takes.
        size: usize,
        /// How many a frame may have.
        limit: usize,
    },
    /// The event cannot be turned into bytes.
    #[error("`{name}` cannot be turned into bytes")]
    Encode {
        /// The name of the event.
        name: &'static str,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// The reply that came cannot be read: the two sides do not agree on its type.
    #[error("the reply to `{name}` cannot be read: both sides need the same type of reply")]
    Decode {
        /// The name of the event.
        name: &'static str,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// The other side answered with an error.
    #[error("the other side failed")]
    Remote(#[source] RemoteError),
}

/// What became of a call on the other side of a bridge.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// No component there handles the event on the channel where it is fired.
    #[error("no component there handles this event")]
    NoHandler,
    /// A handler there returned this error, and no other handler answered.
    #[error("the handler there failed")]
    Failed(#[source] RemoteCause),
    /// The component there crashed while it handled the event.
    #[error("the component there crashed while it handled the event")]
    Crashed,
    /// The component there has stopped.
    #[error("the component there has stopped")]
    Stopped,
    /// The mailbox there is full and refuses new events.
    #[error("the mailbox there is full")]
    Full,
    /// The event was cancelled there.
    #[error("the event was cancelled there")]
    Cancelled,
    /// The event would have waited for itself there; the cause has the path.
    #[error("the call would wait for its own caller there")]
    Deadlock(#[source] RemoteCause),
    /// The bridge there does not receive the event.
    #[error("the bridge there does not receive this event")]
    NotReceived,
    /// The bridge there could not read the event: the two sides do not agree on
    /// its type.
    #[error("the event cannot be read there: both sides need the same type of event")]
    Unreadable(#[source] RemoteCause),
    /// The reply could not be sent back.
    #[error("the reply cannot be sent back")]
    Reply(#[source] RemoteCause),
    /// Something that this version does not know.
    #[error("something failed there")]
    Other(#[source] RemoteCause),
}

/// An error of the other side: its text, and those of its causes below it.
///
/// Types do not cross, so only what an error says is left of it: at most 16 texts,
/// each of at most 2 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteCause {
    text: String,
    source: Option<Box<Self>>,
}

impl RemoteCause {
    /// Makes a chain of texts, the outermost first.
    pub(super) fn chain(texts: Vec<String>) -> Self {
        let innermost = None;
        let chain = texts.into_iter().rev().fold(innermost, |source, text| {
            let source = source.map(Box::new);
            Some(Self { text, source })
        });
        chain.unwrap_or_else(|| Self {
            text: "nothing is known about it".to_owned(),
            source: None,
        })
    }
}

impl fmt::Display for RemoteCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for RemoteCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

/// Why something cannot be turned into bytes or back.
#[derive(Clone, Debug)]
pub struct FormatError(Arc<dyn StdError + Send + Sync>);

impl FormatError {
    pub(super) fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into().into())
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for FormatError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Why a link ended, or did not come about.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The other side has closed it: its bridge or its process has ended.
    #[error("the other side has closed the link")]
    PeerClosed,
    /// The bridge of this side has ended.
    #[error("the bridge has closed the link")]
    Closed,
    /// The link ended in the middle of a frame.
    #[error("the link ended in the middle of a frame")]
    Truncated,
    /// The other side sent a frame that is longer than the limit, which is given.
    #[error("the other side sent a frame of more than {0} bytes: raise `max_frame`")]
    TooLong(usize),
    /// What came first is not what a bridge says first.
    #[error("the other side is no bridge, or speaks it wrong from the first frame on")]
    NoBridge,
    /// The other side speaks another version.
    #[error("this side speaks version {ours} and the other side version {theirs}")]
    Version {
        /// The version of this side.
        ours: u32,
        /// The version of the other side.
        theirs: u32,
    },
    /// The other side said nothing for this time after it was connected.
    #[error("the other side did not say that it is a bridge within {0:?}")]
    NoHello(Duration),
    /// The other side did what no bridge does; the text says what.
    #[error("the other side broke the protocol: {0}")]
    Protocol(String),
    /// It could not be opened, read or written.
    #[error("the link failed")]
    Io(#[source] Arc<io::Error>),
    /// The other side has ended it because of what this side sent; the text is its
    /// reason.
    #[error("the other side has refused what this side sent: {0}")]
    Refused(String),
    /// The process that was to be the other side has ended before it was connected.
    #[error("the process has ended before it was connected: {0}")]
    Exited(ExitStatus),
    /// This process was not started by a bridge: its standard input is no socket.
    #[error("standard input is no link: start this process with `Bridge::spawn` or `spawn_self`")]
    NoParent,
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// Why a bridge is not started as it was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BridgeError {
    /// Two events of one direction have the same name, by which they cross.
    #[error("two events are named `{0}`: give one another name")]
    SameName(&'static str),
    /// An event crosses in both directions, and what is received would be heard by
    /// the bridge and sent back.
    #[error(
        "`{0}` is sent and received: fire it here on another channel than the bridge's, with `.on(..)`"
    )]
    Echo(&'static str),
    /// A stream that is there cannot be opened again.
    #[error("a bridge over a stream cannot reconnect: use `connect`, `accept` or `spawn`")]
    CannotReconnect,
    /// The names of all events do not fit into the first frame.
    #[error("the names of the events take {size} bytes, and {limit} are the most")]
    TooManyNames {
        /// How many bytes they take.
        size: usize,
        /// How many they may.
        limit: usize,
    },
}

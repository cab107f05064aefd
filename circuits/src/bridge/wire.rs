//! What goes over a link: frames, each with its length in front.
//!
//! ```text
//! hello ──►        ◄── hello      once, first: magic, version, names, limits
//! fire 7 "greet" … ──►
//!            ◄── reply 7 …        or nothing 7, or fail 7: what the call gives
//!            ◄── done 7           the event and all that it caused is done
//! cancel 8 ──►                    the caller of 8 has gone
//!            ◄── bye "…"          the link ends, since this cannot be read
//! ```
//!
//! A frame is MessagePack with the names of its fields, so that a field may be
//! added. What is read is a value and nothing else: no type is named by the peer
//! and no code is run.

use std::error::Error as StdError;
use std::io::Cursor;

use bytes::{Bytes, BytesMut};
use rmp_serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::codec::{Encoder, LengthDelimitedCodec};

use crate::CallError;
use crate::bridge::{FormatError, RemoteCause, RemoteError};

/// The first words of both sides.
const MAGIC: &str = "circuits bridge";

/// Changed when a frame changes in a way that an older side would not understand.
pub(super) const VERSION: u32 = 1;

/// The hello of either side has at most so many bytes.
pub(super) const MAX_HELLO: usize = 64 * 1024;

/// The length in front of a frame takes so many bytes.
pub(super) const HEAD: usize = 4;

/// Values are nested at most so deep, so that no frame can take the stack.
const MAX_DEPTH: usize = 128;

/// Of an error so many texts cross, each of so many bytes.
const MAX_TEXTS: usize = 16;
const MAX_TEXT: usize = 2 * 1024;

/// What each side says first.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Hello {
    magic: String,
    pub(super) version: u32,
    pub(super) process: u32,
    /// The names of the events that may be sent to this side.
    pub(super) receives: Vec<String>,
    /// The longest frame that this side takes.
    pub(super) max_frame: u32,
    /// So many events that it has not said to be done with at a time.
    pub(super) max_in_flight: u32,
}

impl Hello {
    pub(super) fn new(receives: Vec<String>, max_frame: usize, max_in_flight: usize) -> Self {
        Self {
            magic: MAGIC.to_owned(),
            version: VERSION,
            process: std::process::id(),
            receives,
            max_frame: u32::try_from(max_frame).unwrap_or(u32::MAX),
            max_in_flight: u32::try_from(max_in_flight).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn is_from_a_bridge(&self) -> bool {
        self.magic == MAGIC
    }
}

#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum Frame {
    Fire {
        id: u64,
        name: String,
        event: Bytes,
    },
    Cancel {
        id: u64,
    },
    Reply {
        id: u64,
        reply: Bytes,
    },
    Nothing {
        id: u64,
    },
    Fail {
        id: u64,
        failure: Failure,
    },
    Done {
        id: u64,
    },
    /// The link ends because of what the reader of this has sent.
    Bye {
        text: String,
    },
}

/// A call that failed, as it crosses.
#[derive(Serialize, Deserialize, Debug)]
pub(super) struct Failure {
    kind: String,
    /// The error and its causes, the outermost first.
    texts: Vec<String>,
}

impl Failure {
    pub(super) fn of_call(error: &CallError) -> Self {
        match error {
            CallError::NoHandler => Self::plain("no_handler"),
            CallError::Failed(error) => Self::caused("failed", error.as_dyn()),
            CallError::Crashed => Self::plain("crashed"),
            CallError::Stopped => Self::plain("stopped"),
            CallError::Full => Self::plain("full"),
            CallError::Cancelled => Self::plain("cancelled"),
            CallError::Deadlock(deadlock) => Self::caused("deadlock", deadlock),
            other => Self::caused("other", other),
        }
    }

    pub(super) fn plain(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            texts: Vec::new(),
        }
    }

    pub(super) fn caused(kind: &str, error: &(dyn StdError + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |error: &&(dyn StdError + 'static)| {
            (*error).source()
        });
        Self {
            kind: kind.to_owned(),
            texts: causes
                .take(MAX_TEXTS)
                .map(|cause| shortened(cause.to_string()))
                .collect(),
        }
    }

    pub(super) fn into_error(mut self) -> RemoteError {
        self.texts.truncate(MAX_TEXTS);
        let cause = RemoteCause::chain(self.texts.into_iter().map(shortened).collect());
        match self.kind.as_str() {
            "no_handler" => RemoteError::NoHandler,
            "failed" => RemoteError::Failed(cause),
            "crashed" => RemoteError::Crashed,
            "stopped" => RemoteError::Stopped,
            "full" => RemoteError::Full,
            "cancelled" => RemoteError::Cancelled,
            "deadlock" => RemoteError::Deadlock(cause),
            "not_received" => RemoteError::NotReceived,
            "unreadable" => RemoteError::Unreadable(cause),
            "reply" => RemoteError::Reply(cause),
            _ => RemoteError::Other(cause),
        }
    }
}

fn shortened(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    text
}

/// Turns a value into bytes, with the names of its fields.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, FormatError> {
    let bytes = rmp_serde::to_vec_named(value).map_err(FormatError::new)?;
    Ok(bytes.into())
}

/// Reads a value that takes all of the bytes.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FormatError> {
    let mut reader = Deserializer::new(Cursor::new(bytes));
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader).map_err(FormatError::new)?;
    if reader.position() != bytes.len() as u64 {
        return Err(FormatError::new("something stands after the value"));
    }
    Ok(value)
}

/// Makes what cuts the bytes of a link into frames of at most this length.
pub(super) fn codec(max_frame: usize) -> LengthDelimitedCodec {
    LengthDelimitedCodec::builder()
        .length_field_length(HEAD)
        .max_frame_length(max_frame.max(MAX_HELLO))
        .new_codec()
}

/// Puts the length in front.
pub(super) fn framed(codec: &mut LengthDelimitedCodec, bytes: Bytes) -> std::io::Result<Bytes> {
    let mut framed = BytesMut::with_capacity(bytes.len() + HEAD);
    codec.encode(bytes, &mut framed)?;
    Ok(framed.freeze())
}

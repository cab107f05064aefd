//! What goes over the socket between a worker and one of its processes.
//!
//! ```text
//! frame:  length (4 bytes, big-endian) │ tag (1) │ number (8, big-endian) │ body
//! ```
//!
//! The first frame of each side is a greeting. Each side checks the length before it
//! takes room for a frame.

use std::io::{self, Read, Write};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// What both sides must speak; the last digits count the versions.
const PROTOCOL: &str = "circuits-worker/1";

/// A greeting is at most this long, whatever frames may be later.
pub(crate) const GREETING_LIMIT: usize = 64 * 1024;

/// The bytes before the body.
const HEAD: usize = 9;

/// The kinds of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tag {
    Greeting,
    /// To the process: a job; its number says which of the list.
    Job,
    /// To the process: nobody wants the job any more.
    Cancel,
    /// From the process: the reply.
    Done,
    /// From the process: what the job failed with, a [`Report`].
    Failed,
    /// From the process: what the panic of the job said.
    Panicked,
    /// From the process: the job or its reply cannot be carried over.
    Unreadable,
}

const TAGS: [Tag; 7] = [
    Tag::Greeting,
    Tag::Job,
    Tag::Cancel,
    Tag::Done,
    Tag::Failed,
    Tag::Panicked,
    Tag::Unreadable,
];

/// One frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) tag: Tag,
    pub(crate) number: u64,
    pub(crate) body: Bytes,
}

/// What is wrong with what came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    #[error("it sent no frame of this protocol")]
    Garbage,
    #[error("it speaks `{0}`, and this program `{PROTOCOL}`")]
    Version(String),
    #[error("it does the jobs {theirs:?}, and this program wants {ours:?}")]
    Jobs {
        theirs: Vec<String>,
        ours: Vec<String>,
    },
    #[error(transparent)]
    Body(#[from] rmp_serde::decode::Error),
}

/// What each side says first: the protocol, the names of the jobs in their order, and
/// how long its frames may be.
#[derive(Serialize, Deserialize)]
struct Greeting {
    protocol: String,
    jobs: Vec<String>,
    max_frame: u32,
}

/// What a job failed with: the error and its causes, each as a text.
#[derive(Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) texts: Vec<String>,
}

/// A body cannot be written.
pub(crate) type EncodeError = rmp_serde::encode::Error;

/// Writes a body; structs with the names of their fields.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, EncodeError> {
    rmp_serde::to_vec_named(value)
}

/// Reads a body, and wants all of it.
pub(crate) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, WireError> {
    let mut rest = body;
    let value = T::deserialize(&mut rmp_serde::Deserializer::new(&mut rest))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(WireError::Garbage)
    }
}

/// Returns how many bytes the frame of a body takes, without its length.
pub(crate) fn size(body: &[u8]) -> usize {
    HEAD + body.len()
}

/// Writes a frame with its length in front.
pub(crate) fn frame(tag: Tag, number: u64, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEAD + body.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(4 + HEAD + body.len());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.push(tag as u8);
    bytes.extend_from_slice(&number.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// Reads a frame whose length has been taken off.
pub(crate) fn parse(bytes: Bytes) -> Result<Frame, WireError> {
    let (Some(tag), Some(number)) = (bytes.first(), bytes.get(1..HEAD)) else {
        return Err(WireError::Garbage);
    };
    let tag = TAGS.get(usize::from(*tag)).ok_or(WireError::Garbage)?;
    let number = number.try_into().map_err(|_| WireError::Garbage)?;
    Ok(Frame {
        tag: *tag,
        number: u64::from_be_bytes(number),
        body: bytes.slice(HEAD..),
    })
}

/// Writes the greeting of a side with these jobs.
pub(crate) fn greeting(jobs: &[&str], max_frame: usize) -> Result<Vec<u8>, EncodeError> {
    let greeting = Greeting {
        protocol: PROTOCOL.to_owned(),
        jobs: jobs.iter().map(|job| (*job).to_owned()).collect(),
        max_frame: u32::try_from(max_frame).unwrap_or(u32::MAX),
    };
    Ok(frame(Tag::Greeting, 0, &encode(&greeting)?))
}

/// Checks the greeting of the other side against the jobs of this one; returns how
/// long its frames may be.
pub(crate) fn check_greeting(frame: &Frame, jobs: &[&str]) -> Result<usize, WireError> {
    if frame.tag != Tag::Greeting {
        return Err(WireError::Garbage);
    }
    let greeting: Greeting = decode(&frame.body)?;
    if greeting.protocol != PROTOCOL {
        return Err(WireError::Version(greeting.protocol));
    }
    if greeting.jobs != jobs {
        let ours = jobs.iter().map(|job| (*job).to_owned()).collect();
        let theirs = greeting.jobs;
        return Err(WireError::Jobs { theirs, ours });
    }
    Ok(greeting.max_frame as usize)
}

/// Reads a frame where a thread may be blocked; `None` at the end of the input.
pub(crate) fn read(from: &mut impl Read, limit: usize) -> io::Result<Option<Frame>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > limit {
        return Err(invalid(WireError::Garbage));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    parse(bytes.into()).map(Some).map_err(invalid)
}

/// Writes bytes where a thread may be blocked.
pub(crate) fn write(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

pub(crate) fn invalid(error: WireError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

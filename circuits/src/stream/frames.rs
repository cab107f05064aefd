//! Cuts what is read into the pieces that handlers get.

use std::io;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::stream::DisconnectReason;

/// TLS begins with a record of this type, and this major version.
const HANDSHAKE: u8 = 0x16;
const VERSION: u8 = 0x03;

/// What was read and not yet handed out.
pub(super) struct Frames {
    buffer: BytesMut,
    size: usize,
    /// The longest line, where lines are wanted.
    line: Option<usize>,
    /// The buffer has no line end before this place.
    searched: usize,
    /// The first bytes are to come, and must not be those of TLS.
    is_wary: bool,
}

impl Frames {
    pub(super) fn new(size: usize, line: Option<usize>) -> Self {
        let size = size.max(1);
        Self {
            buffer: BytesMut::new(),
            size,
            line,
            searched: 0,
            is_wary: false,
        }
    }

    /// Refuses what begins as TLS does.
    pub(super) fn wary(mut self, yes: bool) -> Self {
        self.is_wary = yes;
        self
    }

    /// Reads once, at most the chosen size; 0 at the end of the input.
    ///
    /// Cancel safe: nothing has been read if it is dropped.
    pub(super) async fn fill(
        &mut self,
        source: &mut (impl AsyncRead + Unpin),
    ) -> io::Result<usize> {
        if self.buffer.capacity() - self.buffer.len() < self.size.min(1024) {
            self.buffer.reserve(self.size);
        }
        let room = (self.buffer.capacity() - self.buffer.len()).min(self.size);
        source.read_buf(&mut (&mut self.buffer).limit(room)).await
    }

    /// Takes the next whole piece.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        if self.is_wary {
            match self.buffer[..] {
                [] | [HANDSHAKE] => return Ok(None),
                [HANDSHAKE, VERSION, ..] => return Err(DisconnectReason::TlsRefused),
                _ => self.is_wary = false,
            }
        }
        let Some(limit) = self.line else {
            let whole = (!self.buffer.is_empty()).then(|| self.buffer.split().freeze());
            return Ok(whole);
        };
        let unsearched = &self.buffer[self.searched..];
        let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            // One more may be the first half of the terminator.
            let is_too_long = self.buffer.len() > limit + 1;
            return if is_too_long {
                Err(DisconnectReason::LineTooLong(limit))
            } else {
                Ok(None)
            };
        };
        let mut line = self.buffer.split_to(self.searched + end + 1).freeze();
        self.searched = 0;
        line.truncate(line.len() - 1);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        if line.len() > limit {
            return Err(DisconnectReason::LineTooLong(limit));
        }
        Ok(Some(line))
    }

    /// Takes what is left when the input has ended: a line without its end.
    pub(super) fn last(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        self.searched = 0;
        let rest = self.buffer.split().freeze();
        match self.line {
            Some(limit) if rest.len() > limit => Err(DisconnectReason::LineTooLong(limit)),
            _ => Ok((!rest.is_empty()).then_some(rest)),
        }
    }
}

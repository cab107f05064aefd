//! How streams are read and written, and the setters that their owners share.

use std::time::Duration;

/// How a stream treats its peer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// So many bytes are read at a time.
    pub(crate) read_size: usize,
    /// The longest line, where lines are wanted.
    pub(crate) line: Option<usize>,
    /// So many bytes may wait to be written.
    pub(crate) write_queue: usize,
    pub(crate) write_timeout: Duration,
    pub(crate) idle_timeout: Option<Duration>,
    /// At its end, the stream is told as `Eof` and stays open for writing.
    pub(crate) half_open: bool,
    /// A peer that begins as TLS does is disconnected.
    pub(crate) refuse_tls: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            read_size: 8 * 1024,
            line: None,
            write_queue: 256 * 1024,
            write_timeout: Duration::from_secs(30),
            idle_timeout: None,
            half_open: false,
            refuse_tls: false,
        }
    }
}

/// Writes the setters of the limits, for a component that has a field `limits`, or one
/// in the field that is named.
macro_rules! limit_setters {
    ($($field:ident)?) => {
        /// Hands out whole lines of at most this many bytes, without `\n` or
        /// `\r\n`; what stands after the last one counts as a line as well. A peer
        /// with a longer line is disconnected
        /// ([`LineTooLong`](crate::stream::DisconnectReason::LineTooLong)).
        #[must_use]
        pub fn lines(mut self, max_length: usize) -> Self {
            self.$($field.)?limits.line = Some(max_length);
            self
        }

        /// Sets how many bytes are read at a time; 8 KiB unless said, at least 1.
        #[must_use]
        pub fn read_size(mut self, bytes: usize) -> Self {
            self.$($field.)?limits.read_size = bytes;
            self
        }

        /// Disconnects a peer that sends nothing for this time; never, unless said.
        /// The time that handlers take does not count.
        #[must_use]
        pub fn idle_timeout(mut self, limit: std::time::Duration) -> Self {
            self.$($field.)?limits.idle_timeout = Some(limit);
            self
        }

        /// Sets how many bytes may wait to be written to one peer before its
        /// writers wait; 256 KiB unless said.
        #[must_use]
        pub fn write_queue(mut self, bytes: usize) -> Self {
            self.$($field.)?limits.write_queue = bytes;
            self
        }

        /// Sets for how long a peer may take nothing of what is written to it
        /// before it is disconnected; 30 s unless said.
        #[must_use]
        pub fn write_timeout(mut self, limit: std::time::Duration) -> Self {
            self.$($field.)?limits.write_timeout = limit;
            self
        }

        /// Keeps a connection open for writing when its peer has closed its sending
        /// side: that is told as [`Eof`](crate::stream::Eof), and the connection ends
        /// when a component closes or finishes it.
        #[must_use]
        pub fn half_open(mut self) -> Self {
            self.$($field.)?limits.half_open = true;
            self
        }
    };
}

pub(crate) use limit_setters;

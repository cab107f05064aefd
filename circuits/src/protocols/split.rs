//! Codecs of less than a whole codec: of a function, or of a decoder alone.

use std::fmt;

use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// A codec of a function that splits; made by [`split`].
#[derive(Clone)]
pub struct Split<F> {
    next: F,
}

/// Makes a codec of a function that takes the next frame from what has been read, or
/// nothing where that is not all of one yet. What is written is written as it is.
///
/// At the end of a stream, the function is asked for what is left as well; a rest that it
/// takes for no frame is dropped.
///
/// # Examples
///
/// ```
/// use circuits::prelude::*;
/// use circuits::protocols::{Framing, Message, split};
/// use circuits::stream::Bytes;
///
/// // Records that end with a `;`.
/// let codec = split(|read| {
///     let end = read.iter().position(|byte| *byte == b';')?;
///     let mut record = read.split_to(end + 1);
///     record.truncate(end);
///     Some(record.freeze())
/// });
/// let framing: Framing<_, Message<Bytes, Bytes>> = Framing::new(codec);
/// # drop(framing);
/// ```
pub fn split<T, F>(next: F) -> Split<F>
where
    F: FnMut(&mut BytesMut) -> Option<T>,
{
    Split { next }
}

impl<T, F: FnMut(&mut BytesMut) -> Option<T>> Decoder for Split<F> {
    type Item = T;
    type Error = std::io::Error;

    fn decode(&mut self, read: &mut BytesMut) -> Result<Option<T>, Self::Error> {
        Ok((self.next)(read))
    }

    fn decode_eof(&mut self, read: &mut BytesMut) -> Result<Option<T>, Self::Error> {
        let frame = match read.is_empty() {
            true => None,
            false => (self.next)(read),
        };
        Ok(frame)
    }
}

impl<F> Encoder<Bytes> for Split<F> {
    type Error = std::io::Error;

    fn encode(&mut self, data: Bytes, written: &mut BytesMut) -> Result<(), Self::Error> {
        written.extend_from_slice(&data);
        Ok(())
    }
}

impl<F> fmt::Debug for Split<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Split")
    }
}

/// A codec of a decoder, for events that have no reply: nothing is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct DecodeOnly<D>(
    /// The decoder.
    pub D,
);

impl<D: Decoder> Decoder for DecodeOnly<D> {
    type Item = D::Item;
    type Error = D::Error;

    fn decode(&mut self, read: &mut BytesMut) -> Result<Option<D::Item>, D::Error> {
        self.0.decode(read)
    }

    fn decode_eof(&mut self, read: &mut BytesMut) -> Result<Option<D::Item>, D::Error> {
        self.0.decode_eof(read)
    }
}

impl<D> Encoder<()> for DecodeOnly<D> {
    type Error = std::io::Error;

    fn encode(&mut self, _nothing: (), _written: &mut BytesMut) -> Result<(), std::io::Error> {
        Ok(())
    }
}

//! The standard input, read on a thread of its own that can be ended.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// So much is read at a time.
const CHUNK: usize = 8 * 1024;

/// What a thread reads from a descriptor: a piece for each that is asked for, so that
/// nothing is taken that nobody wants.
///
/// The thread waits for the descriptor and for the end of this, and reads only where it
/// will not wait. So it ends with this and has taken nothing, and the runtime has no
/// thread that blocks for ever.
pub(super) struct Input {
    asks: SyncSender<()>,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
    has_asked: bool,
    /// Dropped, it wakes the thread.
    _alive: OwnedFd,
}

impl Input {
    pub(super) fn new(source: impl AsFd + Send + 'static) -> io::Result<Self> {
        let (gone, alive) = pipe_with(PipeFlags::CLOEXEC)?;
        let (asks, asked) = sync_channel(1);
        let (sender, pieces) = mpsc::channel(1);
        let thread = std::thread::Builder::new().name("circuits-stdin".to_owned());
        thread.spawn(move || serve(&source, &gone, &asked, &sender))?;
        Ok(Self {
            asks,
            pieces,
            rest: Bytes::new(),
            has_asked: false,
            _alive: alive,
        })
    }
}

fn serve(
    source: &impl AsFd,
    gone: &OwnedFd,
    asked: &Receiver<()>,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) {
    while asked.recv().is_ok() {
        let Some(piece) = read(source, gone).transpose() else {
            return;
        };
        // There is room: one is asked for at a time.
        if pieces.try_send(piece).is_err() {
            return;
        }
    }
}

/// Reads a piece, which is empty at the end; `None` when nobody wants it any more.
fn read(source: &impl AsFd, gone: &OwnedFd) -> io::Result<Option<Bytes>> {
    loop {
        let mut both = [
            PollFd::new(gone, PollFlags::IN),
            PollFd::new(source, PollFlags::IN),
        ];
        match poll(&mut both, None) {
            Ok(_) if !both[0].revents().is_empty() => return Ok(None),
            Ok(_) if both[1].revents().is_empty() => continue,
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut buffer = vec![0; CHUNK];
        match rustix::io::read(source, &mut buffer) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok(Some(buffer.into()));
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.rest.is_empty() {
            if !self.has_asked {
                self.has_asked = true;
                // A thread that is gone has said all.
                let _ = self.asks.try_send(());
            }
            match ready!(self.pieces.poll_recv(task)) {
                Some(piece) => self.rest = piece?,
                None => return Poll::Ready(Ok(())),
            }
            self.has_asked = false;
        }
        let count = self.rest.len().min(into.remaining());
        into.put_slice(&self.rest[..count]);
        self.rest.advance(count);
        Poll::Ready(Ok(()))
    }
}

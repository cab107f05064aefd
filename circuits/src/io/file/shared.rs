//! An open file with one cursor, which is read, written and moved by turns.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncSeek, AsyncWrite, ReadBuf};
use tokio::sync::{mpsc, oneshot, watch};

/// A move of the cursor, and who waits to hear where it is then.
pub(super) struct Move {
    pub(super) position: SeekFrom,
    /// Reading goes on there, also after an end.
    pub(super) reads: bool,
    pub(super) done: oneshot::Sender<io::Result<u64>>,
}

/// One of several handles to an open file. All of them are polled by one task, as
/// the file remembers one waker only.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<State>>);

struct State {
    file: File,
    reads: bool,
    /// Nothing else is done while the cursor moves.
    is_moving: bool,
    waker: Option<Waker>,
}

impl Shared {
    pub(super) fn new(file: File, reads: bool) -> Self {
        Self(Arc::new(Mutex::new(State {
            file,
            reads,
            is_moving: false,
            waker: None,
        })))
    }

    /// Moves the cursor as asked, one move after the other, and says so to who reads.
    pub(super) async fn serve(&self, mut moves: mpsc::Receiver<Move>, moved: watch::Sender<bool>) {
        while let Some(Move {
            position,
            reads,
            done,
        }) = moves.recv().await
        {
            let result = self.seek(position).await;
            if result.is_ok() {
                moved.send_replace(reads);
            }
            let _ = done.send(result);
        }
        // Without anybody to ask, the stream still has its reasons to end.
        std::future::pending().await
    }

    async fn seek(&self, position: SeekFrom) -> io::Result<u64> {
        let mut has_begun = false;
        std::future::poll_fn(|task| {
            let mut state = self.state();
            state.is_moving = true;
            if !has_begun {
                // What is under way ends first.
                ready!(Pin::new(&mut state.file).poll_complete(task)).or_else(|error| {
                    // A failure of a write before is told to who wrote.
                    tracing::debug!(target: "circuits", %error, "before a seek");
                    Ok::<_, io::Error>(0)
                })?;
                has_begun = true;
                if let Err(error) = Pin::new(&mut state.file).start_seek(position) {
                    state.stop_moving();
                    return Poll::Ready(Err(error));
                }
            }
            let at = ready!(Pin::new(&mut state.file).poll_complete(task));
            state.stop_moving();
            Poll::Ready(at)
        })
        .await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the file for a read or a write, once the cursor rests.
    fn at_rest(&self, task: &Context<'_>) -> Poll<MutexGuard<'_, State>> {
        let mut state = self.state();
        if state.is_moving {
            state.waker = Some(task.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(state)
    }
}

impl State {
    fn stop_moving(&mut self) {
        self.is_moving = false;
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl AsyncRead for Shared {
    fn poll_read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = ready!(self.at_rest(task));
        if !state.reads {
            // There is nothing to read, and no end of it either.
            return Poll::Pending;
        }
        Pin::new(&mut state.file).poll_read(task, into)
    }
}

impl AsyncWrite for Shared {
    fn poll_write(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = ready!(self.at_rest(task));
        Pin::new(&mut state.file).poll_write(task, data)
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = ready!(self.at_rest(task));
        Pin::new(&mut state.file).poll_flush(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(task)
    }
}

//! Moves the bytes of one stream: reads, asks the handlers, writes what is queued.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use crate::Handle;
use crate::stream::frames::Frames;
use crate::stream::outbox::Outbox;
use crate::stream::{
    Connected, Connection, DisconnectReason, Disconnected, Eof, Hears, Limits, OnChannel, Read,
    closed,
};

/// A stream that is told as open, and that will be told as ended, once, however
/// that comes about.
pub(crate) struct Pump<H: Hears = OnChannel> {
    pub(super) connection: Connection,
    limits: Limits,
    pub(super) hears: H,
    /// Says that what was read before is void; true, that it is read on after an end.
    pub(super) anew: Option<watch::Receiver<bool>>,
    is_left: bool,
}

impl Pump {
    /// Tells on a channel that a stream is open.
    pub(crate) async fn open(
        connection: Connection,
        limits: Limits,
        system: Handle,
        channel: Arc<str>,
    ) -> Self {
        Self::open_for(OnChannel { system, channel }, connection, limits).await
    }
}

impl<H: Hears> Pump<H> {
    /// Tells somebody that a stream is open.
    pub(crate) async fn open_for(hears: H, connection: Connection, limits: Limits) -> Self {
        let pump = Self {
            connection,
            limits,
            hears,
            anew: None,
            is_left: false,
        };
        let connected = Connected::new(pump.connection.clone());
        pump.hears.hear(connected).await;
        pump
    }

    /// Moves bytes until the peer, a component or the owner ends it. What is queued
    /// has been written then, unless the peer is deaf or gone.
    pub(crate) async fn run(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
        closing: &mut watch::Receiver<()>,
    ) -> DisconnectReason {
        let reason = self.run_to_turn(source, sink, closing).await;
        // Never a turn: nobody has said that it is possible.
        reason.unwrap_or(DisconnectReason::OwnerFailed)
    }

    /// The same for a stream that may go over to TLS; without a reason where it shall.
    /// What was read and not yet told is void then, and all has been written that comes
    /// before.
    pub(crate) async fn run_to_turn(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        sink: &mut (impl AsyncWrite + Unpin),
        closing: &mut watch::Receiver<()>,
    ) -> Option<DisconnectReason> {
        let outbox = self.connection.outbox();
        let limit = self.limits.write_timeout;
        let gate = pin!(closed(closing));
        // Reading comes first: its replies are written in the same step.
        let (reason, ()) = tokio::join!(
            biased;
            async {
                let reason = self.read(source, gate).await;
                match reason {
                    Some(_) => drop(outbox.close()),
                    None => outbox.turn(),
                }
                reason
            },
            // Joined, not raced: a handler that is busy for a peer that has
            // gone still counts as this connection, so that peers that come
            // and go cannot pile up work.
            write(sink, outbox, limit),
        );
        outbox.ending().or(reason)
    }

    /// Tells that the stream has ended.
    pub(crate) async fn leave(mut self, reason: DisconnectReason) {
        self.is_left = true;
        self.connection.outbox().leave();
        let event = Disconnected::new(self.connection.clone(), reason);
        self.hears.hear(event).await;
    }

    async fn read(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        mut gate: Pin<&mut impl Future<Output = ()>>,
    ) -> Option<DisconnectReason> {
        let mut anew = self.anew.clone();
        loop {
            match self.read_on(source, &mut gate, &mut anew).await {
                Stop::Anew => {}
                Stop::Turn => return None,
                Stop::End(reason) => return Some(reason),
            }
        }
    }

    /// Reads to the end, or until what was read is void.
    async fn read_on(
        &self,
        source: &mut (impl AsyncRead + Unpin),
        gate: &mut Pin<&mut impl Future<Output = ()>>,
        anew: &mut Option<watch::Receiver<bool>>,
    ) -> Stop {
        let outbox = self.connection.outbox();
        let is_wary = self.limits.refuse_tls && self.connection.secured().is_none();
        let mut frames = Frames::new(self.limits.read_size, self.limits.line).wary(is_wary);
        loop {
            // What has been read is handled, also when the owner closes.
            while !outbox.is_halted() {
                if has_word(anew) {
                    return Stop::Anew;
                }
                match frames.next() {
                    Ok(Some(data)) => self.ask(data).await,
                    Ok(None) => break,
                    Err(reason) => return self.refuse(reason),
                }
            }
            let filled = tokio::select! {
                biased;
                reason = outbox.halted() => return reason.into(),
                () = gate.as_mut() => return Stop::End(DisconnectReason::OwnerStopped),
                _ = word(anew) => return Stop::Anew,
                filled = within(self.limits.idle_timeout, frames.fill(source)) => filled,
            };
            match filled {
                Err(limit) => return Stop::End(DisconnectReason::Idle(limit)),
                Ok(Err(error)) => return Stop::End(DisconnectReason::Failed(error.into())),
                Ok(Ok(0)) => break,
                Ok(Ok(_)) => {}
            }
        }
        match frames.last() {
            Err(reason) => return self.refuse(reason),
            Ok(Some(data)) => self.ask(data).await,
            Ok(None) => {}
        }
        if !self.limits.half_open {
            return Stop::End(DisconnectReason::PeerClosed);
        }
        let eof = Eof::new(self.connection.clone());
        self.hears.hear(eof).await;
        // The sending side stays open.
        tokio::select! {
            biased;
            reason = outbox.halted() => reason.into(),
            () = gate.as_mut() => Stop::End(DisconnectReason::OwnerStopped),
            () = go_on(anew) => Stop::Anew,
            () = outbox.finished() => Stop::End(DisconnectReason::PeerClosed),
        }
    }

    fn refuse(&self, reason: DisconnectReason) -> Stop {
        let peer = self.connection.peer();
        tracing::debug!(target: "circuits", %peer, %reason, "disconnected");
        Stop::End(reason)
    }

    async fn ask(&self, data: Bytes) {
        let read = Read::new(self.connection.clone(), data);
        if let Some(reply) = self.hears.answer(read).await {
            self.connection.outbox().reply(reply).await;
        }
    }
}

impl<H: Hears> Drop for Pump<H> {
    /// Not left in order: the owner was killed, or the stream's task panicked.
    fn drop(&mut self) {
        if !self.is_left {
            self.connection.outbox().leave();
            let event = Disconnected::new(self.connection.clone(), DisconnectReason::OwnerFailed);
            self.hears.hear_now(event);
        }
    }
}

/// Why nothing more is read.
enum Stop {
    End(DisconnectReason),
    /// The stream goes over to TLS.
    Turn,
    /// What was read is void, and it begins anew.
    Anew,
}

impl From<Option<DisconnectReason>> for Stop {
    fn from(reason: Option<DisconnectReason>) -> Self {
        reason.map_or(Self::Turn, Self::End)
    }
}

/// Waits for the word; for ever where nobody can give it.
async fn word(anew: &mut Option<watch::Receiver<bool>>) -> bool {
    if let Some(anew) = anew
        && anew.changed().await.is_ok()
    {
        return *anew.borrow_and_update();
    }
    std::future::pending().await
}

/// Waits for the word to read on.
async fn go_on(anew: &mut Option<watch::Receiver<bool>>) {
    while !word(anew).await {}
}

/// Takes the word, if it was given.
fn has_word(anew: &mut Option<watch::Receiver<bool>>) -> bool {
    let Some(anew) = anew else {
        return false;
    };
    let has_word = anew.has_changed().unwrap_or_default();
    anew.mark_unchanged();
    has_word
}

/// Writes what is queued until the queue is closed, then closes the sending side; or
/// until the peer is gone.
async fn write(sink: &mut (impl AsyncWrite + Unpin), outbox: &Outbox, limit: Duration) {
    if let Err(reason) = write_all(sink, outbox, limit).await {
        outbox.end(reason);
        outbox.abandon();
    }
}

async fn write_all(
    sink: &mut (impl AsyncWrite + Unpin),
    outbox: &Outbox,
    limit: Duration,
) -> Result<(), DisconnectReason> {
    let mut next = outbox.next_after(0);
    loop {
        let mut chunk = match next {
            Some(chunk) => chunk,
            None => {
                // Some sinks keep what is written until they are told.
                timely(limit, sink.flush()).await?;
                match outbox.next().await {
                    Some(chunk) => chunk,
                    // The sending side is not at its end.
                    None if outbox.is_held() => return Ok(()),
                    None => {
                        timely(limit, sink.shutdown()).await?;
                        outbox.finish();
                        return Ok(());
                    }
                }
            }
        };
        let length = chunk.len();
        while chunk.has_remaining() {
            // Not `write_buf`, which takes the dearer vectored call.
            let written = timely(limit, sink.write(&chunk)).await?;
            if written == 0 {
                let error = std::io::Error::from(std::io::ErrorKind::WriteZero);
                return Err(DisconnectReason::Failed(error.into()));
            }
            chunk.advance(written);
        }
        next = outbox.next_after(length);
    }
}

async fn timely<T>(
    limit: Duration,
    step: impl Future<Output = std::io::Result<T>>,
) -> Result<T, DisconnectReason> {
    let mut step = pin!(step);
    // Mostly there is no need for a timer.
    let now = poll_fn(|task| Poll::Ready(step.as_mut().poll(task))).await;
    let done = match now {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => tokio::time::timeout(limit, step).await,
    };
    match done {
        Err(_) => Err(DisconnectReason::WriteTimeout(limit)),
        Ok(Err(error)) => Err(DisconnectReason::Failed(error.into())),
        Ok(Ok(done)) => Ok(done),
    }
}

/// Runs a future for at most this time, if there is a limit.
async fn within<F: Future>(limit: Option<Duration>, future: F) -> Result<F::Output, Duration> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.map_err(|_| limit),
        None => Ok(future.await),
    }
}

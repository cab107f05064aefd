//! One connection: reads, asks the handlers, writes what they reply.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::net::frames::{Frames, TooLong};
use crate::net::outbox::Outbox;
use crate::net::{Connected, ConnectionId, DisconnectReason, Disconnected, Read, closed, linger};
use crate::{Error, Handle};

/// How connections treat their peers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) read_size: usize,
    pub(super) line: Option<usize>,
    pub(super) write_queue: usize,
    pub(super) write_timeout: Duration,
    pub(super) idle_timeout: Option<Duration>,
}

/// The connections of one life of a server, by their ids.
#[derive(Default)]
pub(super) struct Table {
    open: Mutex<HashMap<ConnectionId, Arc<Outbox>>>,
}

impl Table {
    pub(super) fn get(&self, id: ConnectionId) -> Option<Arc<Outbox>> {
        self.open().get(&id).cloned()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Outbox>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that was accepted.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) peer: SocketAddr,
    pub(super) limits: Limits,
    pub(super) table: Arc<Table>,
    pub(super) system: Handle,
    pub(super) channel: Arc<str>,
    /// Tells when the server closes.
    pub(super) closing: watch::Receiver<()>,
}

impl Connection {
    /// Serves the peer until one of the two, or the server, ends it.
    pub(super) async fn serve(mut self, mut stream: TcpStream) {
        let outbox = Arc::new(Outbox::new(self.limits.write_queue));
        let entry = Entry::new(&self, outbox.clone());
        let connected = Connected::new(self.id, self.peer);
        self.system.on(&self.channel).fire(connected).await;
        let limit = self.limits.write_timeout;
        let (mut source, mut sink) = stream.split();
        let (reason, ()) = tokio::join!(
            async {
                let reason = self.read(&mut source, &outbox).await;
                outbox.close();
                reason
            },
            // Joined, not raced: a handler that is busy for a peer that has
            // gone still counts as this connection, so that peers that come
            // and go cannot pile up work.
            write(&mut sink, &outbox, limit),
        );
        let reason = outbox.ending().unwrap_or(reason);
        let may_answer = !matches!(
            reason,
            DisconnectReason::WriteTimeout(_) | DisconnectReason::Failed(_)
        );
        if may_answer {
            linger(stream).await;
        }
        entry.leave(reason).await;
    }

    async fn read(
        &mut self,
        source: &mut (impl AsyncRead + Unpin),
        outbox: &Outbox,
    ) -> DisconnectReason {
        let mut frames = Frames::new(self.limits.read_size, self.limits.line);
        loop {
            // What has been read is handled, also when the server closes.
            while outbox.ending().is_none() {
                match frames.next() {
                    Ok(Some(data)) => self.ask(data, outbox).await,
                    Ok(None) => break,
                    Err(TooLong(limit)) => return DisconnectReason::LineTooLong(limit),
                }
            }
            let filled = tokio::select! {
                biased;
                reason = outbox.ended() => return reason,
                () = closed(&mut self.closing) => return DisconnectReason::ServerStopped,
                filled = within(self.limits.idle_timeout, frames.fill(source)) => filled,
            };
            match filled {
                Err(limit) => return DisconnectReason::Idle(limit),
                Ok(Err(error)) => return DisconnectReason::Failed(error.into()),
                Ok(Ok(0)) => break,
                Ok(Ok(_)) => {}
            }
        }
        match frames.last() {
            Err(TooLong(limit)) => return DisconnectReason::LineTooLong(limit),
            Ok(Some(data)) => self.ask(data, outbox).await,
            Ok(None) => {}
        }
        DisconnectReason::PeerClosed
    }

    /// Waits until every handler is done, not only the one that answers: a
    /// second one that is slower would otherwise be flooded.
    async fn ask(&self, data: Bytes, outbox: &Outbox) {
        let read = Read::new(self.id, data);
        let replies = self.system.on(&self.channel).call_all(read).await;
        // A handler that failed has been reported; the peer's next words count.
        if let Some(reply) = replies.into_iter().find_map(Result::ok) {
            outbox.push(reply).await;
        }
    }
}

/// Writes what is queued until the queue is closed, or the peer is gone.
async fn write(sink: &mut (impl AsyncWrite + Unpin), outbox: &Outbox, limit: Duration) {
    while let Some(mut chunk) = outbox.next().await {
        let length = chunk.len();
        while chunk.has_remaining() {
            let error = match tokio::time::timeout(limit, sink.write_buf(&mut chunk)).await {
                Err(_) => DisconnectReason::WriteTimeout(limit),
                Ok(Err(error)) => DisconnectReason::Failed(Error::from(error)),
                Ok(Ok(_)) => continue,
            };
            outbox.end(error);
            return outbox.abandon();
        }
        outbox.written(length);
    }
}

/// Runs a future for at most this time, if there is a limit.
async fn within<F: Future>(limit: Option<Duration>, future: F) -> Result<F::Output, Duration> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, future).await.map_err(|_| limit),
        None => Ok(future.await),
    }
}

/// A place in the table; leaving it is told once, however it comes about.
struct Entry {
    id: ConnectionId,
    table: Arc<Table>,
    system: Handle,
    channel: Arc<str>,
    is_left: bool,
}

impl Entry {
    fn new(connection: &Connection, outbox: Arc<Outbox>) -> Self {
        let table = connection.table.clone();
        table.open().insert(connection.id, outbox);
        Self {
            id: connection.id,
            table,
            system: connection.system.clone(),
            channel: connection.channel.clone(),
            is_left: false,
        }
    }

    async fn leave(mut self, reason: DisconnectReason) {
        self.is_left = true;
        self.close();
        let event = Disconnected::new(self.id, reason);
        self.system.on(&self.channel).fire(event).await;
    }

    fn close(&self) {
        if let Some(outbox) = self.table.open().remove(&self.id) {
            outbox.abandon();
        }
    }
}

impl Drop for Entry {
    /// Not left in order: the server was killed, or this connection panicked.
    fn drop(&mut self) {
        if !self.is_left {
            self.close();
            let event = Disconnected::new(self.id, DisconnectReason::ServerFailed);
            self.system.on(&self.channel).fire(event);
        }
    }
}

//! How a stream in plain text goes over to TLS.
//!
//! ```text
//!            start_tls                 the reply is written            handshake
//!  Possible ───────────► Asked(held) ───────────────────► Begun(held) ──────────► secured
//!                            ▲ what is queued from here on is written ───────────────┘
//! ```

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::task::Poll;

use crate::event::Event;
use crate::stream::outbox::{Outbox, Turn};
use crate::stream::{Connection, DisconnectReason, Hears, Pump, Secured};

/// A stream does not go over to TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartTlsError {
    /// Its server or client does not know how.
    #[error("TLS is not set up for the connection; make its server or client with `start_tls`")]
    NotConfigured,
    /// It speaks TLS already, or is about to.
    #[error("TLS was started on the connection before")]
    Started,
    /// It has ended, or is about to, or its sending side is finished.
    #[error("the connection has ended")]
    Ended,
}

impl Connection {
    /// Goes over from plain text to TLS, as commands like `STARTTLS` ask for: on a
    /// connection of a server or client that is made with
    /// [`TcpServer::start_tls`](crate::net::TcpServer::start_tls) or
    /// [`TcpClient::start_tls`](crate::net::TcpClient::start_tls).
    ///
    /// Call it in the handler of the [`Read`](crate::stream::Read) that asks for it, or,
    /// as a client, that allows it. It does not wait:
    ///
    /// 1. What the handler replies, and what was queued before, is written in plain text.
    /// 2. What the peer has sent behind the command is thrown away, so that nobody can
    ///    put words into its mouth.
    /// 3. The handshake follows, within its time limit.
    /// 4. [`TlsStarted`](crate::net::TlsStarted) is fired, [`secured`](Self::secured)
    ///    says what was settled, and what was queued since this call is written.
    ///
    /// Nothing that is queued after this call is written in plain text. If the handshake
    /// fails, [`HandshakeFailed`](crate::net::HandshakeFailed) is fired, the connection
    /// ends with the reason [`Insecure`](DisconnectReason::Insecure), and what was queued
    /// is lost. So it is where the connection is closed, or its owner ends, meanwhile.
    ///
    /// The handshake begins when the handlers of the `Read` are done: one that waits for
    /// it, by [`flushed`](Self::flushed) or by writing more than the queue takes, waits
    /// for itself.
    ///
    /// # Errors
    /// The connection is not made for it, has gone over before, or has ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use circuits::net::{Bytes, Read, StartTlsError};
    /// use circuits::prelude::*;
    ///
    /// #[component(channel = "tcp")]
    /// struct Mail;
    ///
    /// #[component]
    /// impl Mail {
    ///     #[handler("read")]
    ///     fn read(&mut self, line: &Read) -> Result<Bytes, StartTlsError> {
    ///         if line.data.eq_ignore_ascii_case(b"STARTTLS") {
    ///             line.connection.start_tls()?;
    ///             return Ok("220 Go ahead\r\n".into());
    ///         }
    ///         Ok("502 Not known\r\n".into())
    ///     }
    /// }
    /// # drop(Mail);
    /// ```
    pub fn start_tls(&self) -> Result<(), StartTlsError> {
        if self.secured().is_some() {
            return Err(StartTlsError::Started);
        }
        self.outbox().hold()
    }

    /// Says that it may go over to TLS.
    pub(crate) fn allow_tls(&self) {
        self.outbox().state().turn = Turn::Possible;
    }

    /// Keeps what the handshake has settled; once.
    pub(crate) fn secure(&self, secured: Secured) {
        self.shared.secured.get_or_init(|| secured);
    }
}

impl<H: Hears> Pump<H> {
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Tells what belongs to the stream, between its begin and its end.
    pub(crate) async fn tell(&self, event: impl Event) {
        self.hears.hear(event).await;
    }

    /// Waits until the stream shall end.
    pub(crate) async fn ended(&self) -> DisconnectReason {
        self.connection.outbox().ended().await
    }

    /// Lets go on what was queued meanwhile: the turn is done.
    pub(crate) fn turned(&self) {
        self.connection.outbox().release();
    }
}

impl Outbox {
    /// Holds what is queued from now on.
    fn hold(&self) -> Result<(), StartTlsError> {
        let mut state = self.state();
        if state.ending.is_some() || state.is_closed || state.is_gone {
            return Err(StartTlsError::Ended);
        }
        match state.turn {
            Turn::Possible => {}
            Turn::Never => return Err(StartTlsError::NotConfigured),
            Turn::Asked(_) | Turn::Begun(_) => return Err(StartTlsError::Started),
        }
        state.turn = Turn::Asked(VecDeque::new());
        self.is_halted.store(true, Ordering::Release);
        state.wake_pump();
        // A reply that waits must not wait for what is held.
        state.wake_senders();
        Ok(())
    }

    fn release(&self) {
        let mut state = self.state();
        if let Turn::Asked(held) | Turn::Begun(held) = std::mem::take(&mut state.turn) {
            state.chunks = held;
        }
        self.is_halted
            .store(state.ending.is_some(), Ordering::Release);
    }

    /// Waits, as the pump, until the stream shall end.
    async fn ended(&self) -> DisconnectReason {
        poll_fn(|task| {
            let mut state = self.state();
            match &state.ending {
                Some(reason) => Poll::Ready(reason.clone()),
                None => state.wait_as_pump(task.waker()),
            }
        })
        .await
    }
}

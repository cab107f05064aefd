//! The standard streams of this process.

mod input;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context as Task, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::input::Input;
use crate::io::port::{DRAIN_TIMEOUT, Port};
use crate::stream::{Close, Closing, Connection, Disconnected, Limits, Pump, Write, limit_setters};
use crate::{Context, component, handler};

macro_rules! standard_stream {
    ($type:ident, $channel:literal, $open:expr, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[component(channel = $channel, crate = crate)]
        #[derive(Clone)]
        pub struct $type {
            limits: Limits,
            drain_timeout: Duration,
            connection: Option<Connection>,
        }

        impl $type {
            /// Makes the component.
            pub fn new() -> Self {
                Self {
                    limits: Limits::default(),
                    drain_timeout: DRAIN_TIMEOUT,
                    connection: None,
                }
            }

            limit_setters!();

            /// Sets how long what is queued may take to be written when the component
            /// stops; 5 s unless said.
            #[must_use]
            pub fn drain_timeout(mut self, limit: Duration) -> Self {
                self.drain_timeout = limit;
                self
            }
        }

        impl Default for $type {
            fn default() -> Self {
                Self::new()
            }
        }

        #[component(crate = crate)]
        impl $type {
            #[handler("started")]
            async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
                let (source, sink) = $open?;
                let (queue, limit) = (self.limits.write_queue, self.drain_timeout);
                let port = Port::new(cx, $channel.into(), queue, limit).await?;
                if sink.is_none() {
                    port.connection.finish();
                }
                self.connection = Some(port.connection.clone());
                let pump = port.open(cx, self.limits);
                cx.spawn(async move { serve(source, sink, pump.await, port.closing).await });
                Ok(())
            }

            /// `&self`: a queue that is full keeps no `Close` waiting.
            #[handler("write")]
            async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
                event.answer(cx.id(), self.connection.as_ref()).await
            }

            #[handler("close")]
            async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
                event.answer(cx.id(), self.connection.as_ref())
            }

            #[handler("disconnected")]
            async fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
                if event.connection.id().owner() == cx.id() {
                    cx.address().unregister().await;
                }
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    };
}

standard_stream! {
    Stdin, "stdin", stdin(),
    /// The standard input of this process, as a stream of bytes.
    ///
    /// On its channel, `"stdin"` unless said, it fires
    /// [`Connected`](crate::stream::Connected), [`Read`](crate::stream::Read) for each
    /// piece or line, and [`Disconnected`] at the end; then it leaves the tree. It takes
    /// [`Close`]. What holds for all streams holds here, see [`stream`](crate::stream).
    ///
    /// It is read by a thread that ends with this component, and no further than a handler
    /// has asked for. What `std::io::stdin` has read before does not come again. Of two
    /// such components each gets a part.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::io::Stdin;
    /// use circuits::prelude::*;
    /// use circuits::stream::Read;
    ///
    /// #[component(channel = "stdin")]
    /// struct Shell;
    ///
    /// #[component]
    /// impl Shell {
    ///     #[handler("read")]
    ///     fn read(&mut self, line: &Read) {
    ///         println!("{}?", line.data.escape_ascii());
    ///     }
    /// }
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// system.supervise(|| Shell).await?;
    /// system.supervise(|| Stdin::new().lines(4096)).await?;
    /// # Ok(())
    /// # }
    /// ```
}

standard_stream! {
    Stdout, "stdout", io::Result::Ok((None::<Input>, Some(tokio::io::stdout()))),
    /// The standard output of this process, as a stream of bytes.
    ///
    /// On its channel, `"stdout"` unless said, it takes [`Write`] and [`Close`], and fires
    /// [`Connected`](crate::stream::Connected) and [`Disconnected`]; then it leaves the
    /// tree. What holds for all streams holds here, see [`stream`](crate::stream). Reading
    /// has no end, since there is nothing to read.
    ///
    /// What is queued is written before the component ends in order. What is printed
    /// otherwise keeps no order with it.
}

standard_stream! {
    Stderr, "stderr", io::Result::Ok((None::<Input>, Some(tokio::io::stderr()))),
    /// The standard error of this process, as a stream of bytes; on its channel, `"stderr"`
    /// unless said, it is as [`Stdout`].
}

fn stdin() -> io::Result<(Option<Input>, Option<tokio::io::Stdout>)> {
    let source = Input::new(rustix::stdio::stdin())?;
    Ok((Some(source), None))
}

async fn serve(
    source: Option<Input>,
    sink: Option<impl AsyncWrite + Unpin>,
    pump: Pump,
    closing: Closing,
) {
    let mut watch = closing.watch();
    let reason = match (source, sink) {
        (Some(mut source), _) => {
            let mut nowhere = tokio::io::sink();
            pump.run(&mut source, &mut nowhere, &mut watch).await
        }
        (None, Some(mut sink)) => pump.run(&mut Silence, &mut sink, &mut watch).await,
        (None, None) => return,
    };
    pump.leave(reason).await;
}

/// Nothing to read, and no end of it either.
struct Silence;

impl AsyncRead for Silence {
    fn poll_read(
        self: Pin<&mut Self>,
        _task: &mut Task<'_>,
        _into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

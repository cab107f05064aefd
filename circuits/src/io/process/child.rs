//! A running process, from its start to its end.

use std::io;
use std::pin::Pin;
use std::process::ExitStatus;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::AsyncWrite;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::{mpsc, oneshot, watch};

use crate::io::{Exited, SignalError, Spawned};
use crate::stream::{Closing, Connection, Limits, Pump, closed};
use crate::{ComponentId, Handle};

/// A signal that somebody wants to send, and who waits to hear whether anybody got it.
pub(super) struct Kick {
    pub(super) signal: i32,
    pub(super) done: oneshot::Sender<Result<bool, SignalError>>,
}

/// A process and all that its task needs.
pub(super) struct Running {
    pub(super) child: Child,
    pub(super) pid: u32,
    pub(super) group: Group,
    pub(super) kicks: mpsc::Receiver<Kick>,
    pub(super) closing: Closing,
    pub(super) stop_signal: i32,
    pub(super) output_timeout: Duration,
    pub(super) component: ComponentId,
    pub(super) system: Handle,
    pub(super) channel: Arc<str>,
    pub(super) limits: Limits,
    /// Standard input and output.
    pub(super) pipes: Connection,
    /// Standard error, if it is read.
    pub(super) errors: Option<Connection>,
}

/// The group of a process, if it has one of its own; killed when dropped.
pub(super) struct Group(pub(super) Option<Pid>);

impl Group {
    fn end(&mut self) {
        if let Some(group) = self.0.take() {
            // There may be nobody left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

impl Running {
    /// Serves the process until it has ended and all that it wrote is told.
    pub(super) async fn run(mut self) {
        let on = self.channel.clone();
        let (component, pid) = (self.component, self.pid);
        let spawned = Spawned { component, pid };
        self.system.on(&on).fire(spawned).await;
        // Dropped, it ends the reading of what is written.
        let (open, mut cut) = watch::channel(());
        let (ended, outputs) = oneshot::channel::<()>();
        let streams = self.streams(&mut cut);
        let ((status, was_stopped), ()) = tokio::join!(
            async {
                let status = self.wait().await;
                // Others may have the other ends of the pipes, too.
                let _ = tokio::time::timeout(self.output_timeout, outputs).await;
                drop(open);
                status
            },
            async {
                streams.await;
                drop(ended);
            },
        );
        let exited = Exited {
            component,
            pid,
            status,
            was_stopped,
        };
        self.system.on(&on).fire(exited).await;
    }

    /// Moves what goes in and out.
    fn streams(&mut self, cut: &mut watch::Receiver<()>) -> impl Future<Output = ()> + use<> {
        let stdin = Input(self.child.stdin.take());
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (limits, system, channel) = (self.limits, self.system.clone(), self.channel.clone());
        let (pipes, errors) = (self.pipes.clone(), self.errors.clone());
        let mut cuts = (cut.clone(), cut.clone());
        async move {
            let beside = format!("{channel}.stderr");
            tokio::join!(
                async {
                    let pump = Pump::open(pipes, limits, system.clone(), channel).await;
                    talk(pump, stdout, stdin, &mut cuts.0).await;
                },
                async {
                    if let Some(errors) = errors {
                        let pump = Pump::open(errors, limits, system.clone(), beside.into()).await;
                        hear(pump, stderr, &mut cuts.1).await;
                    }
                },
            );
        }
    }

    /// Waits until the process has ended; sends it what signals it shall get. Tells also
    /// whether it was asked to end.
    async fn wait(&mut self) -> (ExitStatus, bool) {
        let mut closing = Some(self.closing.watch());
        loop {
            let closes = async {
                match &mut closing {
                    Some(closing) => closed(closing).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                status = self.child.wait() => {
                    // At once, while nobody else can have got its number.
                    self.group.end();
                    let status = status.expect("nobody else waits for this process");
                    return (status, closing.is_none());
                }
                Some(kick) = self.kicks.recv() => {
                    let _ = kick.done.send(self.send(kick.signal));
                }
                () = closes => {
                    closing = None;
                    self.pipes.finish();
                    if let Err(error) = self.send(self.stop_signal) {
                        tracing::warn!(target: "circuits", %error, pid = self.pid, "stop");
                    }
                }
            }
        }
    }

    /// Sends a signal, as long as the process has not been waited for: until then
    /// nobody else has its number.
    fn send(&self, number: i32) -> Result<bool, SignalError> {
        let signal = Signal::from_named_raw(number).ok_or(SignalError::Unknown(number))?;
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid as i32));
        let sent = match (self.group.0, pid) {
            (Some(group), _) => kill_process_group(group, signal),
            (None, Some(pid)) => kill_process(pid, signal),
            (None, None) => return Ok(false),
        };
        match sent {
            Ok(()) => Ok(true),
            Err(rustix::io::Errno::SRCH) => Ok(false),
            Err(error) => Err(SignalError::Refused(error.into())),
        }
    }
}

async fn talk(
    pump: Pump,
    stdout: Option<ChildStdout>,
    mut stdin: Input,
    cut: &mut watch::Receiver<()>,
) {
    let mut stdout = stdout.expect("it is piped");
    let reason = pump.run(&mut stdout, &mut stdin, cut).await;
    drop((stdin, stdout));
    pump.leave(reason).await;
}

async fn hear(pump: Pump, stderr: Option<ChildStderr>, cut: &mut watch::Receiver<()>) {
    let mut stderr = stderr.expect("it is piped where it has a connection");
    let reason = pump.run(&mut stderr, &mut tokio::io::sink(), cut).await;
    drop(stderr);
    pump.leave(reason).await;
}

/// The standard input of a process. What it does not read any more is lost, as in a
/// pipe of the shell: it may still have much to say.
struct Input(Option<ChildStdin>);

impl Input {
    fn forgive<T>(&mut self, result: io::Result<T>, lost: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.0 = None;
                Ok(lost)
            }
            result => result,
        }
    }
}

impl AsyncWrite for Input {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Some(stdin) = &mut self.0 else {
            return Poll::Ready(Ok(data.len()));
        };
        let written = Pin::new(stdin).poll_write(task, data);
        written.map(|written| self.forgive(written, data.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(stdin) = &mut self.0 else {
            return Poll::Ready(Ok(()));
        };
        let flushed = Pin::new(stdin).poll_flush(task);
        flushed.map(|flushed| self.forgive(flushed, ()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _task: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Only dropping it closes it.
        self.0 = None;
        Poll::Ready(Ok(()))
    }
}

//! Processes: started, talked to, waited for.

mod child;
mod error;
mod event;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Pid;
use tokio::process::Command;
use tokio::sync::{mpsc, oneshot};

use self::child::{Group, Kick, Running};
pub use self::error::{ExitError, SignalError, SpawnError};
pub use self::event::{Exited, SendSignal, Spawned};
use crate::io::port::{DRAIN_TIMEOUT, Port};
use crate::stream::{Close, Connection, ConnectionId, Finish, Limits, Peer, Write, limit_setters};
use crate::{Context, Error, component, handler};

/// So many signals may wait; further ones wait in the mailbox.
const KICKS: usize = 16;

/// A process of the system, as streams of bytes.
///
/// On its channel, `"process"` unless said, it fires [`Spawned`], then what its stream
/// tells, whose input and output are those of the process:
/// [`Connected`](crate::stream::Connected), a [`Read`](crate::stream::Read) for each
/// piece or line that it prints, [`Disconnected`](crate::stream::Disconnected) when its
/// output has ended. What a handler of `Read` replies, and each [`Write`], goes to its
/// standard input; [`Finish`] closes that, [`Close`] both. Its standard error is a stream
/// of its own, on the channel with `.stderr` behind its name, unless it goes
/// [elsewhere](Self::inherit_stderr). [`Exited`] is the last event.
///
/// What holds for all streams holds here, see [`stream`](crate::stream): a process is held
/// back while the handlers of its output are behind. What it does not read of its input any
/// more is lost.
///
/// # The end
/// When the process has ended and its outputs, too, this component leaves the tree.
/// [`supervised`](Self::supervised) makes the end of the process that of a life
/// instead, so that a supervisor starts it again. No zombie stays.
///
/// When the component ends before, it closes the input and sends SIGTERM
/// ([`stop_signal`](Self::stop_signal)); what the process says then is still told. After
/// [`drain_timeout`](Self::drain_timeout), and when the component is killed, the process is
/// killed. With [`group`](Self::group), so are all that it has started and that have not
/// left its group. Of a component that is killed the streams are told as
/// ended, and no [`Exited`].
///
/// # When things fail
/// A process that cannot be started fails the start, with a [`SpawnError`] that says what
/// to do.
///
/// # Examples
///
/// ```
/// use circuits::io::{Exited, Process};
/// use circuits::prelude::*;
/// use circuits::stream::Read;
///
/// #[component(channel = "process")]
/// struct Printer;
///
/// #[component]
/// impl Printer {
///     #[handler("read")]
///     fn read(&mut self, line: &Read) {
///         assert_eq!(&line.data[..], b"hello");
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> circuits::Result<()> {
/// let system = System::new();
/// system.supervise(|| Printer).await?;
/// let exited = system.on("process").wait::<Exited>();
/// system.supervise(|| Process::new("echo").arg("hello").lines(80)).await?;
/// assert!(exited.await?.status.success());
/// # Ok(())
/// # }
/// ```
#[component(channel = "process", crate = crate)]
#[derive(Clone)]
pub struct Process {
    program: OsString,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    /// Variables to set, or to take away.
    environment: Vec<(OsString, Option<OsString>)>,
    is_clean: bool,
    has_group: bool,
    is_supervised: bool,
    inherits_stderr: bool,
    stop_signal: i32,
    output_timeout: Duration,
    limits: Limits,
    drain_timeout: Duration,
    connection: Option<Connection>,
    kicks: Option<mpsc::Sender<Kick>>,
}

impl Process {
    /// Names a program, by a path or to be found in PATH.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        let limits = Limits {
            // A process may be busy for any time before it reads.
            write_timeout: Duration::MAX,
            ..Limits::default()
        };
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            directory: None,
            environment: Vec::new(),
            is_clean: false,
            has_group: false,
            is_supervised: false,
            inherits_stderr: false,
            stop_signal: 15,
            output_timeout: Duration::from_secs(5),
            limits,
            drain_timeout: DRAIN_TIMEOUT,
            connection: None,
            kicks: None,
        }
    }

    /// Has `sh` run a line, with all that a shell can do; in a group of its own. A
    /// line with foreign parts in it may do anything: give those as arguments of a
    /// program.
    pub fn shell(line: impl AsRef<OsStr>) -> Self {
        Self::new("sh").arg("-c").arg(line).group()
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let arguments = arguments.into_iter().map(|it| it.as_ref().to_owned());
        self.arguments.extend(arguments);
        self
    }

    /// Sets the directory that it runs in; that of this process unless said.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// Sets a variable of its environment, which is that of this process unless said.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let value = Some(value.as_ref().to_owned());
        self.environment.push((name.as_ref().to_owned(), value));
        self
    }

    /// Takes a variable away from its environment.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Gives it nothing of the environment of this process.
    #[must_use]
    pub fn env_clear(mut self) -> Self {
        self.is_clean = true;
        self
    }

    /// Gives it a group of its own, with all that it starts. Signals go to the whole
    /// group, those of the terminal do not; what is left of it when the process has
    /// ended is killed.
    #[must_use]
    pub fn group(mut self) -> Self {
        self.has_group = true;
        self
    }

    /// Makes the end of the process that of a life of this component: in order where
    /// its exit code is 0, else a failure, an [`ExitError`]. What follows is up to the
    /// supervisor and the [`Restart`](crate::Restart) kind.
    #[must_use]
    pub fn supervised(mut self) -> Self {
        self.is_supervised = true;
        self
    }

    /// Leaves its standard error where that of this process goes.
    #[must_use]
    pub fn inherit_stderr(mut self) -> Self {
        self.inherits_stderr = true;
        self
    }

    /// Sets the signal that asks it to end when the component ends; 15, SIGTERM, unless
    /// said.
    #[must_use]
    pub fn stop_signal(mut self, signal: i32) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Sets how long its outputs are read after it has ended, if others have them open
    /// as well; 5 s unless said.
    #[must_use]
    pub fn output_timeout(mut self, limit: Duration) -> Self {
        self.output_timeout = limit;
        self
    }

    limit_setters!();

    /// Sets how long it may take to end when the component stops before it is killed;
    /// 5 s unless said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        if !self.inherits_stderr {
            command.stderr(Stdio::piped());
        }
        if self.is_clean {
            command.env_clear();
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        if self.has_group {
            command.process_group(0);
        }
        command
    }

    fn name(&self) -> Peer {
        self.program.to_string_lossy().as_ref().into()
    }
}

#[component(crate = crate)]
impl Process {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let port = Port::new(cx, self.name(), self.limits.write_queue, self.drain_timeout).await?;
        let child = self.command().spawn();
        let child = child
            .map_err(|error| SpawnError::new(&self.program, self.directory.as_deref(), error))?;
        let pid = child.id().unwrap_or_default();
        let group = Pid::from_raw(pid as i32).filter(|_| self.has_group);
        let errors = (!self.inherits_stderr).then(|| {
            let id = ConnectionId::new(cx.id(), cx.life(), 2);
            let errors = Connection::new(id, self.name(), 0);
            errors.finish();
            errors
        });
        let (sender, kicks) = mpsc::channel(KICKS);
        self.kicks = Some(sender);
        self.connection = Some(port.connection.clone());
        let running = Running {
            child,
            pid,
            group: Group(group),
            kicks,
            closing: port.closing,
            stop_signal: self.stop_signal,
            output_timeout: self.output_timeout,
            component: cx.id(),
            system: cx.system(),
            channel: cx.channel().into(),
            limits: self.limits,
            pipes: port.connection,
            errors,
        };
        cx.spawn(running.run());
        Ok(())
    }

    /// `&self`: a queue that is full keeps no signal waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref()).await
    }

    #[handler("finish")]
    async fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), self.connection.as_ref())
    }

    #[handler("send_signal")]
    async fn send_signal(
        &self,
        event: &SendSignal,
        cx: &Context<Self>,
    ) -> Result<Option<bool>, SignalError> {
        if event
            .component
            .is_some_and(|component| component != cx.id())
        {
            return Ok(None);
        }
        let (done, sent) = oneshot::channel();
        let signal = event.signal;
        if let Some(kicks) = &self.kicks {
            // Where it has ended, nobody takes it any more.
            let _ = kicks.send(Kick { signal, done }).await;
        }
        sent.await.unwrap_or(Ok(false)).map(Some)
    }

    #[handler("exited")]
    async fn exited(&mut self, event: &Exited, cx: &Context<Self>) -> crate::Result<()> {
        if event.component != cx.id() || event.was_stopped {
            return Ok(());
        }
        match event.status {
            _ if !self.is_supervised => cx.address().unregister().await,
            status if status.success() => cx.stop(),
            status => return Err(Error::fatal(ExitError(status))),
        }
        Ok(())
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Process({})", self.program.to_string_lossy())
    }
}

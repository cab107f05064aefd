//! Bridges to child processes, and to the parent.
//!
//! The link is a socket pair, whose one end is the child's standard input: it goes
//! both ways, so what the child prints is no part of it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as Socket;
use std::process::{Command, Stdio};

use tokio::net::UnixStream;

use crate::bridge::source::{Opened, Opening, Source};
use crate::bridge::{Bridge, LinkError};

/// Where a process that was started by [`Bridge::spawn_self`] finds its role.
const ROLE: &str = "CIRCUITS_BRIDGE_ROLE";

impl Bridge {
    /// Makes one that starts a process and is joined with it; the process has a
    /// [`Bridge::parent`].
    ///
    /// The link takes the place of the process's standard input; its standard output
    /// and error stay free. The start waits until the process has said that it is a
    /// bridge.
    ///
    /// When the link ends, whichever side ends it, the process has 5 s to end
    /// before it is killed; a bridge that is killed kills it at once. It is always waited
    /// for, so that no zombie stays: [`Exited`](crate::bridge::Exited) tells its status,
    /// and [`Join`](crate::bridge::Join) waits for it. With
    /// [`reconnect`](Self::reconnect) it is started again.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use std::process::Command;
    ///
    /// use circuits::bridge::{Bridge, Join};
    /// # use circuits::prelude::*;
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// let bridge = || Bridge::spawn(|| Command::new("/usr/local/bin/worker"));
    /// let worker = system.supervise(bridge).channel("worker").await?;
    /// println!("{}", system.to(&worker).call(Join).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(command: impl Fn() -> Command + Send + Sync + 'static) -> Self {
        Self::from_source(Spawn(Box::new(move || Ok(command()))))
    }

    /// Makes one that starts this very program again, in a role of which
    /// [`role`] tells it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::bridge::{Bridge, role};
    /// # use circuits::prelude::*;
    ///
    /// #[tokio::main]
    /// async fn main() -> circuits::Result<()> {
    ///     let system = System::new();
    ///     if role().is_some() {
    ///         system.supervise(Bridge::parent).await?; // this is the child
    ///     } else {
    ///         system.supervise(|| Bridge::spawn_self("child")).await?;
    ///     }
    ///     system.run().await
    /// }
    /// ```
    pub fn spawn_self(role: impl Into<String>) -> Self {
        let role = role.into();
        Self::from_source(Spawn(Box::new(move || {
            let mut command = Command::new(std::env::current_exe()?);
            command.env(ROLE, &role);
            Ok(command)
        })))
    }

    /// Makes the other end of [`Bridge::spawn`], in the process that was started.
    ///
    /// When the link ends, since the parent has ended or wants it, this system shuts
    /// down in order: so a child does not outlive its parent, unless it blocks. From
    /// its start on, standard input is empty. It can be started once.
    pub fn parent() -> Self {
        Self::from_source(Parent)
    }
}

/// Returns the role in which this process was started by [`Bridge::spawn_self`];
/// `None` if it was not. To be asked first in `main`.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

struct Spawn(Box<dyn Fn() -> io::Result<Command> + Send + Sync>);

impl Source for Spawn {
    fn open(&self) -> Opening<'_> {
        Box::pin(async {
            let (ours, theirs) = Socket::pair()?;
            ours.set_nonblocking(true)?;
            let mut command = (self.0)()?;
            command.stdin(Stdio::from(OwnedFd::from(theirs)));
            let mut command = tokio::process::Command::from(command);
            let process = command.kill_on_drop(true).spawn()?;
            let mut opened = Opened::over(UnixStream::from_std(ours)?);
            opened.process = Some(process);
            Ok(opened)
        })
    }

    fn starts_processes(&self) -> bool {
        true
    }
}

struct Parent;

impl Source for Parent {
    fn open(&self) -> Opening<'_> {
        Box::pin(async {
            let stream = Socket::from(io::stdin().as_fd().try_clone_to_owned()?);
            stream.local_addr().map_err(|_| LinkError::NoParent)?;
            stream.set_nonblocking(true)?;
            // A process that this one starts would keep the link open, and who reads
            // standard input would take from it.
            let empty = File::open("/dev/null")?;
            rustix::stdio::dup2_stdin(empty).map_err(io::Error::from)?;
            Ok(Opened::over(UnixStream::from_std(stream)?))
        })
    }

    fn is_lasting(&self) -> bool {
        false
    }

    fn ends_system(&self) -> bool {
        true
    }
}

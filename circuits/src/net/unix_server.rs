//! The server of Unix sockets.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use socket2::{Domain, SockAddr, Type};
use tokio::net::{UnixListener, UnixStream};

use crate::component::{Component, Handles};
use crate::net::serve::{Rules, on_channel, server_setters, with_sessions};
use crate::net::sessions::{Begins, sessions};
use crate::net::{Accepts, BindError, ListeningAt, SocketOptions, socket_setters};
use crate::stream::{Close, Connection, Finish, Peer, Read, Write, limit_setters};
use crate::{Context, component, handler};

/// So many peers may wait to be accepted.
const BACKLOG: i32 = 5000;

/// A server of a Unix socket; in all else as [`TcpServer`](crate::net::TcpServer).
///
/// Its channel is `"unix"`; `system.supervise(..).channel("..")` puts it on another. It
/// tells as [`ListeningAt`] where it listens. Its peers are unnamed, unless they are
/// bound to a path.
///
/// # The path
/// A socket that is left at the path, to which nobody listens any more, is removed. Where
/// somebody listens still, or there is something else, the server fails to start and
/// touches nothing. It removes its own socket when its life ends, unless another one has
/// been put in its place.
///
/// # Examples
///
/// ```no_run
/// use circuits::net::UnixServer;
/// use circuits::prelude::*;
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// let server = UnixServer::bind("/run/my.socket").mode(0o660).lines(4096);
/// system.supervise(move || server.clone()).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "unix", crate = crate)]
#[derive(Clone)]
pub struct UnixServer {
    path: PathBuf,
    mode: Option<u32>,
    options: SocketOptions,
    rules: Rules,
}

impl UnixServer {
    /// Makes a server for a path.
    pub fn bind(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            mode: None,
            options: SocketOptions::default(),
            rules: Rules::default(),
        }
    }

    /// Sets who may connect: the permissions of the socket, such as `0o600`. They are
    /// set before anybody can. What the process's umask leaves, unless said.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Makes a server with a component of its own for each connection; see
    /// [`TcpServer::per_connection`](crate::net::TcpServer::per_connection).
    pub fn per_connection<C, F>(self, make: F) -> UnixSessions<C>
    where
        C: Handles<Read>,
        F: Fn(&Connection) -> C + Send + Sync + 'static,
    {
        UnixSessions::new(self, make)
    }

    server_setters!();
    socket_setters!();
    limit_setters!(rules);

    async fn listen(&self) -> Result<Bound, BindError> {
        let failed = |error| BindError::new(&self.path.display().to_string(), error);
        remove_stale(&self.path).await.map_err(failed)?;
        self.listen_now().map_err(failed)
    }

    fn listen_now(&self) -> io::Result<Bound> {
        let socket = self.options.make(Domain::UNIX, Type::STREAM)?;
        socket.bind(&SockAddr::unix(&self.path)?)?;
        let place = fs::symlink_metadata(&self.path)?;
        let own = Own {
            path: self.path.clone(),
            inode: (place.dev(), place.ino()),
        };
        if let Some(mode) = self.mode {
            fs::set_permissions(&self.path, Permissions::from_mode(mode))?;
        }
        // Before this, nobody can connect.
        socket.listen(BACKLOG)?;
        Ok(Bound {
            listener: UnixListener::from_std(socket.into())?,
            _own: own,
        })
    }
}

/// Removes a socket to which nobody listens; nothing else.
async fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(place) if place.file_type().is_socket() => {}
        // Binding says what is wrong with it.
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    match UnixStream::connect(path).await {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Somebody listens, or it is not ours to say: binding says so.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// A socket that listens, and its place in the file system.
pub(super) struct Bound {
    listener: UnixListener,
    _own: Own,
}

/// The place of our socket; dropped, it is removed.
struct Own {
    path: PathBuf,
    inode: (u64, u64),
}

impl Drop for Own {
    fn drop(&mut self) {
        let is_ours = fs::symlink_metadata(&self.path)
            .is_ok_and(|place| (place.dev(), place.ino()) == self.inode);
        if is_ours {
            // It may be gone in this instant.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Accepts for Bound {
    type Socket = UnixStream;
    type Peer = Peer;

    async fn accept(&self) -> io::Result<(UnixStream, Peer)> {
        let (stream, address) = self.listener.accept().await?;
        let path = address.as_pathname();
        let peer = path.map_or(Peer::Unnamed, |path| Peer::Path(path.to_owned()));
        Ok((stream, peer))
    }
}

sessions! {
    /// A server of a Unix socket that has a component for each connection: its session.
    /// See [`TcpServer::per_connection`](crate::net::TcpServer::per_connection).
    UnixSessions, UnixServer, "unix"
}

impl Begins for UnixServer {
    async fn begin<C: Component, S: Handles<Read>>(
        &self,
        cx: &Context<C>,
        make: Arc<dyn Fn(&Connection) -> S + Send + Sync>,
    ) -> crate::Result<()> {
        let socket = self.listen().await?;
        let listening = ListeningAt::new(self.path.clone());
        with_sessions(cx, socket, self.rules, listening, make).await
    }
}

#[component(crate = crate)]
impl UnixServer {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let socket = self.listen().await?;
        let listening = ListeningAt::new(self.path.clone());
        on_channel(cx, socket, self.rules, listening).await
    }

    /// `&self`: a connection whose queue is full keeps no other waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None).await
    }

    #[handler("finish")]
    fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        event.answer(cx.id(), None)
    }
}

impl fmt::Debug for UnixServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixServer({})", self.path.display())
    }
}

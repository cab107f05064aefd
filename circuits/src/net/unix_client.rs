//! The client of Unix sockets.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Type};
use tokio::net::UnixStream;

use crate::net::dial::{Client, Dial, Plan, client_setters};
use crate::net::{Connect, ConnectError, SocketOptions, UnreachableReason, socket_setters};
use crate::stream::{Close, Connection, Finish, Peer, Write, limit_setters};
use crate::{Context, component, handler};

/// A client of a Unix socket; in all else as [`TcpClient`](crate::net::TcpClient).
///
/// Its channel is `"client"`; `system.supervise(..).channel("..")` puts it on another.
#[component(channel = "client", crate = crate)]
pub struct UnixClient {
    options: SocketOptions,
    plan: Plan,
    client: Option<Client>,
}

impl UnixClient {
    /// Makes a client for a path, to which it connects when it starts.
    pub fn connect(path: impl AsRef<Path>) -> Self {
        Self::with(Some(path.as_ref().display().to_string()))
    }

    /// Makes a client that connects when it is told to, by [`Connect`] with a path.
    #[expect(clippy::new_without_default, reason = "an unusual client")]
    pub fn new() -> Self {
        Self::with(None)
    }

    fn with(path: Option<String>) -> Self {
        Self {
            options: SocketOptions::default(),
            plan: Plan::new(path),
            client: None,
        }
    }

    client_setters!();
    socket_setters!();
    limit_setters!(plan);
}

#[component(crate = crate)]
impl UnixClient {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let dial = UnixDial(self.options.clone());
        self.client = Some(Client::begin(cx, &self.plan, dial).await?);
        Ok(())
    }

    /// `&self`: so that it can be called off.
    #[handler("connect")]
    async fn connect_to(&self, event: &Connect) -> Result<Connection, ConnectError> {
        let client = self.client.as_ref().ok_or(ConnectError::Closed)?;
        client.connect(event, &self.plan).await
    }

    /// `&self`: a queue that is full keeps no `Close` waiting.
    #[handler("write")]
    async fn write(&self, event: &Write, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.write(event, cx.id()).await
    }

    #[handler("finish")]
    fn finish(&self, event: &Finish, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.finish(event, cx.id())
    }

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.close(event, cx.id())
    }
}

impl Clone for UnixClient {
    /// Clones what it was made with, not its connection.
    fn clone(&self) -> Self {
        Self {
            options: self.options.clone(),
            plan: self.plan.clone(),
            client: None,
        }
    }
}

impl fmt::Debug for UnixClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "UnixClient({})",
            self.plan.address.as_deref().unwrap_or("-")
        )
    }
}

/// Connects to a path.
#[derive(Clone)]
struct UnixDial(SocketOptions);

impl UnixDial {
    fn dial_path(&self, path: &Path) -> io::Result<UnixStream> {
        let socket = self.0.make(Domain::UNIX, Type::STREAM)?;
        // Either at once or not at all: a full backlog is `WouldBlock`.
        socket.connect(&SockAddr::unix(path)?)?;
        UnixStream::from_std(socket.into())
    }
}

impl Dial for UnixDial {
    type Socket = UnixStream;

    async fn dial(&self, address: &str) -> Result<(UnixStream, Peer), UnreachableReason> {
        let path = PathBuf::from(address);
        match self.dial_path(&path) {
            Ok(stream) => Ok((stream, path.into())),
            Err(error) => Err(UnreachableReason::Failed(error.into())),
        }
    }
}

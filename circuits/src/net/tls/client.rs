//! The TLS client.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::{TlsConnector, TlsStream};

use crate::net::dial::{Client, Dial};
use crate::net::tcp_client::TcpDial;
use crate::net::tls::HandshakeReason;
use crate::net::tls::socket::TlsSocket;
use crate::net::tls::start::{Agrees, Startable, Starts};
use crate::net::{ClientTls, Connect, ConnectError, Serves, TcpClient, UnreachableReason};
use crate::stream::{Close, Connection, DisconnectReason, Finish, Hears, Peer, Pump, Write};
use crate::{Context, component, handler};

/// A TCP client whose connections are encrypted, made by [`TcpClient::tls`], or can be,
/// made by [`TcpClient::start_tls`]; in all else as [`TcpClient`].
///
/// The handshake counts as connecting, and its time as that of the connect timeout. One
/// that fails is told as [`Unreachable`](crate::net::Unreachable), with the reason
/// [`Insecure`](UnreachableReason::Insecure). Made by `start_tls`, it is connected in plain
/// text first, and the handshake comes when a handler asks for it: see
/// [`Connection::start_tls`].
#[component(channel = "client", crate = crate)]
pub struct TlsClient {
    tcp: TcpClient,
    tls: ClientTls,
    starts: Starts,
    client: Option<Client>,
}

impl TcpClient {
    /// Makes a client whose connections are encrypted, with the settings made so far.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::net::{ClientTls, TcpClient};
    /// use circuits::prelude::*;
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// let client = TcpClient::connect("example.org:443").tls(ClientTls::new());
    /// system.supervise(move || client.clone()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tls(self, tls: ClientTls) -> TlsClient {
        self.starting(tls, Starts::AtOnce)
    }

    /// Makes a client whose connections begin in plain text and go over to TLS when a
    /// handler says so, by [`Connection::start_tls`]; with the settings made so far.
    ///
    /// The handshake may take as long as connecting: the connect timeout.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use circuits::net::{ClientTls, Read, StartTlsError, TcpClient, TlsStarted, WriteError};
    /// use circuits::prelude::*;
    ///
    /// /// Has sent `STARTTLS`, and waits for the word.
    /// #[component(channel = "client")]
    /// struct Mailer;
    ///
    /// #[component]
    /// impl Mailer {
    ///     #[handler("read")]
    ///     fn read(&mut self, line: &Read) -> Result<(), StartTlsError> {
    ///         if line.data.starts_with(b"220") && line.connection.secured().is_none() {
    ///             line.connection.start_tls()?;
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     #[handler("tls_started")]
    ///     async fn tls_started(&mut self, event: &TlsStarted) -> Result<(), WriteError> {
    ///         event.connection.write("EHLO mailer.example\r\n").await
    ///     }
    /// }
    ///
    /// # async fn f(system: System) -> circuits::Result<()> {
    /// system.supervise(|| Mailer).await?;
    /// let client = TcpClient::connect("mail.example:25").lines(4096);
    /// let client = client.start_tls(ClientTls::new());
    /// system.supervise(move || client.clone()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_tls(self, tls: ClientTls) -> TlsClient {
        self.starting(tls, Starts::OnRequest)
    }

    fn starting(self, tls: ClientTls, starts: Starts) -> TlsClient {
        TlsClient {
            tcp: self,
            tls,
            starts,
            client: None,
        }
    }
}

#[component(crate = crate)]
impl TlsClient {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let dial = TlsDial {
            tcp: self.tcp.to_dial(),
            tls: self.tls.clone(),
            connector: TlsConnector::from(Arc::new(self.tls.to_config())),
            starts: self.starts,
            limit: self.tcp.plan.connect_timeout,
        };
        self.client = Some(Client::begin(cx, &self.tcp.plan, dial).await?);
        Ok(())
    }

    /// `&self`: so that it can be called off.
    #[handler("connect")]
    async fn connect_to(&self, event: &Connect) -> Result<Connection, ConnectError> {
        let client = self.client.as_ref().ok_or(ConnectError::Closed)?;
        client.connect(event, &self.tcp.plan).await
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

impl Clone for TlsClient {
    /// Clones what it was made with, not its connection.
    fn clone(&self) -> Self {
        self.tcp.clone().starting(self.tls.clone(), self.starts)
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsClient({:?})", self.tcp)
    }
}

/// Connects by TCP, then agrees on TLS, or does so when it is asked to.
#[derive(Clone)]
struct TlsDial {
    tcp: TcpDial,
    tls: ClientTls,
    connector: TlsConnector,
    starts: Starts,
    limit: Duration,
}

impl Dial for TlsDial {
    type Socket = Dialed;

    async fn dial(&self, address: &str) -> Result<(Dialed, Peer), UnreachableReason> {
        let name = self.tls.name_for(address);
        let name = name.map_err(|error| UnreachableReason::Insecure(error.into()))?;
        let (stream, peer) = self.tcp.dial(address).await?;
        let tls = Asks {
            connector: self.connector.clone(),
            name,
            limit: self.limit,
        };
        let dialed = match self.starts {
            Starts::OnRequest => Dialed::Plain(Startable { stream, tls }),
            Starts::AtOnce => {
                let agreed = tls.connect(stream).await;
                let agreed = agreed.map_err(|error| UnreachableReason::Insecure(error.into()))?;
                Dialed::Secure(Box::new(agreed))
            }
        };
        Ok((dialed, peer))
    }
}

/// How a client asks one server for TLS.
struct Asks {
    connector: TlsConnector,
    name: ServerName<'static>,
    limit: Duration,
}

impl Asks {
    async fn connect(self, stream: TcpStream) -> io::Result<TlsSocket> {
        let server_name = Some(self.name.to_str().into_owned());
        let stream = self.connector.connect(self.name, stream).await?;
        Ok(TlsSocket {
            stream: TlsStream::from(stream),
            server_name,
        })
    }
}

impl Agrees for Asks {
    async fn agree(self, stream: TcpStream) -> Result<TlsSocket, HandshakeReason> {
        let limit = self.limit;
        let agreed = timeout(limit, self.connect(stream)).await;
        agreed
            .map_err(|_| HandshakeReason::TimedOut(limit))?
            .map_err(|error| HandshakeReason::Failed(error.into()))
    }
}

/// A connection of a client, in plain text or not.
enum Dialed {
    Plain(Startable<Asks>),
    Secure(Box<TlsSocket>),
}

impl Serves for Dialed {
    /// Nothing: a client refuses nobody.
    fn excuse(&self, _words: &[u8]) {}

    fn mark(&self, connection: &Connection) {
        match self {
            Self::Plain(socket) => socket.mark(connection),
            Self::Secure(socket) => socket.mark(connection),
        }
    }

    async fn serve<H: Hears>(
        self,
        pump: Pump<H>,
        closing: watch::Receiver<()>,
    ) -> DisconnectReason {
        match self {
            Self::Plain(socket) => socket.serve(pump, closing).await,
            Self::Secure(socket) => socket.serve(pump, closing).await,
        }
    }
}

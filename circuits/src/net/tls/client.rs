//! The TLS client.

use std::fmt;
use std::sync::Arc;

use tokio_rustls::{TlsConnector, TlsStream};

use crate::net::dial::{Client, Dial};
use crate::net::tcp_client::TcpDial;
use crate::net::tls::socket::TlsSocket;
use crate::net::{ClientTls, Connect, ConnectError, TcpClient, UnreachableReason};
use crate::stream::{Close, Connection, Peer, Write};
use crate::{Context, component, handler};

/// A TCP client whose connections are encrypted, made by [`TcpClient::tls`]; in all else
/// as [`TcpClient`].
///
/// The handshake counts as connecting, and its time as that of the connect timeout. One
/// that fails is told as [`Unreachable`](crate::net::Unreachable), with the reason
/// [`Insecure`](UnreachableReason::Insecure).
#[component(channel = "client", crate = crate)]
pub struct TlsClient {
    tcp: TcpClient,
    tls: ClientTls,
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
        TlsClient {
            tcp: self,
            tls,
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

    #[handler("close")]
    async fn close(&self, event: &Close, cx: &Context<Self>) -> Option<bool> {
        self.client.as_ref()?.close(event, cx.id())
    }
}

impl Clone for TlsClient {
    /// Clones what it was made with, not its connection.
    fn clone(&self) -> Self {
        self.tcp.clone().tls(self.tls.clone())
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsClient({:?})", self.tcp)
    }
}

/// Connects by TCP, then agrees on TLS.
#[derive(Clone)]
struct TlsDial {
    tcp: TcpDial,
    tls: ClientTls,
    connector: TlsConnector,
}

impl Dial for TlsDial {
    type Socket = TlsSocket;

    async fn dial(&self, address: &str) -> Result<(TlsSocket, Peer), UnreachableReason> {
        let name = self.tls.name_for(address);
        let name = name.map_err(|error| UnreachableReason::Insecure(error.into()))?;
        let server_name = Some(name.to_str().into_owned());
        let (stream, peer) = self.tcp.dial(address).await?;
        let agreed = self.connector.connect(name, stream).await;
        let stream = agreed.map_err(|error| UnreachableReason::Insecure(error.into()))?;
        let stream = TlsStream::from(stream);
        Ok((
            TlsSocket {
                stream,
                server_name,
            },
            peer,
        ))
    }
}

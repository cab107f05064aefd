//! The UDP socket.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use socket2::{SockRef, Type};
use tokio::net::UdpSocket as Socket;
use tokio::sync::watch;

use crate::net::bind::{bound, on_first};
use crate::net::serve::close_with;
use crate::net::{
    BindError, Broadcast, Datagram, Listening, SendTo, SocketOptions, inet_setters, socket_setters,
};
use crate::stream::{Closing, closed};
use crate::{Context, Handle, component, handler};

/// No datagram is larger.
const LARGEST: usize = 65_535;

/// Where receiving fails again and again, it pauses so long.
const PAUSE: Duration = Duration::from_millis(10);

/// A UDP socket: fires each datagram that it receives as [`Datagram`] on its channel,
/// sends back what a handler replies, and takes [`SendTo`] and [`Broadcast`].
///
/// Its channel is `"udp"`; `system.supervise(..).channel("..")` puts it on another. A
/// socket on port 0 is a client, if one likes: it sends, and receives the answers.
///
/// # Order and bounds
/// A datagram is received and sent whole or not at all, also an empty one. They are
/// handled in the order in which they came, one at a time: while a handler is behind,
/// the system keeps what comes, as much as [`receive_buffer`](Self::receive_buffer) says,
/// and drops the rest. So does the net: UDP promises nothing.
///
/// # When things fail
/// If nobody handles `Datagram`, or a handler fails, nothing is sent back. A `SendTo` fails
/// if the system refuses the datagram, such as one that is too large. What is sent back
/// and refused is logged. A socket that cannot bind, or join a group, fails to start,
/// with the address in the [`BindError`]. It is bound again for each life.
///
/// # When it stops
/// It receives no more; the handler that runs is answered within the drain timeout.
///
/// # Examples
///
/// ```no_run
/// use circuits::net::{Bytes, Datagram, UdpSocket};
/// use circuits::prelude::*;
///
/// #[component(channel = "udp")]
/// struct Echo;
///
/// #[component]
/// impl Echo {
///     #[handler("datagram")]
///     fn datagram(&mut self, event: &Datagram) -> Bytes {
///         event.data.clone()
///     }
/// }
///
/// # async fn f(system: System) -> circuits::Result<()> {
/// system.supervise(|| Echo).await?;
/// system.supervise(|| UdpSocket::bind("127.0.0.1:7007")).await?;
/// # Ok(())
/// # }
/// ```
#[component(channel = "udp", crate = crate)]
pub struct UdpSocket {
    address: String,
    options: SocketOptions,
    groups: Vec<Group>,
    multicast_loop: bool,
    multicast_hops: u32,
    drain_timeout: Duration,
    socket: Option<Arc<Socket>>,
}

/// A multicast group, and the interface on which it is joined.
#[derive(Clone, Copy, Debug)]
enum Group {
    V4(Ipv4Addr, Ipv4Addr),
    V6(Ipv6Addr, u32),
}

impl UdpSocket {
    /// Makes a socket for an address such as `"127.0.0.1:7007"` or `"[::]:0"`; port 0
    /// lets the system choose, and [`Listening`] tells.
    pub fn bind(address: impl ToString) -> Self {
        Self {
            address: address.to_string(),
            options: SocketOptions::default(),
            groups: Vec::new(),
            multicast_loop: true,
            multicast_hops: 1,
            drain_timeout: Duration::from_secs(5),
            socket: None,
        }
    }

    /// Joins a multicast group on the interface that the system chooses, and so
    /// receives what is sent to the group at its port.
    #[must_use]
    pub fn join(mut self, group: IpAddr) -> Self {
        self.groups.push(match group {
            IpAddr::V4(group) => Group::V4(group, Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(group) => Group::V6(group, 0),
        });
        self
    }

    /// Joins an IPv4 group on the interface that has this address. To groups, it also
    /// sends there.
    #[must_use]
    pub fn join_v4(mut self, group: Ipv4Addr, interface: Ipv4Addr) -> Self {
        self.groups.push(Group::V4(group, interface));
        self
    }

    /// Joins an IPv6 group on the interface with this number. To groups, it also sends
    /// there.
    #[must_use]
    pub fn join_v6(mut self, group: Ipv6Addr, interface: u32) -> Self {
        self.groups.push(Group::V6(group, interface));
        self
    }

    /// Sends to groups also what is for sockets on this host; yes, unless said.
    #[must_use]
    pub fn multicast_loop(mut self, yes: bool) -> Self {
        self.multicast_loop = yes;
        self
    }

    /// Sets over how many networks goes what is sent to groups; 1 unless said: the local
    /// one.
    #[must_use]
    pub fn multicast_hops(mut self, hops: u32) -> Self {
        self.multicast_hops = hops;
        self
    }

    /// Sets how long the handler that runs may take when the socket stops; 5 s unless
    /// said.
    #[must_use]
    pub fn drain_timeout(mut self, limit: Duration) -> Self {
        self.drain_timeout = limit;
        self
    }

    inet_setters!();
    socket_setters!();

    fn open(&self, address: SocketAddr) -> io::Result<Socket> {
        let socket = bound(address, Type::DGRAM, &self.options)?;
        match address {
            SocketAddr::V4(_) => {
                socket.set_broadcast(true)?;
                socket.set_multicast_loop_v4(self.multicast_loop)?;
                socket.set_multicast_ttl_v4(self.multicast_hops)?;
            }
            SocketAddr::V6(_) => {
                socket.set_multicast_loop_v6(self.multicast_loop)?;
                socket.set_multicast_hops_v6(self.multicast_hops)?;
            }
        }
        let socket = Socket::from_std(socket.into())?;
        self.groups
            .iter()
            .try_for_each(|group| group.join(&socket))?;
        Ok(socket)
    }
}

impl Group {
    fn join(self, socket: &Socket) -> io::Result<()> {
        let socket = SockRef::from(socket);
        match self {
            Self::V4(group, interface) => {
                if !interface.is_unspecified() {
                    socket.set_multicast_if_v4(&interface)?;
                }
                socket.join_multicast_v4(&group, &interface)
            }
            Self::V6(group, interface) => {
                if interface != 0 {
                    socket.set_multicast_if_v6(interface)?;
                }
                socket.join_multicast_v6(&group, interface)
            }
        }
    }
}

#[component(crate = crate)]
impl UdpSocket {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> crate::Result<()> {
        let failed = |error| BindError::new(&self.address, error);
        let socket = on_first(&self.address, |address| self.open(address)).await;
        let socket = Arc::new(socket.map_err(failed)?);
        let address = socket.local_addr().map_err(failed)?;
        let closing = close_with(cx, self.drain_timeout).await?;
        self.socket = Some(socket.clone());
        cx.fire(Listening::new(address)).await;
        let receiver = Receiver {
            socket,
            system: cx.system(),
            channel: cx.channel().into(),
            gate: closing.watch(),
        };
        cx.spawn(receiver.run(closing));
        Ok(())
    }

    /// `&self`: one that waits keeps no other waiting.
    #[handler("send_to")]
    async fn send_to(&self, event: &SendTo) -> io::Result<usize> {
        self.send_now(&event.data, event.peer).await
    }

    #[handler("broadcast")]
    async fn broadcast(&self, event: &Broadcast) -> io::Result<usize> {
        let all = (Ipv4Addr::BROADCAST, event.port).into();
        self.send_now(&event.data, all).await
    }

    async fn send_now(&self, data: &Bytes, peer: SocketAddr) -> io::Result<usize> {
        let socket = self.socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        socket.send_to(data, peer).await
    }
}

impl Clone for UdpSocket {
    /// Clones what it was made with, not its socket.
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            options: self.options.clone(),
            groups: self.groups.clone(),
            socket: None,
            ..*self
        }
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UdpSocket({})", self.address)
    }
}

/// The task that receives.
struct Receiver {
    socket: Arc<Socket>,
    system: Handle,
    channel: Arc<str>,
    gate: watch::Receiver<()>,
}

impl Receiver {
    async fn run(mut self, closing: Closing) {
        // Copied from, so that a small datagram that is kept keeps no more than itself.
        let mut buffer = vec![0; LARGEST];
        loop {
            let received = tokio::select! {
                biased;
                () = closed(&mut self.gate) => break,
                received = self.socket.recv_from(&mut buffer) => received,
            };
            match received {
                Ok((length, peer)) => {
                    let data = Bytes::copy_from_slice(&buffer[..length]);
                    self.ask(Datagram::new(peer, data)).await;
                }
                // Of one that was sent before, or for lack of memory.
                Err(error) => {
                    tracing::debug!(target: "circuits", %error, "receive");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(closing);
    }

    /// Waits until every handler is done, not only the one that answers: a second one
    /// that is slower would otherwise be flooded.
    async fn ask(&self, datagram: Datagram) {
        let peer = datagram.peer;
        let replies = self.system.on(&self.channel).call_all(datagram).await;
        let Some(reply) = replies.into_iter().find_map(Result::ok) else {
            return;
        };
        if let Err(error) = self.socket.send_to(&reply, peer).await {
            tracing::warn!(target: "circuits", %peer, %error, "a reply cannot be sent");
        }
    }
}

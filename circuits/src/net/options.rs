//! What is set on sockets, and the setters that their owners share.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

type Hook = Arc<dyn Fn(BorrowedFd<'_>) -> io::Result<()> + Send + Sync>;

/// What is set on a socket.
#[derive(Clone)]
pub(crate) struct SocketOptions {
    /// Nagle's algorithm is off. Of TCP only.
    pub(crate) nodelay: bool,
    /// Of TCP only.
    pub(crate) keepalive: Option<Duration>,
    pub(crate) reuse_address: bool,
    pub(crate) reuse_port: bool,
    pub(crate) only_v6: Option<bool>,
    pub(crate) send_buffer: Option<usize>,
    pub(crate) receive_buffer: Option<usize>,
    pub(crate) hook: Option<Hook>,
}

impl Default for SocketOptions {
    fn default() -> Self {
        Self {
            nodelay: true,
            keepalive: None,
            reuse_address: true,
            reuse_port: false,
            only_v6: None,
            send_buffer: None,
            receive_buffer: None,
            hook: None,
        }
    }
}

impl SocketOptions {
    /// Makes a socket that does not block, with all that must be set before it is
    /// bound or connected.
    pub(crate) fn make(&self, domain: Domain, kind: Type) -> io::Result<Socket> {
        let is_inet = domain != Domain::UNIX;
        let protocol = match kind {
            Type::STREAM if is_inet => Some(Protocol::TCP),
            Type::DGRAM if is_inet => Some(Protocol::UDP),
            _ => None,
        };
        let socket = Socket::new(domain, kind, protocol)?;
        socket.set_nonblocking(true)?;
        if is_inet {
            socket.set_reuse_address(self.reuse_address)?;
        }
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        if let Some(only) = self.only_v6.filter(|_| domain == Domain::IPV6) {
            socket.set_only_v6(only)?;
        }
        // What accepts hands these on; the window is agreed on with the first packet.
        if let Some(bytes) = self.send_buffer {
            socket.set_send_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if protocol == Some(Protocol::TCP) {
            self.set_tcp(&socket)?;
        }
        if let Some(hook) = &self.hook {
            hook(socket.as_fd())?;
        }
        Ok(socket)
    }

    /// Sets what a TCP socket may be told at any time.
    pub(crate) fn set_tcp(&self, socket: &impl AsFd) -> io::Result<()> {
        let socket = SockRef::from(socket);
        socket.set_tcp_nodelay(self.nodelay)?;
        match self.keepalive {
            Some(time) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(time)),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for SocketOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketOptions")
    }
}

/// Writes the setters for all sockets, for a component with a field `options`.
macro_rules! socket_setters {
    () => {
        /// Sets how many bytes the system keeps that are sent and not yet
        /// acknowledged, a hint; what the system chooses, unless said.
        #[must_use]
        pub fn send_buffer(mut self, bytes: usize) -> Self {
            self.options.send_buffer = Some(bytes);
            self
        }

        /// Sets how many bytes the system keeps that have come and are not yet read, a
        /// hint; what the system chooses, unless said.
        #[must_use]
        pub fn receive_buffer(mut self, bytes: usize) -> Self {
            self.options.receive_buffer = Some(bytes);
            self
        }

        /// Sets any other option: this is run with each socket that is made, before it
        /// is bound or connected, after all other options were set. What a server
        /// accepts takes its options from the socket that listens.
        ///
        /// `socket2::SockRef::from(&socket)` has a method for each option. An error is
        /// that of binding, or of connecting. A later call takes the place of an
        /// earlier one.
        #[must_use]
        pub fn socket_option<F>(mut self, set: F) -> Self
        where
            F: Fn(std::os::fd::BorrowedFd<'_>) -> std::io::Result<()> + Send + Sync + 'static,
        {
            self.options.hook = Some(std::sync::Arc::new(set));
            self
        }
    };
}

/// Writes the setters for sockets of the internet.
macro_rules! inet_setters {
    () => {
        /// Binds also where connections of an earlier owner of the address are still
        /// being closed (`SO_REUSEADDR`); yes, unless said.
        #[must_use]
        pub fn reuse_address(mut self, yes: bool) -> Self {
            self.options.reuse_address = yes;
            self
        }

        /// Shares the port with others that say the same (`SO_REUSEPORT`): the system
        /// spreads what comes over them; no, unless said.
        #[must_use]
        pub fn reuse_port(mut self, yes: bool) -> Self {
            self.options.reuse_port = yes;
            self
        }

        /// Lets a socket on an IPv6 address take IPv6 alone, or IPv4 as well (on
        /// `[::]`); what the system chooses, unless said.
        #[must_use]
        pub fn only_v6(mut self, yes: bool) -> Self {
            self.options.only_v6 = Some(yes);
            self
        }
    };
}

/// Writes the setters for TCP.
macro_rules! tcp_setters {
    () => {
        /// Sends small pieces at once instead of collecting them (`TCP_NODELAY`); yes,
        /// unless said.
        #[must_use]
        pub fn nodelay(mut self, yes: bool) -> Self {
            self.options.nodelay = yes;
            self
        }

        /// Asks a peer that says nothing for this time whether it is still there, at
        /// the level of TCP; never, unless said.
        #[must_use]
        pub fn keepalive(mut self, time: std::time::Duration) -> Self {
            self.options.keepalive = Some(time);
            self
        }
    };
}

pub(crate) use {inet_setters, socket_setters, tcp_setters};

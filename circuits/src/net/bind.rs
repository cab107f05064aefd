//! Binding sockets to addresses.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, lookup_host};

use crate::net::{BindError, SocketOptions};

/// Where a server listens.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// Host and port, as text.
    Address(String),
    /// A socket that listens already, and goes on when the server does not.
    Given(Arc<std::net::TcpListener>),
}

impl Place {
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Address(address) => address.clone(),
            Self::Given(socket) => socket
                .local_addr()
                .map_or_else(|_| "a given socket".to_owned(), |bound| bound.to_string()),
        }
    }
}

/// Listens on an address; says which one it became.
pub(crate) async fn listen(
    place: &Place,
    options: &SocketOptions,
    backlog: u32,
) -> Result<(TcpListener, SocketAddr), BindError> {
    let socket = match place {
        Place::Given(socket) => given(socket),
        Place::Address(address) => {
            let listen = |address| listen_on(address, options, backlog);
            on_first(address, listen).await
        }
    };
    let bound = socket.and_then(|socket| {
        let address = socket.local_addr()?;
        Ok((socket, address))
    });
    bound.map_err(|error| BindError::new(&place.name(), error))
}

/// Tries the addresses of a name in order, and takes the first that works.
pub(crate) async fn on_first<S>(
    name: &str,
    attempt: impl Fn(SocketAddr) -> io::Result<S>,
) -> io::Result<S> {
    let mut failure = None;
    for address in lookup_host(name).await? {
        match attempt(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(no_address))
}

pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address")
}

/// Makes a socket that is bound to an address.
pub(crate) fn bound(
    address: SocketAddr,
    kind: Type,
    options: &SocketOptions,
) -> io::Result<Socket> {
    let socket = options.make(Domain::for_address(address), kind)?;
    socket.bind(&SockAddr::from(address))?;
    Ok(socket)
}

fn listen_on(
    address: SocketAddr,
    options: &SocketOptions,
    backlog: u32,
) -> io::Result<TcpListener> {
    let socket = bound(address, Type::STREAM, options)?;
    socket.listen(backlog.try_into().unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

fn given(socket: &std::net::TcpListener) -> io::Result<TcpListener> {
    let socket = socket.try_clone()?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

//! Sockets: servers, clients, datagrams and pipes, with real peers.

mod client;
mod dial;
mod dns;
mod examples;
pub(crate) mod finish;
mod hostile;
mod pipe;
mod refuse_tls;
mod server;
mod sessions;
mod start_tls;
mod start_tls_client;
mod tls_peers;
mod udp;
mod unix;

use std::net::SocketAddr;
use std::process::Stdio;

use circuits::Options;
use circuits::net::{Listening, TcpServer};
use circuits::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::{Heard, listen, soon};

/// A server on the channel `tcp`, whose handler echoes.
pub(crate) struct Served {
    pub(crate) system: System,
    pub(crate) server: Address<TcpServer>,
    pub(crate) address: SocketAddr,
    pub(crate) heard: Heard,
}

pub(crate) fn local() -> TcpServer {
    TcpServer::bind("127.0.0.1:0")
}

pub(crate) async fn serve(server: TcpServer) -> Served {
    let system = System::with(Options::new().max_restarts(100));
    let heard = listen(&system, "tcp").await;
    let listening = system.on("tcp").wait::<Listening>();
    let server = system.supervise(move || server.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    Served {
        system,
        server,
        address,
        heard,
    }
}

impl Served {
    pub(crate) async fn connect(&self) -> TcpStream {
        soon(TcpStream::connect(self.address)).await.unwrap()
    }
}

/// Sends, and reads as much back.
pub(crate) async fn echo(peer: &mut TcpStream, text: &str) -> String {
    soon(peer.write_all(text.as_bytes())).await.unwrap();
    read(peer, text.len()).await
}

pub(crate) async fn read(peer: &mut (impl AsyncRead + Unpin), length: usize) -> String {
    let mut got = vec![0; length];
    soon(peer.read_exact(&mut got)).await.unwrap();
    String::from_utf8(got).unwrap()
}

/// Reads until the other side closes, or resets.
pub(crate) async fn rest(peer: &mut (impl AsyncRead + Unpin)) -> String {
    let mut got = Vec::new();
    let _ = soon(peer.read_to_end(&mut got)).await;
    String::from_utf8(got).unwrap()
}

/// Starts a program with pipes, which ends with the test.
pub(crate) fn start(program: &str, arguments: &[&str]) -> Child {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("`{program}`: {error}; tests/run installs it"))
}

/// Starts a Python program that serves or asks, by the sockets of its library.
pub(crate) fn python(program: &str, arguments: &[&str]) -> Child {
    start("python3", &[&["-u", "-c", program], arguments].concat())
}

/// Reads one line of what a program prints.
pub(crate) async fn line_of(child: &mut Child) -> String {
    let output = child.stdout.as_mut().unwrap();
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.push(soon(output.read_u8()).await.expect("it prints a line"));
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

//! The TCP server: where it binds, what it sets, and whom it takes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use circuits::StartError;
use circuits::net::{
    BindError, ConnectionLimit, Disconnected, Listening, Peer, Refused, TcpServer,
};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{echo, local, python, read, rest, serve, start};
use crate::support::{Told, listen, soon};

#[tokio::test]
async fn net_001_a_server_tells_of_itself_and_of_each_peer_in_order() {
    let system = System::new();
    let _heard = listen(&system, "tcp").await;
    let probe = Probe::on(&system, "tcp").await.unwrap();
    let listening = system.on("tcp").wait::<Listening>();
    let server = system.supervise(local).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    let mut peer = soon(TcpStream::connect(address)).await.unwrap();
    let own = peer.local_addr().unwrap();
    echo(&mut peer, "foo").await;
    let ended = system.on("tcp").wait::<Disconnected>();
    drop(peer);
    let ended = soon(ended).await.unwrap();
    assert_eq!(*ended.connection.peer(), Peer::from(own));
    assert_eq!(ended.connection.id().owner(), server.id());
    soon(server.stop()).await;
    let names: Vec<_> = probe
        .events()
        .iter()
        .map(|event| event.name().to_owned())
        .filter(|name| !["registered", "started", "stopped"].contains(&name.as_str()))
        .collect();
    assert_eq!(names, ["listening", "connected", "read", "disconnected"]);
}

#[tokio::test]
async fn net_002_a_server_binds_to_text_to_an_address_and_takes_a_socket_that_listens() {
    let text = serve(TcpServer::bind("localhost:0")).await;
    assert_eq!(echo(&mut text.connect().await, "text").await, "text");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let typed = serve(TcpServer::bind(address)).await;
    assert_ne!(typed.address.port(), 0);
    assert_eq!(echo(&mut typed.connect().await, "typed").await, "typed");
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bound = socket.local_addr().unwrap();
    let given = serve(socket.into()).await;
    assert_eq!(given.address, bound);
    assert_eq!(echo(&mut given.connect().await, "given").await, "given");
    // Its later lives listen at the same place.
    let listening = given.system.on("tcp").wait::<Listening>();
    given.server.kill();
    assert_eq!(soon(listening).await.unwrap().address, bound);
    assert_eq!(echo(&mut given.connect().await, "again").await, "again");
}

#[tokio::test]
async fn net_002_a_name_without_an_address_and_a_port_that_is_taken_fail_the_start() {
    let system = System::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().map(|address| (taken, address)).unwrap();
    for place in ["no.such.host.invalid:1", "127.0.0.1", &taken.1.to_string()] {
        let place = place.to_owned();
        let at = place.clone();
        let started = system.supervise(move || TcpServer::bind(&at)).await;
        let Err(StartError::Failed { error, .. }) = started else {
            panic!("{place} is bound");
        };
        let error = error.downcast_ref::<BindError>().unwrap();
        assert_eq!(error.address(), place);
    }
}

#[tokio::test]
async fn net_010_nc_socat_and_python_talk_to_a_server() {
    let served = serve(local()).await;
    let port = served.address.port().to_string();
    let to = format!("TCP:127.0.0.1:{port}");
    let script = "import socket,sys\n\
        s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n\
        s.sendall(sys.stdin.buffer.read())\n\
        s.shutdown(socket.SHUT_WR)\n\
        print(s.makefile().read(), end='')";
    let peers = [
        start("nc", &["-N", "127.0.0.1", &port]),
        start("socat", &["-t5", "-", &to]),
        python(script, &[&port]),
    ];
    for mut peer in peers {
        let mut input = peer.stdin.take().unwrap();
        input.write_all(b"hello\nworld").await.unwrap();
        drop(input);
        let output = soon(peer.wait_with_output()).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\nworld");
    }
}

#[tokio::test]
async fn net_011_the_reply_of_a_handler_is_written_back_to_the_same_peer() {
    let served = serve(local()).await;
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    assert_eq!(echo(&mut one, "one").await, "one");
    assert_eq!(echo(&mut two, "two").await, "two");
}

#[tokio::test]
async fn net_012_a_handle_writes_in_order_and_closes_after_what_is_queued() {
    let mut served = serve(local()).await;
    let mut peer = served.connect().await;
    let connection = served.heard.connected().await;
    let much = "x".repeat(2_000_000);
    for text in ["Ready\n", &much, "\nend"] {
        let writer = connection.clone();
        let text = text.to_owned();
        // A queue above its limit holds up the writer, not the order.
        tokio::spawn(async move { writer.write(text).await });
        tokio::task::yield_now().await;
    }
    assert!(connection.close());
    assert_eq!(rest(&mut peer).await, format!("Ready\n{much}\nend"));
    assert_eq!(
        served.heard.reason().await,
        "a component closed the connection"
    );
    assert!(connection.write("late").await.is_err());
}

#[tokio::test]
async fn net_015_options_are_set_before_the_socket_is_bound() {
    let seen = Arc::new(AtomicUsize::new(0));
    let hooked = seen.clone();
    let server = local()
        .reuse_port(true)
        .send_buffer(64 * 1024)
        .receive_buffer(32 * 1024)
        .keepalive(Duration::from_secs(33))
        .backlog(7)
        .socket_option(move |socket| {
            let socket = socket2::SockRef::from(&socket);
            assert!(socket.reuse_port()? && socket.reuse_address()? && socket.tcp_nodelay()?);
            assert!(socket.keepalive()?);
            assert!(socket.recv_buffer_size()? >= 32 * 1024);
            hooked.fetch_add(1, Ordering::Relaxed);
            socket.set_linger(None)
        });
    let first = serve(server.clone()).await;
    assert_eq!(seen.load(Ordering::Relaxed), 1);
    // A second one on the same port, which only both of them allow.
    let port = first.address.port();
    let second = TcpServer::bind(("127.0.0.1:").to_owned() + &port.to_string());
    let second = serve(second.reuse_port(true)).await;
    assert_eq!(second.address, first.address);
}

#[tokio::test]
async fn net_015_an_option_that_fails_fails_the_start() {
    let system = System::new();
    let server = local().socket_option(|_| Err(std::io::Error::other("no such option")));
    let started = system.supervise(move || server.clone()).await;
    let Err(StartError::Failed { error, .. }) = started else {
        panic!("it is bound");
    };
    assert!(format!("{error:?}").contains("no such option"), "{error:?}");
}

#[tokio::test]
async fn net_021_a_server_speaks_ipv6_and_takes_ipv4_as_well_if_told() {
    let served = serve(TcpServer::bind("[::1]:0")).await;
    assert_eq!(echo(&mut served.connect().await, "six").await, "six");
    let both = serve(TcpServer::bind("[::]:0").only_v6(false)).await;
    let port = both.address.port();
    for host in ["127.0.0.1", "[::1]"] {
        let peer = TcpStream::connect(format!("{host}:{port}"));
        assert_eq!(echo(&mut soon(peer).await.unwrap(), host).await, host);
    }
    let only = serve(TcpServer::bind("[::]:0").only_v6(true)).await;
    let peer = TcpStream::connect(format!("127.0.0.1:{}", only.address.port()));
    assert!(soon(peer).await.is_err());
}

#[tokio::test]
async fn one_address_has_as_many_connections_as_it_may_and_not_one_more() {
    let mut served = serve(local().max_per_address(2)).await;
    let refused = Probe::on(&served.system, "tcp").await.unwrap();
    let (mut one, mut two) = (served.connect().await, served.connect().await);
    assert_eq!(echo(&mut one, "1").await, "1");
    assert_eq!(echo(&mut two, "2").await, "2");
    let mut three = served.connect().await;
    assert_eq!(rest(&mut three).await, "");
    let told = refused.expect::<Refused>().within(Duration::from_secs(5));
    let told = told.await.unwrap();
    assert_eq!(told.limit, ConnectionLimit::PerAddress(2));
    assert_eq!(told.peer.socket(), three.local_addr().ok());
    // From another address there is room, as from the first once one has gone.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = soon(socket.connect(served.address)).await.unwrap();
    assert_eq!(echo(&mut other, "other").await, "other");
    drop(one);
    served.heard.reason().await;
    // The place is free just after the end is told.
    for attempt in 1.. {
        let mut peer = served.connect().await;
        let _ = peer.write_all(b"again").await;
        if rest_of(&mut peer, 5).await == "again" {
            break;
        }
        assert!(attempt < 1000, "the place stays taken");
    }
    assert_eq!(echo(&mut two, "2").await, "2");
}

async fn rest_of(peer: &mut TcpStream, length: usize) -> String {
    use tokio::io::AsyncReadExt;
    let mut got = vec![0; length];
    match soon(peer.read_exact(&mut got)).await {
        Ok(_) => String::from_utf8(got).unwrap(),
        Err(_) => String::new(),
    }
}

#[tokio::test]
async fn a_half_open_server_answers_a_peer_that_has_closed_its_sending_side() {
    let mut served = serve(local().half_open()).await;
    let mut peer = served.connect().await;
    let connection = served.heard.connected().await;
    peer.write_all(b"request").await.unwrap();
    peer.shutdown().await.unwrap();
    assert_eq!(served.heard.read().await, "request");
    assert!(matches!(served.heard.told().await, Told::Eof(_)));
    connection.write(" and response").await.unwrap();
    assert_eq!(read(&mut peer, 20).await, "request and response");
    assert!(connection.close());
    assert_eq!(rest(&mut peer).await, "");
    assert_eq!(
        served.heard.reason().await,
        "a component closed the connection"
    );
}

#[tokio::test]
async fn net_080_servers_on_different_channels_do_not_disturb_each_other() {
    let system = System::new();
    let mut addresses = Vec::new();
    let mut ears = Vec::new();
    for channel in ["one", "two"] {
        ears.push(listen(&system, channel).await);
        let listening = system.on(channel).wait::<Listening>();
        system.supervise(local).channel(channel).await.unwrap();
        addresses.push(soon(listening).await.unwrap().address);
    }
    let mut peer = soon(TcpStream::connect(addresses[1])).await.unwrap();
    assert_eq!(echo(&mut peer, "two").await, "two");
    assert!(ears[0].is_silent());
    system.stop();
    assert_eq!(rest(&mut peer).await, "");
    soon(system.join()).await.unwrap();
}

//! Datagrams: sent and received whole, to one, to all, and to groups.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use circuits::StartError;
use circuits::net::{Broadcast, Bytes, Datagram, Listening, SendTo, UdpSocket};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::AsyncWriteExt;
use tokio::net::UdpSocket as Socket;

use super::{line_of, python, start};
use crate::support::soon;

/// Answers a datagram with itself, but for one that says to be quiet.
#[component(channel = "udp")]
struct Echo;

#[component]
impl Echo {
    #[handler("datagram")]
    fn datagram(&mut self, event: &Datagram) -> Option<Bytes> {
        (event.data != "quiet").then(|| event.data.clone())
    }
}

struct Bound {
    system: System,
    socket: Address<UdpSocket>,
    address: SocketAddr,
    probe: Probe,
}

async fn bind(socket: UdpSocket) -> Bound {
    let system = System::new();
    system.supervise(|| Echo).await.unwrap();
    let probe = Probe::on(&system, "udp").await.unwrap();
    let listening = system.on("udp").wait::<Listening>();
    let socket = system.supervise(move || socket.clone()).await.unwrap();
    let address = soon(listening).await.unwrap().address;
    Bound {
        system,
        socket,
        address,
        probe,
    }
}

impl Bound {
    async fn datagram(&self) -> Bytes {
        let told = self.probe.expect::<Datagram>();
        told.within(Duration::from_secs(10))
            .await
            .unwrap()
            .data
            .clone()
    }
}

async fn peer(host: &str) -> Socket {
    Socket::bind(format!("{host}:0")).await.unwrap()
}

async fn ask(peer: &Socket, address: SocketAddr, data: &[u8]) -> Vec<u8> {
    peer.send_to(data, address).await.unwrap();
    let mut reply = vec![0; 70_000];
    let (length, from) = soon(peer.recv_from(&mut reply)).await.unwrap();
    assert_eq!(from, address);
    reply.truncate(length);
    reply
}

#[tokio::test]
async fn net_040_datagrams_are_told_and_replies_are_sent_back() {
    for host in ["127.0.0.1", "[::1]"] {
        let bound = bind(UdpSocket::bind(format!("{host}:0"))).await;
        let (one, two) = (peer(host).await, peer(host).await);
        assert_eq!(ask(&one, bound.address, b"one").await, b"one");
        assert_eq!(ask(&two, bound.address, b"two").await, b"two");
        two.send_to(b"quiet", bound.address).await.unwrap();
        assert_eq!(ask(&two, bound.address, b"loud").await, b"loud");
    }
}

#[tokio::test]
async fn net_040_a_datagram_is_whole_or_not_there_at_all_sizes() {
    let bound = bind(UdpSocket::bind("127.0.0.1:0")).await;
    let peer = peer("127.0.0.1").await;
    for size in [0, 1, 1000, 1472, 1473, 9000, 65_506, 65_507] {
        let data = vec![b'x'; size];
        assert_eq!(ask(&peer, bound.address, &data).await, data, "{size} bytes");
        assert_eq!(bound.datagram().await.len(), size);
    }
    // One above is refused whole, and the socket goes on.
    let to = peer.local_addr().unwrap();
    let target = bound.system.on("udp");
    let large = target.call(SendTo::new(to, vec![0; 65_508])).await;
    assert!(format!("{large:?}").contains("too long"), "{large:?}");
    target.call(SendTo::new(to, "small")).await.unwrap();
    let mut got = [0; 10];
    assert_eq!(soon(peer.recv(&mut got)).await.unwrap(), 5);
}

#[tokio::test]
async fn net_040_a_datagram_keeps_its_borders() {
    let bound = bind(UdpSocket::bind("127.0.0.1:0")).await;
    let peer = peer("127.0.0.1").await;
    for number in 0..100 {
        let text = format!("datagram {number}");
        assert_eq!(
            ask(&peer, bound.address, text.as_bytes()).await,
            text.as_bytes()
        );
    }
}

#[tokio::test]
async fn net_040_after_the_end_another_one_can_bind_the_port() {
    let bound = bind(UdpSocket::bind("127.0.0.1:0").reuse_address(false)).await;
    let address = bound.address;
    let system = System::new();
    let second = move || UdpSocket::bind(address).reuse_address(false);
    let taken = system.supervise(second).await;
    let Err(StartError::Failed { error, .. }) = taken else {
        panic!("it is bound twice");
    };
    assert_eq!(error.to_string(), format!("cannot listen on `{address}`"));
    soon(bound.socket.stop()).await;
    system.supervise(second).await.unwrap();
}

#[tokio::test]
async fn net_040_a_broadcast_reaches_sockets_on_the_network() {
    // The loopback network has a broadcast address of its own.
    let all = Socket::bind("127.255.255.255:0").await.unwrap();
    let bound = bind(UdpSocket::bind("127.0.0.1:0")).await;
    let to = all.local_addr().unwrap();
    let target = bound.system.on("udp");
    target.call(SendTo::new(to, "to all")).await.unwrap();
    let mut got = [0; 10];
    assert_eq!(
        soon(all.recv_from(&mut got)).await.unwrap(),
        (6, bound.address)
    );
    // Where there is no such network the system says so; it is not silently lost.
    match soon(target.call(Broadcast::new(to.port(), "to all"))).await {
        Ok(length) => assert_eq!(length, 6),
        Err(error) => assert!(format!("{error:?}").contains("unreachable"), "{error:?}"),
    }
}

#[tokio::test]
async fn net_040_members_of_a_group_receive_what_is_sent_to_it() {
    let group = Ipv4Addr::new(239, 255, 77, 7);
    let member = UdpSocket::bind("0.0.0.0:0").join_v4(group, Ipv4Addr::LOCALHOST);
    let member = bind(member).await;
    let sender = UdpSocket::bind("127.0.0.1:0").join_v4(group, Ipv4Addr::LOCALHOST);
    let sender = bind(sender).await;
    let to = SocketAddr::new(IpAddr::V4(group), member.address.port());
    let sent = sender.system.on("udp").call(SendTo::new(to, "quiet"));
    soon(sent).await.unwrap();
    assert_eq!(member.datagram().await, "quiet");
}

/// Says whether a socket on this host is a member of a group, on the interface of the number 1:
/// the loopback.
fn has_member(group: Ipv6Addr) -> bool {
    let group: String = group.octets().map(|byte| format!("{byte:02x}")).concat();
    let groups = std::fs::read_to_string("/proc/net/igmp6").unwrap();
    groups.lines().any(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        fields[0] == "1" && fields[2] == group
    })
}

#[tokio::test]
async fn net_040_a_group_of_ipv6_is_joined_on_an_interface_and_left_at_the_end() {
    // Of this test alone, also where it runs twice at a time.
    let [high, low] = [16, 0].map(|by| (std::process::id() >> by) as u16);
    let group = Ipv6Addr::new(0xff01, 0, 0, 0, 0, 77, high, low);
    let member = bind(UdpSocket::bind("[::]:0").join_v6(group, 1)).await;
    assert!(has_member(group));
    let sender = UdpSocket::bind("[::1]:0").join_v6(group, 1);
    let sender = bind(sender.multicast_hops(0)).await;
    let to = SocketAddr::new(IpAddr::V6(group), member.address.port());
    // Where the loopback has no way to groups, the system says so; it is not silently lost.
    match soon(sender.system.on("udp").call(SendTo::new(to, "quiet"))).await {
        Ok(_) => assert_eq!(member.datagram().await, "quiet"),
        Err(error) => assert!(format!("{error:?}").contains("unreachable"), "{error:?}"),
    }
    soon(sender.socket.stop()).await;
    assert!(has_member(group), "one is left");
    soon(member.socket.stop()).await;
    soon(async {
        while has_member(group) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let none = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let started = member
        .system
        .supervise(move || UdpSocket::bind("[::]:0").join(none));
    assert!(started.await.is_err(), "it is no group");
}

#[tokio::test]
async fn net_040_a_group_that_is_none_fails_the_start() {
    let system = System::new();
    let group = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let started = system.supervise(move || UdpSocket::bind("127.0.0.1:0").join(group));
    assert!(started.await.is_err());
}

#[tokio::test]
async fn net_040_nc_and_python_send_and_receive() {
    let bound = bind(UdpSocket::bind("127.0.0.1:0")).await;
    let port = bound.address.port().to_string();
    let mut nc = start("nc", &["-u", "127.0.0.1", &port]);
    nc.stdin
        .as_mut()
        .unwrap()
        .write_all(b"from nc\n")
        .await
        .unwrap();
    assert_eq!(line_of(&mut nc).await, "from nc");
    let program = "import socket,sys\n\
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
        s.sendto(b'from python', ('127.0.0.1', int(sys.argv[1])))\n\
        print(s.recv(100).decode())";
    assert_eq!(line_of(&mut python(program, &[&port])).await, "from python");
}

#[tokio::test]
async fn net_040_random_datagrams_break_nothing() {
    let bound = bind(UdpSocket::bind("127.0.0.1:0")).await;
    let peer = peer("127.0.0.1").await;
    let mut random = fastrand::Rng::with_seed(7);
    let mut got = [0; 300];
    for _ in 0..20_000 {
        let mut data = vec![0; random.usize(0..200)];
        random.fill(&mut data);
        peer.send_to(&data, bound.address).await.unwrap();
        tokio::task::yield_now().await;
        while peer.try_recv(&mut got).is_ok() {}
        bound.probe.clear();
    }
    // Some of the answers wait still: this one is the last.
    peer.send_to(b"the last", bound.address).await.unwrap();
    soon(async {
        loop {
            let length = peer.recv(&mut got).await.unwrap();
            if &got[..length] == b"the last" {
                break;
            }
        }
    })
    .await;
}

//! Datagrams that come faster than they are handled: what is held meanwhile, and where each
//! of them went.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use circuits::net::{Datagram, Listening, UdpSocket};
use circuits::prelude::*;
use tokio::net::UdpSocket as Socket;

use crate::runtime;

/// The whole of it takes long without optimizations.
const DATAGRAMS: u64 = if cfg!(debug_assertions) {
    50_000
} else {
    1_000_000
};

/// So many are sent at a time; fewer find room in the receive buffer.
const BURST: u64 = 500;

/// Checks that what is handled is whole, and in the order in which it was sent.
#[component(channel = "udp")]
struct Sink {
    next: u64,
    handled: Arc<AtomicU64>,
}

#[component]
impl Sink {
    #[handler("datagram")]
    async fn datagram(&mut self, event: &Datagram) {
        // Slower than who sends, on the one thread of both.
        tokio::task::yield_now().await;
        let (number, rest) = event.data.split_first_chunk().expect("it has a number");
        let number = u64::from_be_bytes(*number);
        assert!(number >= self.next, "{number} comes after {}", self.next);
        assert!(rest.iter().all(|byte| *byte == number as u8));
        self.next = number + 1;
        self.handled.fetch_add(1, Ordering::Relaxed);
    }
}

/// Returns how many datagrams the system has dropped, since a socket had no room for them.
fn dropped(address: SocketAddr) -> u64 {
    let sockets = fs::read_to_string("/proc/net/udp").unwrap();
    let port = format!(":{:04X}", address.port());
    let fields = sockets
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|fields| fields[1].ends_with(&port));
    fields.unwrap().last().unwrap().parse().unwrap()
}

/// Sends, and waits until each datagram was handled, or dropped.
async fn flood(address: SocketAddr, datagrams: u64, from: u64, handled: &AtomicU64) {
    let peer = Socket::bind("127.0.0.1:0").await.unwrap();
    peer.connect(address).await.unwrap();
    let mut random = fastrand::Rng::with_seed(from);
    let before = handled.load(Ordering::Relaxed) + dropped(address);
    for number in from..from + datagrams {
        let mut data = vec![number as u8; 8 + random.usize(0..200)];
        data[..8].copy_from_slice(&number.to_be_bytes());
        peer.send(&data).await.unwrap();
        if number % BURST == 0 {
            tokio::task::yield_now().await;
        }
    }
    let all = async {
        while handled.load(Ordering::Relaxed) + dropped(address) < before + datagrams {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, all)
        .await
        .expect("each is told of");
    assert_eq!(
        handled.load(Ordering::Relaxed) + dropped(address),
        before + datagrams
    );
}

#[test]
fn net_040_a_million_datagrams_to_a_slow_handler_are_handled_or_dropped_and_memory_stays_flat() {
    let runtime = runtime();
    let handled = Arc::new(AtomicU64::new(0));
    let (system, address) = runtime.block_on(async {
        let system = System::new();
        let (next, handled) = (0, handled.clone());
        system.register(Sink { next, handled }).await.unwrap();
        let listening = system.on("udp").wait::<Listening>();
        let socket = UdpSocket::bind("127.0.0.1:0").receive_buffer(64 * 1024);
        system.register(socket).await.unwrap();
        (system, listening.await.unwrap().address)
    });
    let run = |datagrams, from| runtime.block_on(flood(address, datagrams, from, &handled));
    run(5_000, 0);
    let (handled_before, dropped_before) = (handled.load(Ordering::Relaxed), dropped(address));
    let info = allocation_counter::measure(|| run(DATAGRAMS, 5_000));
    let handled = handled.load(Ordering::Relaxed) - handled_before;
    let dropped = dropped(address) - dropped_before;
    // The handler was behind all the time, and went on all the time.
    assert!(dropped > DATAGRAMS / 10, "only {dropped} are dropped");
    assert!(handled > DATAGRAMS / 1000, "only {handled} are handled");
    assert!(
        info.bytes_max < 64 * 1024 && info.bytes_current.abs() < 4096,
        "{handled} handled, {dropped} dropped: {info:?}"
    );
    runtime.block_on(async {
        system.stop();
        system.join().await.unwrap();
    });
}

//! What the original's events come in, and ours: the traces that programs rely on.
//!
//! Each is the whole trace unless it says otherwise, written as `event[channel]`.

use circuits::net::{Bytes, Disconnected, Listening, Read, TcpServer};
use circuits::prelude::*;
use circuits::testing::{Probe, settle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::within;

#[derive(Event, Debug)]
struct Hello;

#[derive(Event, Debug)]
#[event(success, failure, complete)]
struct Boom;

/// Lets the program end.
#[component(channel = "app")]
struct App;

#[component]
impl App {
    #[handler("hello")]
    fn hello(&mut self, _: &Hello, cx: &Context<Self>) {
        cx.system().drain();
    }
}

/// A component `a` with a child `b`.
#[component]
struct A;

#[component]
impl A {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        cx.register(B).channel("b").await?;
        Ok(())
    }
}

#[component]
struct B;

#[component]
impl B {
    #[handler("boom")]
    fn boom(&mut self, _: &Boom) -> circuits::Result<()> {
        Err(Error::new("boom"))
    }
}

fn trace(probe: &Probe) -> Vec<String> {
    let events = probe.events().into_iter();
    events
        .map(|event| format!("{}[{}]", event.name(), event.channel().unwrap()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn core_060_trace_of_the_smallest_program() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    system.register(App).await.unwrap();
    system.on("app").fire(Hello);
    system.join().await.unwrap();
    let expected = [
        "registered[app]",
        "started[app]",
        "hello[app]",
        "stopped[app]",
    ];
    assert_eq!(trace(&probe), expected);
}

/// In the original `b` comes first, since both were joined before the tree ran, and
/// `started` is told of the root alone. Here each component starts for itself, and
/// one registers its children when it is in the tree: so parents join first, and have
/// started when their children have.
#[tokio::test(start_paused = true)]
async fn core_051_trace_of_a_tree_that_is_registered() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    system.register(A).channel("a").await.unwrap();
    settle().await;
    let expected = ["registered[a]", "registered[b]", "started[b]", "started[a]"];
    assert_eq!(trace(&probe), expected);
}

/// The second of the original, `prepare_unregister_complete`, is no event here: the
/// component is cut off when the first is complete. `stopped` is told of each that
/// ends with it, children first.
#[tokio::test(start_paused = true)]
async fn core_052_trace_of_a_tree_that_is_unregistered() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    let a = system.register(A).channel("a").await.unwrap();
    settle().await;
    probe.clear();
    a.unregister().await;
    settle().await;
    let expected = [
        "prepare_unregister[a]",
        "stopped[b]",
        "stopped[a]",
        "unregistered[a]",
    ];
    assert_eq!(trace(&probe), expected);
}

#[tokio::test(start_paused = true)]
async fn core_008_trace_of_a_handler_that_fails_with_all_feedback() {
    let system = System::new();
    let probe = Probe::on(&system, "*").await.unwrap();
    system.register(B).channel("b").await.unwrap();
    settle().await;
    probe.clear();
    system.on("b").fire(Boom);
    settle().await;
    let expected = [
        "boom[b]",
        "boom_failure[b]",
        "exception[*]",
        "boom_complete[b]",
    ];
    assert_eq!(trace(&probe), expected);
}

/// Answers what is read: the answer is written back, which is no event here.
#[component(channel = "server")]
struct Echo;

#[component]
impl Echo {
    #[handler("read")]
    fn read(&mut self, event: &Read) -> Bytes {
        event.data.clone()
    }
}

/// The server's part of the original's traces of TCP, `ready` to `disconnect`: with
/// `listening` for the first. What a server tells of components below it is left out.
#[tokio::test]
async fn core_015_trace_of_a_server_with_one_connection() {
    let system = System::new();
    let probe = Probe::on(&system, "server").await.unwrap();
    system.register(Echo).await.unwrap();
    let server = TcpServer::bind("127.0.0.1:0");
    let server = system.register(server).channel("server");
    let server = server.await.unwrap();
    let limit = Duration::from_secs(30);
    let listening = probe.expect::<Listening>().within(limit).await.unwrap();
    let mut peer = within(TcpStream::connect(listening.address)).await.unwrap();
    within(peer.write_all(b"hello")).await.unwrap();
    let mut echo = [0; 5];
    within(peer.read_exact(&mut echo)).await.unwrap();
    assert_eq!(&echo, b"hello");
    drop(peer);
    probe.expect::<Disconnected>().within(limit).await.unwrap();
    within(server.drain()).await;
    system.drain();
    within(system.join()).await.unwrap();
    let expected = [
        "listening[server]",
        "connected[server]",
        "read[server]",
        "disconnected[server]",
    ];
    let mut trace = trace(&probe);
    trace.retain(|line| {
        !["registered", "started", "stopped"]
            .iter()
            .any(|name| line.starts_with(name))
    });
    assert_eq!(trace, expected);
}

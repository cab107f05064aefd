//! The HTTP server, with real sockets.

use std::future::Future;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;

use circuits::net::{Listening, Refused};
use circuits::prelude::*;
use circuits::web::{HeaderValue, Method, Request, Response, Server, StatusCode, header};
use circuits::{Options, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::sync::{Semaphore, mpsc};

/// A few pages; `/wait` waits for a permit of the gate.
#[component(channel = "web")]
struct Pages {
    asked: mpsc::Sender<String>,
    gate: Arc<Semaphore>,
}

#[component]
impl Pages {
    #[handler("request")]
    async fn request(&self, event: &Request) -> Result<Option<Response>, Error> {
        self.asked.try_send(event.path().to_owned())?;
        Ok(Some(match (&event.method, event.path()) {
            (&Method::GET, "/") => Response::text("hello"),
            (&Method::GET, "/query") => Response::json(event.query().unwrap_or("none").to_owned()),
            (&Method::POST, "/echo") => Response::text(event.text()),
            (_, "/wait") => {
                self.gate.acquire().await?.forget();
                Response::text("waited")
            }
            (_, "/lies") => Response::text("four")
                .header(header::CONTENT_LENGTH, HeaderValue::from_static("100"))
                .header(
                    header::TRANSFER_ENCODING,
                    HeaderValue::from_static("chunked"),
                ),
            (_, "/panic") => panic!("a page that panics"),
            (_, "/error") => return Err(Error::new("a page that fails")),
            _ => return Ok(None),
        }))
    }
}

struct Served {
    system: System,
    server: Address<Server>,
    address: SocketAddr,
    asked: mpsc::Receiver<String>,
    gate: Arc<Semaphore>,
}

async fn serve(server: Server) -> Served {
    let system = System::with(Options::new().max_restarts(10));
    let (sender, asked) = mpsc::channel(1000);
    let gate = Arc::new(Semaphore::new(0));
    let waited = gate.clone();
    let pages = move || Pages {
        asked: sender.clone(),
        gate: waited.clone(),
    };
    system.supervise(pages).await.unwrap();
    let (server, address) = add(&system, server).await;
    Served {
        system,
        server,
        address,
        asked,
        gate,
    }
}

async fn add(system: &System, server: Server) -> (Address<Server>, SocketAddr) {
    let listening = system.on("web").wait::<Listening>();
    let server = system.supervise(move || server.clone()).await.unwrap();
    (server, listening.await.unwrap().address)
}

impl Served {
    /// Sends one request and takes all that comes back until the end.
    async fn exchange(&self, request: &str) -> String {
        exchange(self.address, request).await
    }

    async fn get(&self, path: &str) -> String {
        get(self.address, path).await
    }

    async fn asked(&mut self) -> String {
        soon(self.asked.recv()).await.unwrap()
    }
}

fn local() -> Server {
    Server::bind("127.0.0.1:0")
}

/// Bounds a wait, so that what hangs fails.
async fn soon<F: Future>(future: F) -> F::Output {
    let limit = Duration::from_secs(20);
    tokio::time::timeout(limit, future).await.expect("in time")
}

async fn connect(address: SocketAddr) -> TcpStream {
    soon(TcpStream::connect(address)).await.unwrap()
}

/// Sends and reads at once, as the server may answer before it has read all.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut peer = connect(address).await;
    let (mut source, mut sink) = peer.split();
    let mut response = Vec::new();
    let (sent, read) = soon(async {
        tokio::join!(
            sink.write_all(request.as_bytes()),
            source.read_to_end(&mut response)
        )
    })
    .await;
    // A server that has answered need not take the rest.
    drop(sent);
    read.unwrap();
    String::from_utf8(response).unwrap()
}

async fn get(address: SocketAddr, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    exchange(address, &request).await
}

/// Reads one response whose body is known.
async fn response(peer: &mut TcpStream, body: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(body) {
        let byte = soon(peer.read_u8()).await.unwrap();
        text.push(char::from(byte));
    }
    text
}

fn check(response: &str, status: u16, body: &str) {
    let (head, rest) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    assert!(
        head.starts_with(&format!("HTTP/1.1 {status} ")),
        "{response}"
    );
    assert!(rest.contains(body), "{response}");
}

async fn curl(arguments: &[&str]) -> String {
    let curl = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "20"])
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = soon(curl)
        .await
        .expect("`curl` is missing: apt-get install curl");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

async fn answers_curl() {
    let served = serve(local()).await;
    let url = |path: &str| format!("http://{}{path}", served.address);
    let status = "\n%{http_code} %{content_type}";
    let json = curl(&["--write-out", status, &url("/query?n=3")]).await;
    assert_eq!(json, "n=3\n200 application/json");
    let echo = curl(&["--data", "some words", &url("/echo")]).await;
    assert_eq!(echo, "some words");
    let twice = curl(&[&url("/"), &url("/lies")]).await;
    assert_eq!(twice, "hellofour");
    let large = "x".repeat(100_000);
    assert_eq!(curl(&["--data", &large, &url("/echo")]).await, large);
    let head = curl(&["--head", &url("/nowhere")]).await;
    assert!(head.starts_with("HTTP/1.1 404 Not Found\r\n"), "{head}");
}

#[tokio::test]
async fn curl_gets_what_handlers_reply() {
    answers_curl().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_gets_what_handlers_reply_on_two_threads() {
    answers_curl().await;
}

#[tokio::test]
async fn a_call_that_fails_has_a_status() {
    let served = serve(local().request_timeout(Duration::from_millis(100))).await;
    check(&served.get("/nowhere").await, 404, "404 Not Found");
    check(
        &served.get("/error").await,
        500,
        "500 Internal Server Error",
    );
    check(
        &served.get("/panic").await,
        500,
        "500 Internal Server Error",
    );
    check(&served.get("/wait").await, 504, "504 Gateway Timeout");
    check(&served.get("/").await, 200, "hello");
    check(&served.exchange("nonsense\r\n\r\n").await, 400, "");
    let system = System::new();
    let (_, alone) = add(&system, local()).await;
    check(&get(alone, "/").await, 404, "404 Not Found");
}

#[component(channel = "web")]
struct Guard;

#[component]
impl Guard {
    #[handler("request", priority = 100)]
    fn guard(&self, event: &Request, cx: &Context<Self>) -> Option<Response> {
        if event.header("authorization").is_some() {
            return None;
        }
        cx.stop_propagation();
        Some(Response::forbidden())
    }
}

#[component(channel = "web")]
struct Fallback;

#[component]
impl Fallback {
    #[handler("request", priority = -1)]
    fn fallback(&self, _event: &Request) -> Response {
        Response::status(StatusCode::IM_A_TEAPOT)
    }
}

#[tokio::test]
async fn handlers_of_higher_priority_are_filters() {
    let mut served = serve(local()).await;
    served.system.supervise(|| Guard).await.unwrap();
    served.system.supervise(|| Fallback).await.unwrap();
    check(&served.get("/").await, 403, "403 Forbidden");
    assert!(served.asked.try_recv().is_err(), "the guard let it pass");
    let ask = |path| {
        format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: b\r\nconnection: close\r\n\r\n")
    };
    check(&served.exchange(&ask("/")).await, 200, "hello");
    check(&served.exchange(&ask("/nowhere")).await, 418, "teapot");
    assert_eq!(served.asked().await, "/");
}

#[tokio::test]
async fn endless_headers_and_bodies_are_refused_and_others_are_served() {
    let mut served = serve(local().max_body_size(1000).max_headers(20)).await;
    let mut other = connect(served.address).await;
    other
        .write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(served.asked().await, "/wait");
    let many = "GET / HTTP/1.1\r\n".to_owned() + &"a: b\r\n".repeat(21) + "\r\n";
    check(&served.exchange(&many).await, 431, "");
    let endless = "GET / HTTP/1.1\r\nendless: ".to_owned() + &"x".repeat(1_000_000);
    check(&served.exchange(&endless).await, 431, "");
    let address = "GET /".to_owned() + &"x".repeat(1_000_000);
    let refused = served.exchange(&address).await;
    assert!(refused.starts_with("HTTP/1.1 4"), "{refused}");
    let body = "x".repeat(1_000_000);
    let told = format!("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{body}");
    check(&served.exchange(&told).await, 413, "larger than 1000 bytes");
    let chunks = "400\r\n".to_owned() + &"x".repeat(0x400) + "\r\n";
    let chunked = "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    check(
        &served.exchange(&(chunked + &chunks.repeat(500))).await,
        413,
        "larger than 1000 bytes",
    );
    let fits = format!(
        "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1000\r\n\r\n{}",
        &body[..1000]
    );
    check(&served.exchange(&fits).await, 200, &body[..1000]);
    assert_eq!(served.asked().await, "/echo");
    served.gate.add_permits(1);
    check(&response(&mut other, "waited").await, 200, "waited");
}

#[tokio::test]
async fn slow_headers_and_bodies_are_refused_and_others_are_served() {
    let limit = Duration::from_millis(100);
    let served = serve(local().header_timeout(limit).body_timeout(limit)).await;
    let slow = "GET / HTTP/1.1\r\nhost: ";
    check(
        &served.exchange(slow).await,
        408,
        "the header was not sent in time",
    );
    assert_eq!(served.exchange("").await, "", "nothing was asked");
    let body = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nx";
    check(
        &served.exchange(body).await,
        408,
        "the body was not sent in time",
    );
    check(&served.get("/").await, 200, "hello");
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let served = serve(local()).await;
    let mut peer = connect(served.address).await;
    for _ in 0..3 {
        peer.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        check(&response(&mut peer, "hello").await, 200, "hello");
    }
}

#[tokio::test]
async fn a_peer_that_has_sent_all_still_gets_its_answer() {
    let mut served = serve(local()).await;
    let mut peer = connect(served.address).await;
    peer.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    peer.shutdown().await.unwrap();
    served.asked().await;
    served.gate.add_permits(1);
    let mut all = String::new();
    soon(peer.read_to_string(&mut all)).await.unwrap();
    check(&all, 200, "waited");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_disconnected() {
    let served = serve(
        local()
            .write_timeout(Duration::from_millis(100))
            .max_connections(1),
    )
    .await;
    let mut deaf = connect(served.address).await;
    let body = "x".repeat(1_000_000);
    let request =
        format!("POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n{body}");
    let mut sent = 0;
    // Until the server takes no more, since nobody takes what it answers.
    while soon(deaf.write_all(request.as_bytes())).await.is_ok() {
        sent += 1;
        assert!(sent < 1000, "the server goes on answering a deaf peer");
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_are_refused_and_told() {
    let mut served = serve(local().max_connections(1)).await;
    let refused = served.system.on("web").wait::<Refused>();
    let mut first = connect(served.address).await;
    first
        .write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    served.asked().await;
    check(&served.exchange("").await, 503, "too many connections");
    assert_eq!(soon(refused).await.unwrap().count, 1);
    served.gate.add_permits(1);
    check(&response(&mut first, "waited").await, 200, "waited");
}

async fn binds_again() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let served = serve(Server::bind(free)).await;
    for _ in 0..5 {
        check(&served.get("/").await, 200, "hello");
        let mut open = connect(served.address).await;
        let listening = served.system.on("web").wait::<Listening>();
        served.server.kill();
        assert_eq!(soon(listening).await.unwrap().address, served.address);
        assert!(matches!(soon(open.read(&mut [0])).await, Ok(0) | Err(_)));
    }
}

#[tokio::test]
async fn a_killed_server_binds_again() {
    binds_again().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_binds_again_on_two_threads() {
    binds_again().await;
}

#[tokio::test]
async fn a_server_that_cannot_bind_says_where() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let system = System::new();
    match system.supervise(move || Server::bind(address)).await {
        Err(StartError::Failed { error, .. }) => {
            assert_eq!(error.to_string(), format!("cannot listen on `{address}`"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_drain_answers_requests_in_progress_and_closes_idle_connections() {
    let mut served = serve(local()).await;
    let mut idle = connect(served.address).await;
    let mut kept = connect(served.address).await;
    kept.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    response(&mut kept, "hello").await;
    assert_eq!(served.asked().await, "/");
    let mut busy = connect(served.address).await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(served.asked().await, "/wait");
    served.system.drain();
    for peer in [&mut idle, &mut kept] {
        assert_eq!(soon(peer.read(&mut [0])).await.unwrap(), 0);
    }
    assert!(soon(TcpStream::connect(served.address)).await.is_err());
    served.gate.add_permits(1);
    let mut all = String::new();
    soon(busy.read_to_string(&mut all)).await.unwrap();
    check(&all, 200, "waited");
    assert!(all.contains("connection: close"), "{all}");
    soon(served.system.join()).await.unwrap();
}

#[tokio::test]
async fn a_request_that_is_stuck_is_cut_when_the_drain_timeout_is_over() {
    let mut served = serve(local().drain_timeout(Duration::from_millis(50))).await;
    let mut busy = connect(served.address).await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    served.asked().await;
    soon(served.server.stop()).await;
    assert!(matches!(soon(busy.read(&mut [0])).await, Ok(0) | Err(_)));
}

//! The example programs of sockets, each against a real peer.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Child;

use super::{line_of, python, start};
use crate::authority::Authority;
use crate::folder::Folder;
use crate::programs::example;
use crate::support::soon;

fn run(name: &str, arguments: &[&str]) -> Child {
    start(example(name).to_str().unwrap(), arguments)
}

/// Starts an example that prints where it listens as the last word of its first line.
async fn serve(name: &str, arguments: &[&str]) -> (Child, String) {
    let mut program = run(name, arguments);
    let line = line_of(&mut program).await;
    let address = line.rsplit(' ').next().unwrap().to_owned();
    (program, address)
}

/// Gives a program its input, and returns all its output.
async fn ask(mut program: Child, input: &[u8]) -> String {
    let mut to = program.stdin.take().unwrap();
    soon(to.write_all(input)).await.unwrap();
    drop(to);
    let output = soon(program.wait_with_output()).await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn echoserver_echoes_to_nc_over_both_protocols() {
    let (_server, address) = serve("echoserver", &["[::]:0"]).await;
    let port = address.rsplit(':').next().unwrap();
    for host in ["127.0.0.1", "::1"] {
        let nc = start("nc", &["-N", host, port]);
        assert_eq!(ask(nc, b"hello\n").await, "hello\n");
    }
}

#[tokio::test]
async fn unix_echo_numbers_the_lines_of_each_socat() {
    let folder = Folder::new();
    let path = folder.path().join("echo").display().to_string();
    let (_server, at) = serve("unix_echo", &[&path]).await;
    assert_eq!(at, path);
    for _ in 0..2 {
        let peer = start("socat", &["-t5", "-", &format!("UNIX-CONNECT:{path}")]);
        assert_eq!(ask(peer, b"one\ntwo\n").await, "1: one\n2: two\n");
    }
}

#[tokio::test]
async fn udp_echo_sends_a_datagram_back_to_python() {
    let mut server = run("udp_echo", &["127.0.0.1:0"]);
    let line = line_of(&mut server).await;
    let port = line.rsplit(':').next().unwrap();
    let program = "import socket,sys\n\
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
        s.sendto(b'hello', ('127.0.0.1', int(sys.argv[1])))\n\
        print(s.recv(100).decode())";
    assert_eq!(line_of(&mut python(program, &[port])).await, "hello");
}

#[tokio::test]
async fn starttls_goes_over_to_tls_for_openssl() {
    let authority = Authority::new();
    authority.sign("localhost");
    let (certificate, key) = (
        authority.path("localhost.pem"),
        authority.path("localhost.key"),
    );
    let (_server, address) = serve("starttls", &[&certificate, &key, "127.0.0.1:0"]).await;
    let arguments = ["s_client", "-quiet", "-starttls", "smtp", "-connect"];
    let peer = start("openssl", &[&arguments[..], &[&address]].concat());
    let said = ask(peer, b"NOOP\r\nQUIT\r\n").await;
    assert_eq!(said, "250 Nobody hears us\r\n221 Bye\r\n");
}

#[tokio::test]
async fn telnet_prints_what_a_server_sends_after_its_input_has_ended() {
    let program = "import socket\n\
        s = socket.create_server(('127.0.0.1', 0))\n\
        print(s.getsockname()[1])\n\
        c, _ = s.accept()\n\
        got = c.makefile().read()\n\
        c.sendall(('you said ' + got).encode() + b'x' * 100000)";
    let mut server = python(program, &[]);
    let port = line_of(&mut server).await;
    let telnet = run("telnet", &[&format!("127.0.0.1:{port}")]);
    let printed = ask(telnet, b"hello").await;
    assert_eq!(printed, format!("you said hello{}", "x".repeat(100_000)));
}

#[tokio::test]
async fn telnet_fails_where_nobody_listens() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    let mut telnet = run("telnet", &[&address]);
    assert_eq!(soon(telnet.wait()).await.unwrap().code(), Some(1));
}

#[tokio::test]
async fn portforward_passes_on_both_ways_and_the_end_of_each() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = target.local_addr().unwrap().to_string();
    let mut forwarder = run("portforward", &["127.0.0.1:0", &to]);
    let line = line_of(&mut forwarder).await;
    let from = line.split(' ').next().unwrap().to_owned();
    let much = vec![b'x'; 3_000_000];
    for _ in 0..3 {
        let mut near = soon(TcpStream::connect(&from)).await.unwrap();
        let (mut far, _) = soon(target.accept()).await.unwrap();
        // Both sides write more than is taken unread, at the same time.
        let (mut near_in, mut near_out) = near.split();
        let (mut far_in, mut far_out) = far.split();
        let (mut got_near, mut got_far) = (Vec::new(), Vec::new());
        soon(async {
            tokio::join!(
                async {
                    near_out.write_all(&much).await.unwrap();
                    near_out.shutdown().await.unwrap();
                },
                async {
                    far_in.read_to_end(&mut got_far).await.unwrap();
                    // The other way is open still.
                    far_out.write_all(&much).await.unwrap();
                    far_out.shutdown().await.unwrap();
                },
                async { near_in.read_to_end(&mut got_near).await.unwrap() },
            );
        })
        .await;
        assert!(got_near == much && got_far == much);
    }
    // A target that is gone ends what comes; the forwarder goes on.
    drop(target);
    let mut near = soon(TcpStream::connect(&from)).await.unwrap();
    let mut rest = Vec::new();
    let _ = soon(near.read_to_end(&mut rest)).await;
    assert_eq!(rest, b"");
    let target = TcpListener::bind(&to).await.unwrap();
    let mut near = soon(TcpStream::connect(&from)).await.unwrap();
    near.write_all(b"again").await.unwrap();
    let (mut far, _) = soon(target.accept()).await.unwrap();
    let mut got = [0; 5];
    soon(far.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"again");
}

#[tokio::test]
async fn portforward_connects_socat_to_socat() {
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = target.local_addr().unwrap();
    drop(target);
    let listen = format!("TCP-LISTEN:{},bind=127.0.0.1,reuseaddr", to.port());
    let far = start("socat", &["-d", "-t5", &listen, "EXEC:cat"]);
    let forwarder = run("portforward", &["127.0.0.1:0", &to.to_string()]);
    let mut forwarder = forwarder;
    let line = line_of(&mut forwarder).await;
    let from = format!("TCP:{}", line.split(' ').next().unwrap());
    // It may not listen yet: then nothing comes back, and it is asked again.
    for _ in 0..200 {
        let near = start("socat", &["-t5", "-", &from]);
        if ask(near, b"through").await == "through" {
            drop(far);
            return;
        }
    }
    panic!("nothing comes through");
}

#[tokio::test]
async fn proxy_says_when_its_server_is_unreachable() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let nobody = socket.local_addr().unwrap().to_string();
    let mut proxy = tokio::process::Command::new(example("proxy"));
    proxy.args(["127.0.0.1:0", &nobody]).kill_on_drop(true);
    let pipe = || std::process::Stdio::piped();
    let mut proxy = proxy.stdout(pipe()).stderr(pipe()).spawn().unwrap();
    let line = line_of(&mut proxy).await;
    let from = line.strip_prefix("listening on ").unwrap();
    let mut near = soon(TcpStream::connect(from)).await.unwrap();
    assert_eq!(soon(near.read(&mut [0])).await.unwrap_or(0), 0);
    let mut complaint = vec![0; 1000];
    let mut errors = proxy.stderr.take().unwrap();
    let mut length = 0;
    while !String::from_utf8_lossy(&complaint[..length]).contains("refused") {
        length += soon(errors.read(&mut complaint[length..])).await.unwrap();
    }
    assert!(String::from_utf8_lossy(&complaint[..length]).contains(&nobody));
}

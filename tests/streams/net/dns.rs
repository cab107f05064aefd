//! The DNS server and the client of the examples, against `dig` and messages made by hand.

use tokio::net::UdpSocket;
use tokio::process::Child;

use super::{line_of, python, start};
use crate::programs::example;
use crate::support::soon;

const ZONE: [&str; 4] = [
    "example.test A 192.0.2.1",
    "example.test A 192.0.2.2",
    "example.test AAAA 2001:db8::1",
    "example.test TXT two words",
];

/// Sends what is no query, and a query at last; prints the head of each answer.
const STRANGE: &str = r"
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
name = b'\7example\4test\0'
asked = name + struct.pack('>HH', 1, 1)
def head(id, flags, questions):
    return struct.pack('>6H', id, flags, questions, 0, 0, 0)
for message in [
    b'', b'short',                         # no head: no answer
    head(1, 0x8000, 1) + asked,            # itself an answer: none
    head(2, 0, 1) + name,                  # a question that is cut off
    head(3, 0, 1) + b'\xc0\x0c\0\1\0\1',  # a name that points at itself
    head(4, 0, 2) + asked + asked,         # two questions
    head(5, 0, 0),                         # none
    head(6, 0x100, 1) + asked,
]:
    s.send(message)
while True:
    id, flags, _, answers, _, _ = struct.unpack('>6H', s.recv(512)[:12])
    print(id, hex(flags), answers)
    if id == 6:
        break
";

/// Answers the second query, after what is not its answer.
const LATE: &str = r"
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1])
first, peer = s.recvfrom(512)
query, peer = s.recvfrom(512)
assert query == first, 'the same again'
id, flags, questions = struct.unpack('>3H', query[:6])
assert (flags, questions) == (0x100, 1)
assert query[12:] == b'\7example\4test\0\0\1\0\1'
def answer(id, flags, last):
    record = b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 60, 4) + bytes([192, 0, 2, last])
    s.sendto(struct.pack('>6H', id, flags, 1, 1, 0, 0) + query[12:] + record, peer)
s.sendto(b'junk', peer)
s.sendto(query, peer)
answer(id ^ 1, 0x8180, 7)
answer(id, 0x8180, 1)
print('answered')
";

/// Starts the server; returns its port.
async fn serve(zone: &[&str]) -> (Child, String) {
    let server = example("dns_server");
    let arguments = [&["127.0.0.1:0"], zone].concat();
    let mut server = start(server.to_str().unwrap(), &arguments);
    let line = line_of(&mut server).await;
    let port = line.rsplit(':').next().unwrap().to_owned();
    (server, port)
}

async fn dig(port: &str, question: &[&str]) -> String {
    let server = ["@127.0.0.1", "-p", port, "+tries=1", "+time=10", "+ignore"];
    let dig = start("dig", &[&server, question].concat());
    let output = soon(dig.wait_with_output()).await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Runs the client; returns what it prints, what it complains of, and whether all is well.
async fn ask(server: &str, question: &[&str]) -> (String, String, bool) {
    let mut client = tokio::process::Command::new(example("dns_client"));
    client.arg(server).args(question).kill_on_drop(true);
    let output = soon(client.output()).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.success(),
    )
}

#[tokio::test]
async fn dns_server_answers_dig_from_its_zone() {
    let (_server, port) = serve(&ZONE).await;
    for (kind, expected) in [
        ("A", "192.0.2.1\n192.0.2.2\n"),
        ("AAAA", "2001:db8::1\n"),
        ("TXT", "\"two words\"\n"),
        ("MX", ""),
    ] {
        // Names have no case.
        let answer = dig(&port, &["+short", "Example.TEST", kind]).await;
        assert_eq!(answer, expected, "{kind}");
    }
    for (question, status) in [
        (&["example.test", "MX"][..], "NOERROR"),
        (&["nowhere.test", "A"], "NXDOMAIN"),
        (&["+opcode=status", "+noedns", "example.test"], "NOTIMP"),
    ] {
        let answer = dig(&port, question).await;
        assert!(answer.contains(&format!("status: {status}")), "{answer}");
        assert!(answer.contains("ANSWER: 0"), "{answer}");
    }
}

#[tokio::test]
async fn dns_server_says_where_an_answer_is_too_long_for_a_datagram() {
    let text = format!("example.test TXT {}", "x".repeat(600));
    let (_server, port) = serve(&[&text, "example.test A 192.0.2.1"]).await;
    let answer = dig(&port, &["example.test", "TXT"]).await;
    assert!(answer.contains("flags: qr aa tc"), "{answer}");
    assert_eq!(
        dig(&port, &["+short", "example.test", "A"]).await,
        "192.0.2.1\n"
    );
}

#[tokio::test]
async fn dns_server_says_what_it_cannot_parse_and_answers_no_answers() {
    let (_server, port) = serve(&ZONE).await;
    let mut asker = python(STRANGE, &[&port]);
    // What came is answered in its order; the lowest digit is FORMERR.
    for expected in [
        "2 0x8001 0",
        "3 0x8001 0",
        "4 0x8401 0",
        "5 0x8401 0",
        "6 0x8500 2",
    ] {
        assert_eq!(line_of(&mut asker).await, expected);
    }
}

#[tokio::test]
async fn dns_server_goes_on_after_random_messages() {
    let (_server, port) = serve(&ZONE).await;
    let peer = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = format!("127.0.0.1:{port}");
    soon(peer.connect(address)).await.unwrap();
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..5_000 {
        let mut message = vec![0; random.usize(0..120)];
        random.fill(&mut message);
        // Few counts, so that more than the head is read.
        for count in message.iter_mut().take(12).skip(2) {
            *count &= 1;
        }
        soon(peer.send(&message)).await.unwrap();
    }
    let answer = dig(&port, &["+tries=5", "+short", "example.test", "AAAA"]).await;
    assert_eq!(answer, "2001:db8::1\n");
}

#[tokio::test]
async fn dns_client_prints_what_the_dns_server_answers() {
    let (_server, port) = serve(&ZONE).await;
    let server = format!("127.0.0.1:{port}");
    for (kind, expected) in [
        ("A", "192.0.2.1\n192.0.2.2\n"),
        ("AAAA", "2001:db8::1\n"),
        ("TXT", "\"two words\"\n"),
    ] {
        let (values, complaint, is_well) = ask(&server, &["example.test", kind]).await;
        assert_eq!((&*values, is_well), (expected, true), "{complaint}");
    }
    let (values, complaint, is_well) = ask(&server, &["nowhere.test"]).await;
    assert_eq!((&*values, is_well), ("", false));
    assert!(complaint.contains("NameError"), "{complaint}");
}

#[tokio::test]
async fn dns_client_asks_again_and_passes_over_what_is_not_its_answer() {
    let mut server = python(LATE, &[]);
    let port = line_of(&mut server).await;
    let (values, complaint, _) = ask(&format!("127.0.0.1:{port}"), &["example.test"]).await;
    assert_eq!(
        (&*values, &*complaint),
        ("192.0.2.1\n", "no answer to attempt 1\n")
    );
    assert_eq!(line_of(&mut server).await, "answered");
}

#[tokio::test]
async fn dns_client_gives_up_after_three_attempts() {
    let silent = UdpSocket::bind("[::1]:0").await.unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let (values, complaint, is_well) = ask(&address, &["example.test"]).await;
    assert_eq!((&*values, is_well), ("", false));
    assert!(
        complaint.contains("attempt 3") && complaint.contains("does not answer"),
        "{complaint}"
    );
    let mut queries = 0;
    while silent.try_recv(&mut [0; 512]).is_ok() {
        queries += 1;
    }
    assert_eq!(queries, 3);
}

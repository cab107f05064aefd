//! Asks a DNS server over UDP, three times at most, for the A, AAAA or TXT records of a name:
//! prints the values; exits with 1 if there is no answer. To try it: the example `dns_server`.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin dns_client -- 127.0.0.1:5353 example.test AAAA
//! 2001:db8::1
//! ```

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use circuits::net::{Bytes, Datagram, SendTo, UdpSocket};
use circuits::prelude::*;
use simple_dns::header_buffer::{has_flags, id};
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};

/// Asks for the records of a name. The reply is the value of each.
#[derive(Event)]
#[event(reply = Vec<String>)]
struct Lookup {
    name: String,
    kind: TYPE,
}

/// What came for the query with the number for which its channel is named.
#[derive(Event)]
struct Answer(Bytes);

#[component(channel = "udp")]
struct Resolver {
    server: SocketAddr,
}

#[component]
impl Resolver {
    #[handler("lookup")]
    async fn lookup(&self, event: &Lookup, cx: &Context<Self>) -> Result<Vec<String>, Error> {
        let name = Name::new(&event.name)?;
        let question = Question::new(name, event.kind.into(), CLASS::IN.into(), false);
        let mut query = Packet::new_query(RandomState::new().hash_one(0) as u16);
        query.set_flags(PacketFlag::RECURSION_DESIRED);
        query.questions.push(question);
        let (id, query) = (query.id(), Bytes::from(query.build_bytes_vec()?));
        for attempt in 1..=3 {
            let answer = cx.on(&format!("answer.{id}")).wait::<Answer>();
            let answer = answer.timeout(Duration::from_millis(500));
            cx.call(SendTo::new(self.server, query.clone())).await?;
            match answer.await {
                Ok(answer) => return values(Packet::parse(&answer.0)?),
                Err(_) => eprintln!("no answer to attempt {attempt}"),
            }
        }
        Err(Error::new("the server does not answer"))
    }

    #[handler("datagram")]
    fn datagram(&self, event: &Datagram, cx: &Context<Self>) {
        let is_answer = has_flags(&event.data, PacketFlag::RESPONSE) == Ok(true);
        if let (true, Ok(id)) = (is_answer && event.peer == self.server, id(&event.data)) {
            cx.on(&format!("answer.{id}"))
                .fire(Answer(event.data.clone()));
        }
    }
}

fn values(answer: Packet<'_>) -> Result<Vec<String>, Error> {
    if answer.rcode() != RCODE::NoError {
        return Err(Error::new(format!("no answer: {:?}", answer.rcode())));
    }
    // `{:?}` shows no control characters, which would move the cursor.
    let values = answer.answers.into_iter().map(|record| match record.rdata {
        RData::A(address) => Ipv4Addr::from(address).to_string(),
        RData::AAAA(address) => Ipv6Addr::from(address).to_string(),
        RData::TXT(text) => format!("{:?}", String::try_from(text).unwrap_or_default()),
        other => format!("{other:?}"),
    });
    Ok(values.collect())
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let server = arguments.next().unwrap_or("127.0.0.1:5353".into());
    let server: SocketAddr = server.parse()?;
    let name = arguments.next().unwrap_or("example.test".into());
    let kind = match arguments.next().as_deref() {
        Some("AAAA") => TYPE::AAAA,
        Some("TXT") => TYPE::TXT,
        _ => TYPE::A,
    };
    let local = ["0.0.0.0:0", "[::]:0"][usize::from(server.is_ipv6())];
    let system = System::new();
    system.register(UdpSocket::bind(local)).await?;
    system.register(Resolver { server }).await?;
    for value in system.on("udp").call(Lookup { name, kind }).await? {
        println!("{value}");
    }
    Ok(())
}

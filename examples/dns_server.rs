//! Answers DNS queries over UDP from a small zone: the records that it is given, else three of
//! its own. Ctrl-C ends it.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin dns_server -- 127.0.0.1:5353 'example.test A 192.0.2.1'
//! listening on 127.0.0.1:5353
//! ```
//!
//! To try it: `dig @127.0.0.1 -p 5353 example.test`, or the example `dns_client`.

use std::net::{Ipv4Addr, Ipv6Addr};

use circuits::net::{Bytes, Datagram, Listening, UdpSocket};
use circuits::prelude::*;
use simple_dns::header_buffer::{has_flags, id};
use simple_dns::rdata::{RData, TXT};
use simple_dns::{CLASS, Name, OPCODE, Packet, PacketFlag as Flag, RCODE, ResourceRecord};

#[component(channel = "udp")]
#[derive(Clone)]
struct Zone {
    records: Vec<ResourceRecord<'static>>,
}

#[component]
impl Zone {
    #[handler("datagram")]
    fn datagram(&self, event: &Datagram) -> Option<Bytes> {
        // What is itself an answer gets none, or two servers would never end.
        if has_flags(&event.data, Flag::RESPONSE) != Ok(false) {
            return None;
        }
        let mut reply = Packet::new_reply(id(&event.data).ok()?);
        match Packet::parse(&event.data) {
            Ok(query) => self.answer(query, &mut reply),
            Err(_) => *reply.rcode_mut() = RCODE::FormatError,
        }
        let mut bytes = reply.build_bytes_vec_compressed().ok()?;
        if bytes.len() > 512 {
            // Over TCP there would be more room.
            reply.answers.clear();
            reply.set_flags(Flag::TRUNCATION);
            bytes = reply.build_bytes_vec_compressed().ok()?;
        }
        Some(bytes.into())
    }

    fn answer<'a>(&self, query: Packet<'a>, reply: &mut Packet<'a>) {
        *reply.opcode_mut() = query.opcode();
        if query.has_flags(Flag::RECURSION_DESIRED) {
            reply.set_flags(Flag::RECURSION_DESIRED);
        }
        reply.set_flags(Flag::AUTHORITATIVE_ANSWER);
        *reply.rcode_mut() = match &query.questions[..] {
            _ if query.opcode() != OPCODE::StandardQuery => RCODE::NotImplemented,
            [asked] if self.records.iter().all(|one| one.name != asked.qname) => RCODE::NameError,
            [asked] => {
                reply.answers = self.records.clone();
                reply.answers.retain(|one| one.name == asked.qname);
                reply.answers.retain(|one| one.match_qtype(asked.qtype));
                reply.answers.retain(|one| one.match_qclass(asked.qclass));
                RCODE::NoError
            }
            _ => RCODE::FormatError,
        };
        reply.questions = query.questions;
    }
}

/// Reads `NAME TYPE VALUE`.
fn record(text: &str) -> Result<ResourceRecord<'static>, Error> {
    let parts: Vec<_> = text.splitn(3, ' ').collect();
    let (name, data) = match parts[..] {
        [name, "A", value] => (name, RData::A(value.parse::<Ipv4Addr>()?.into())),
        [name, "AAAA", value] => (name, RData::AAAA(value.parse::<Ipv6Addr>()?.into())),
        [name, "TXT", value] => (name, RData::TXT(TXT::try_from(value)?.into_owned())),
        _ => return Err(Error::new(format!("`{text}` is not NAME A|AAAA|TXT VALUE"))),
    };
    let name = Name::new(name)?.into_owned();
    Ok(ResourceRecord::new(name, CLASS::IN, 60, data))
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:5353".into());
    let mut records: Vec<_> = arguments.collect();
    if records.is_empty() {
        let own = ["A 192.0.2.1", "AAAA 2001:db8::1", "TXT hello"];
        records.extend(own.map(|value| format!("example.test {value}")));
    }
    let records: Result<_, Error> = records.iter().map(|text| record(text)).collect();
    let zone = Zone { records: records? };
    let system = System::new();
    system.supervise(move || zone.clone()).await?;
    let listening = system.on("udp").wait::<Listening>();
    system.supervise(move || UdpSocket::bind(&address)).await?;
    println!("listening on {}", listening.await?.address);
    system.run().await
}

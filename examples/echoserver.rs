//! Echoes what its peers send, on all addresses of this host, by IPv4 and IPv6; or on the
//! address that it is given. Ctrl-C ends it.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin echoserver -- 127.0.0.1:7007
//! listening on 127.0.0.1:7007
//! ```
//!
//! To try it: `nc 127.0.0.1 7007`.

use circuits::net::{Bytes, Connected, Disconnected, Listening, Read, TcpServer};
use circuits::prelude::*;

#[component(channel = "tcp")]
struct Echo;

#[component]
impl Echo {
    #[handler("listening")]
    fn listening(&self, event: &Listening) {
        println!("listening on {}", event.address);
    }

    #[handler("connected")]
    fn connected(&self, event: &Connected) {
        eprintln!("{} has come", event.connection.peer());
    }

    #[handler("read")]
    fn read(&self, event: &Read) -> Bytes {
        event.data.clone()
    }

    #[handler("disconnected")]
    fn disconnected(&self, event: &Disconnected) {
        eprintln!("{} is gone: {}", event.connection.peer(), event.reason);
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("[::]:7007".into());
    let server = TcpServer::bind(address).only_v6(false);
    let system = System::new();
    system.supervise(|| Echo).await?;
    system.supervise(move || server.clone()).await?;
    system.run().await
}

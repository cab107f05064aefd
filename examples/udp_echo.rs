//! Sends each datagram back to where it came from. Ctrl-C ends it.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin udp_echo -- 127.0.0.1:7007
//! listening on 127.0.0.1:7007
//! ```
//!
//! To try it: `nc -u 127.0.0.1 7007`.

use circuits::net::{Bytes, Datagram, Listening, UdpSocket};
use circuits::prelude::*;

#[component(channel = "udp")]
struct Echo;

#[component]
impl Echo {
    #[handler("listening")]
    fn listening(&self, event: &Listening) {
        println!("listening on {}", event.address);
    }

    #[handler("datagram")]
    fn datagram(&self, event: &Datagram) -> Bytes {
        eprintln!("{} bytes from {}", event.data.len(), event.peer);
        event.data.clone()
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:7007".into());
    let system = System::new();
    system.supervise(|| Echo).await?;
    system.supervise(move || UdpSocket::bind(&address)).await?;
    system.run().await
}

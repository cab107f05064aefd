//! Echoes lines to clients that speak TLS, with the certificate and the key in the PEM
//! files that are named, until Ctrl-C.
//!
//! ```text
//! $ openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem
//! $ cargo run -p circuits-examples --bin echo_tls cert.pem key.pem
//! $ openssl s_client -quiet -connect localhost:7443
//! ```

use circuits::net::{Bytes, Connected, HandshakeFailed, Read, ServerTls, TcpServer};
use circuits::prelude::*;

#[component(channel = "tcp")]
struct Echo;

#[component]
impl Echo {
    #[handler("connected")]
    fn connected(&self, event: &Connected) {
        let secured = event.connection.secured();
        let name = secured.and_then(|secured| secured.server_name.as_deref());
        let peer = event.connection.peer();
        println!("{peer} asks for {}", name.unwrap_or("no name"));
    }

    #[handler("handshake_failed")]
    fn handshake_failed(&self, event: &HandshakeFailed) {
        println!("{}: {}", event.peer, event.reason);
    }

    #[handler("read")]
    fn read(&self, line: &Read) -> Bytes {
        [&line.data[..], b"\n"].concat().into()
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut files = std::env::args().skip(1);
    let (Some(certificates), Some(key)) = (files.next(), files.next()) else {
        println!("usage: echo_tls CERTIFICATES KEY");
        return Ok(());
    };
    let tls = ServerTls::from_files(certificates, key)?;
    let system = System::new();
    system.supervise(|| Echo).await?;
    let server = TcpServer::bind("127.0.0.1:7443").lines(4096).tls(tls);
    system.supervise(move || server.clone()).await?;
    system.run().await
}

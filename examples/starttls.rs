//! Talks a little SMTP, which begins in plain text and goes over to TLS, with the
//! certificate and the key in the PEM files that are named, until Ctrl-C.
//!
//! ```text
//! $ openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out cert.pem
//! $ cargo run -p circuits-examples --bin starttls cert.pem key.pem
//! $ openssl s_client -quiet -starttls smtp -connect localhost:2525
//! NOOP
//! QUIT
//! ```

use circuits::net::{
    Bytes, Connected, Connection, HandshakeFailed, Read, ServerTls, StartTlsError, TcpServer,
    TlsStarted,
};
use circuits::prelude::*;

/// What one peer says and is told.
#[component]
struct Mail;

#[component]
impl Mail {
    #[handler("connected")]
    async fn connected(&self, event: &Connected) -> circuits::Result<()> {
        Ok(event.connection.write("220 localhost\r\n").await?)
    }

    #[handler("read")]
    fn read(&self, line: &Read) -> Result<Bytes, StartTlsError> {
        let connection = &line.connection;
        let words = String::from_utf8_lossy(&line.data).to_ascii_uppercase();
        let reply = match words.split(' ').next().unwrap_or_default() {
            "EHLO" if connection.secured().is_none() => "250-localhost\r\n250 STARTTLS\r\n",
            "EHLO" | "HELO" => "250 localhost\r\n",
            "STARTTLS" if connection.secured().is_none() => {
                // The reply is the last word in plain text.
                connection.start_tls()?;
                "220 Go ahead\r\n"
            }
            "QUIT" => {
                connection.close();
                "221 Bye\r\n"
            }
            _ if connection.secured().is_none() => "530 STARTTLS first\r\n",
            "NOOP" => "250 Nobody hears us\r\n",
            _ => "502 Not known\r\n",
        };
        Ok(reply.into())
    }

    #[handler("tls_started")]
    fn tls_started(&self, event: &TlsStarted) {
        println!("{} has gone over", event.connection.peer());
    }

    #[handler("handshake_failed")]
    fn handshake_failed(&self, event: &HandshakeFailed) {
        println!("{}: {}", event.peer, event.reason);
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(certificates), Some(key)) = (arguments.next(), arguments.next()) else {
        println!("usage: starttls CERTIFICATES KEY [ADDRESS]");
        return Ok(());
    };
    let address = arguments.next();
    let address = address.unwrap_or_else(|| "127.0.0.1:2525".to_owned());
    let tls = ServerTls::from_files(certificates, key)?;
    let system = System::new();
    let listening = system.on("tcp").wait::<circuits::net::Listening>();
    let server = TcpServer::bind(address).lines(1000).start_tls(tls);
    let server = server.per_connection(|_: &Connection| Mail);
    system.supervise(move || server.clone()).await?;
    println!("listening on {}", listening.await?.address);
    system.run().await
}

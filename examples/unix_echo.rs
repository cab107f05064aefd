//! Echoes the lines of its peers at a Unix socket that only its user may open, with a
//! component for each peer, which numbers them. Ctrl-C ends it and removes the socket.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin unix_echo -- /tmp/echo.socket
//! listening at /tmp/echo.socket
//! ```
//!
//! To try it: `nc -U /tmp/echo.socket`, twice at a time.

use circuits::net::{Bytes, Connection, ListeningAt, Read, UnixServer};
use circuits::prelude::*;

/// One peer.
#[component]
#[derive(Default)]
struct Session {
    lines: u64,
}

#[component]
impl Session {
    #[handler("read")]
    fn read(&mut self, line: &Read) -> Bytes {
        self.lines += 1;
        let text = String::from_utf8_lossy(&line.data);
        format!("{}: {text}\n", self.lines).into()
    }
}

#[component(channel = "unix")]
struct Console;

#[component]
impl Console {
    #[handler("listening_at")]
    fn listening(&self, event: &ListeningAt) {
        println!("listening at {}", event.path.display());
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let path = std::env::args().nth(1).unwrap_or("/tmp/echo.socket".into());
    let server = UnixServer::bind(path).mode(0o600).lines(4096);
    let server = server.per_connection(|_: &Connection| Session::default());
    let system = System::new();
    system.supervise(|| Console).await?;
    system.supervise(move || server.clone()).await?;
    system.run().await
}

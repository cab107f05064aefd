//! Forwards each connection to an address of its own to another one, both ways, until both
//! sides are done. Ctrl-C ends it, after it has passed on what it has read.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin portforward -- 127.0.0.1:7008 127.0.0.1:7007
//! 127.0.0.1:7008 is forwarded to 127.0.0.1:7007
//! ```
//!
//! To try it: `nc -l 7007` in one window, `nc 127.0.0.1 7008` in another.

use std::sync::OnceLock;

use circuits::net::{
    Connect, Connected, Connection, Disconnected, Eof, Listening, Read, TcpClient, TcpServer,
};
use circuits::prelude::*;

/// So much is read, and written, at a time.
const PIECE: usize = 64 * 1024;

/// Joins one peer to a client that is there for it alone.
#[component]
struct Tunnel {
    near: Connection,
    far: OnceLock<Connection>,
    to: String,
}

#[component]
impl Tunnel {
    /// What the peer sends meanwhile waits: this handler takes `&mut self`.
    #[handler("connected")]
    async fn connected(&mut self, _: &Connected, cx: &Context<Self>) -> circuits::Result<()> {
        let channel = format!("far {}", self.near.id());
        cx.listen::<Read>(&channel)?;
        cx.listen::<Eof>(&channel)?;
        cx.listen::<Disconnected>(&channel)?;
        let client = TcpClient::new().read_size(PIECE).half_open();
        let client = cx.register(client).channel(channel).await?;
        match cx.to(&client).call(Connect::to(&self.to)).await {
            Ok(far) => _ = self.far.set(far),
            Err(error) => {
                eprintln!("{error:?}");
                self.near.close();
            }
        }
        Ok(())
    }

    /// `&self`: each direction waits for its own writer only.
    #[handler("read")]
    async fn read(&self, event: &Read) -> circuits::Result<()> {
        if let Some(other) = self.other(&event.connection) {
            other.write(event.data.clone()).await?;
        }
        Ok(())
    }

    #[handler("eof")]
    fn eof(&self, event: &Eof) {
        self.other(&event.connection).map(Connection::finish);
    }

    #[handler("disconnected")]
    fn disconnected(&self, event: &Disconnected) {
        self.other(&event.connection).map(Connection::close);
    }

    fn other(&self, one: &Connection) -> Option<&Connection> {
        match one == &self.near {
            true => self.far.get(),
            false => Some(&self.near),
        }
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let from = arguments.next().unwrap_or("127.0.0.1:7008".into());
    let to = arguments.next().unwrap_or("127.0.0.1:7007".into());
    let server = TcpServer::bind(from).read_size(PIECE).half_open();
    let target = to.clone();
    let server = server.per_connection(move |near: &Connection| Tunnel {
        near: near.clone(),
        far: OnceLock::new(),
        to: target.clone(),
    });
    let system = System::new();
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(move || server.clone()).await?;
    println!("{} is forwarded to {to}", listening.await?.address);
    system.run().await
}

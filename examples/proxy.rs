//! A TCP proxy that tells what goes through it: `proxy 127.0.0.1:8080 example.org:80`, until it
//! is told to end; else between a peer and a server of its own.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin proxy
//! 127.0.0.1:[..] has come
//! 5 bytes for the server
//! 7 bytes for the client
//! ```

use circuits::net::{
    Connect, Connected, Connection, Disconnected, Listening, Read, TcpClient, TcpServer,
};
use circuits::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One client. Each piece is awaited, so that neither side sends faster than the other reads.
#[component]
struct Session {
    client: Connection,
    target: String,
    server: Option<Connection>,
}

#[component]
impl Session {
    #[handler("connected")]
    async fn connected(&mut self, _: &Connected, cx: &Context<Self>) -> Result<(), Error> {
        println!("{} has come", self.client.peer());
        let (channel, client) = (format!("server.{}", self.client.id()), self.client.clone());
        cx.register(Back { client }).channel(&channel).await?;
        cx.register(TcpClient::new()).channel(&channel).await?;
        let server = cx.on(&channel).call(Connect::to(&self.target)).await;
        let server = server.inspect_err(|error| eprintln!("{error:?}"));
        self.server = server.inspect_err(|_| _ = self.client.close()).ok();
        Ok(())
    }

    #[handler("read")]
    async fn read(&mut self, event: &Read) -> Result<(), Error> {
        println!("{} bytes for the server", event.data.len());
        match &self.server {
            Some(server) => Ok(server.write(event.data.clone()).await?),
            None => Ok(()),
        }
    }
}

/// The way back.
#[component]
struct Back {
    client: Connection,
}

#[component]
impl Back {
    #[handler("read")]
    async fn read(&mut self, event: &Read) -> Result<(), Error> {
        println!("{} bytes for the client", event.data.len());
        Ok(self.client.write(event.data.clone()).await?)
    }

    #[handler("disconnected")]
    fn ended(&mut self, _: &Disconnected) {
        self.client.close();
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let given = arguments.next().zip(arguments.next());
    let own = TcpListener::bind("127.0.0.1:0").await?;
    let shown = ("127.0.0.1:0".to_owned(), own.local_addr()?.to_string());
    let (from, to) = given.unwrap_or(shown);
    let system = System::new();
    let listening = system.on("tcp").wait::<Listening>();
    let server = TcpServer::bind(from).per_connection(move |client: &Connection| Session {
        client: client.clone(),
        target: to.clone(),
        server: None,
    });
    system.supervise(move || server.clone()).await?;
    let address = listening.await?.address;
    if std::env::args().len() > 2 {
        println!("listening on {address}");
        return system.run().await;
    }
    let mut peer = TcpStream::connect(address).await?;
    let (mut behind, _) = own.accept().await?;
    peer.write_all(b"hello").await?;
    behind.read_exact(&mut [0; 5]).await?;
    behind.write_all(b"welcome").await?;
    peer.read_exact(&mut [0; 7]).await?;
    drop(peer);
    behind.read_to_end(&mut Vec::new()).await?; // the end goes through as well
    system.drain();
    system.run().await
}

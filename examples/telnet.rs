//! Connects by TCP: sends what is typed, prints what comes. It ends when the server
//! closes, and exits with 1 if there is none. The end of the input closes the sending side,
//! so that the rest of an answer still comes.
//!
//! ```text
//! $ printf 'GET / HTTP/1.0\r\n\r\n' | cargo run -p circuits-examples --bin telnet -- example.org:80
//! HTTP/1.0 200 OK
//! ...
//! ```

use circuits::net::{
    Connected, Connection, Disconnected, Eof, Read, TcpClient, Unreachable, Write,
};
use circuits::prelude::*;
use circuits::stream::ByteStream;
use tokio::io::{join, stdin, stdout};

/// Joins the terminal to the server.
#[component]
#[derive(Default)]
struct Telnet {
    server: Option<Connection>,
}

#[component]
impl Telnet {
    #[handler("connected", channel = "client")]
    async fn connected(&mut self, event: &Connected, cx: &Context<Self>) -> circuits::Result<()> {
        eprintln!("connected to {}", event.connection.peer());
        self.server = Some(event.connection.clone());
        let terminal = ByteStream::new("terminal", join(stdin(), stdout())).half_open();
        cx.register(terminal).channel("terminal").await?;
        Ok(())
    }

    #[handler("read", channel = "terminal")]
    async fn typed(&self, event: &Read) -> circuits::Result<()> {
        if let Some(server) = &self.server {
            server.write(event.data.clone()).await?;
        }
        Ok(())
    }

    #[handler("eof", channel = "terminal")]
    fn no_more(&self, _event: &Eof) {
        self.server.as_ref().map(Connection::finish);
    }

    #[handler("read", channel = "client")]
    async fn print(&self, event: &Read, cx: &Context<Self>) -> circuits::Result<()> {
        cx.on("terminal")
            .call(Write::new(event.data.clone()))
            .await?;
        Ok(())
    }

    #[handler("disconnected", channel = "client")]
    fn disconnected(&self, event: &Disconnected, cx: &Context<Self>) {
        eprintln!("{}", event.reason);
        cx.system().drain(); // what is to be printed is printed
    }

    #[handler("unreachable", channel = "client")]
    fn unreachable(&self, event: &Unreachable, cx: &Context<Self>) {
        eprintln!("cannot connect to {}: {}", event.address, event.reason);
        cx.system().exit(1);
    }
}

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:7007".into());
    let system = System::new();
    let client = TcpClient::connect(address);
    let begun = async {
        system.register(Telnet::default()).await?;
        system.register(client).await?;
        system.run().await
    };
    let is_well = begun.await.is_ok();
    // A thread of tokio may still wait for the terminal.
    std::process::exit(i32::from(!is_well));
}

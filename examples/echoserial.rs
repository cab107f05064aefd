//! Echoes lines on a serial port: `echoserial /dev/ttyUSB0 9600`, until it is told to end;
//! else on one that is not there, of which it has both ends.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin echoserial
//! echo: hello
//! echo: world
//! ```

use circuits::io::{Serial, SerialStream};
use circuits::prelude::*;
use circuits::protocols::line::{Line, lines};
use circuits::stream::Bytes;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

#[component(channel = "serial")]
struct Echo;

#[component]
impl Echo {
    #[handler("line")]
    fn line(&mut self, event: &Line) -> Bytes {
        [b"echo: ", &event.line[..]].concat().into()
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let system = System::new();
    system.supervise(|| Echo).await?;
    system.supervise(|| lines(256)).channel("serial").await?;
    if let Some(port) = arguments.next() {
        let rate = arguments
            .next()
            .unwrap_or_else(|| "9600".to_owned())
            .parse()?;
        system.supervise(move || Serial::new(&port, rate)).await?;
        return system.run().await;
    }
    let (peer, ours) = SerialStream::pair()?;
    system.register(Serial::from_stream("pty", ours)).await?;
    let mut peer = BufReader::new(peer);
    for word in ["hello\n", "world\n"] {
        peer.write_all(word.as_bytes()).await?;
        let mut answer = String::new();
        peer.read_line(&mut answer).await?;
        print!("{answer}");
    }
    system.drain();
    system.join().await?;
    Ok(())
}

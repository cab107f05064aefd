//! The other sides: peers that talk, hold, and come and go.

use std::io;

use socket2::SockRef;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::sockets::serve::{runtime, told_to_end};

const PIECE: usize = 64;

/// So many connects are under way at a time.
const AT_A_TIME: usize = 64;

async fn trip(stream: &mut TcpStream) -> io::Result<()> {
    let mut piece = [7; PIECE];
    stream.write_all(&piece).await?;
    stream.read_exact(&mut piece).await?;
    Ok(())
}

async fn open(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Makes so many round trips on each of so many connections.
pub(super) fn talk(port: u16, connections: u64, rounds: u64) -> io::Result<()> {
    runtime(1)?.block_on(async {
        let mut peers = JoinSet::new();
        for _ in 0..connections {
            peers.spawn(async move {
                let mut stream = open(port).await?;
                for _ in 0..rounds {
                    trip(&mut stream).await?;
                }
                io::Result::Ok(())
            });
        }
        while let Some(ended) = peers.join_next().await {
            ended??;
        }
        Ok(())
    })
}

/// Keeps so many connections open, each of which has made a round trip.
pub(super) fn hold(port: u16, connections: u64) -> io::Result<()> {
    runtime(1)?.block_on(async {
        let mut held = Vec::new();
        for _ in 0..connections {
            let mut stream = open(port).await?;
            trip(&mut stream).await?;
            held.push(stream);
        }
        println!("open");
        told_to_end().await;
        Ok(())
    })
}

/// Connects so many times; every second one resets, the others close after a trip.
pub(super) fn come(port: u16, connects: u64) -> io::Result<()> {
    runtime(1)?.block_on(async {
        let mut peers: JoinSet<io::Result<()>> = JoinSet::new();
        for number in 0..connects {
            if peers.len() == AT_A_TIME
                && let Some(ended) = peers.join_next().await
            {
                ended??;
            }
            peers.spawn(async move {
                let mut stream = open(port).await?;
                if number % 2 == 0 {
                    trip(&mut stream).await?;
                }
                // Without this, a machine runs out of ports for a minute.
                SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
                Ok(())
            });
        }
        while let Some(ended) = peers.join_next().await {
            ended??;
        }
        Ok(())
    })
}

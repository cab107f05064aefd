//! The echo servers.

use std::io;

use circuits::net::{Bytes, Connection, Listening, Read, TcpServer};
use circuits::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// Serves until the standard input ends; prints the port.
pub(super) fn serve(kind: &str, threads: usize) -> io::Result<()> {
    let runtime = runtime(threads)?;
    let serving = async {
        match kind {
            "plain" => plain().await,
            "channel" => channel().await,
            "sessions" => sessions().await,
            _ => Err(Error::new("no such server")),
        }
    };
    let served = runtime.block_on(serving);
    served.map_err(|error| io::Error::other(error.to_string()))
}

pub(super) fn runtime(threads: usize) -> io::Result<Runtime> {
    match threads {
        1 => Builder::new_current_thread().enable_all().build(),
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build(),
    }
}

/// Waits for the end of the standard input.
pub(super) async fn told_to_end() {
    let wait = || io::copy(&mut io::stdin(), &mut io::sink());
    // Nothing else is to be done about a broken input.
    let _ = tokio::task::spawn_blocking(wait).await;
}

async fn plain() -> circuits::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    let accept = async {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                continue;
            };
            // As our servers do.
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let mut buffer = vec![0; 8 * 1024];
                while let Ok(length) = stream.read(&mut buffer).await {
                    if length == 0 || stream.write_all(&buffer[..length]).await.is_err() {
                        break;
                    }
                }
            });
        }
    };
    tokio::select! {
        biased;
        () = told_to_end() => Ok(()),
        () = accept => Ok(()),
    }
}

#[component(channel = "tcp")]
struct Echo;

#[component]
impl Echo {
    #[handler("read")]
    fn read(&mut self, event: &Read) -> Bytes {
        event.data.clone()
    }
}

fn server() -> TcpServer {
    TcpServer::bind("127.0.0.1:0").max_connections(100_000)
}

async fn channel() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| Echo).await?;
    let listening = system.on("tcp").wait::<Listening>();
    system.supervise(server).await?;
    println!("{}", listening.await?.address.port());
    told_to_end().await;
    Ok(())
}

async fn sessions() -> circuits::Result<()> {
    let system = System::new();
    let listening = system.on("tcp").wait::<Listening>();
    let server = server().per_connection(|_: &Connection| Echo);
    system.supervise(move || server.clone()).await?;
    println!("{}", listening.await?.address.port());
    told_to_end().await;
    Ok(())
}

//! Tells how long TCP servers take to answer: `prober example.org:80 ..`, once a second until
//! it is told to end; else a server of its own, three times.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin prober
//! 127.0.0.1:[..] answers in [..]
//! 127.0.0.1:[..] answers in [..]
//! 127.0.0.1:[..] answers in [..]
//! ```

use std::time::Instant;

use circuits::net::{Connect, Listening, TcpClient, TcpServer, Unreachable};
use circuits::prelude::*;

#[derive(Event, Clone)]
struct Probe;

/// One server, and a client for it. Both listen on a channel with its address for a name.
#[component]
struct Target {
    address: String,
    period: Duration,
    /// So many probes are left, where not for ever.
    left: Option<u32>,
}

#[component]
impl Target {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let client = || TcpClient::new().connect_timeout(Duration::from_secs(5));
        cx.supervise(client).channel(cx.channel()).await?;
        cx.every(self.period, Probe);
        Ok(())
    }

    #[handler("probe")]
    async fn probe(&mut self, _: &Probe, cx: &Context<Self>) {
        let start = Instant::now();
        if let Ok(connection) = cx.call(Connect::to(&self.address)).await {
            println!("{} answers in {:.1?}", self.address, start.elapsed());
            connection.close();
            connection.ended().await;
        }
        self.left = self.left.map(|left| left - 1);
        if self.left == Some(0) {
            cx.system().drain();
        }
    }

    #[handler("unreachable")]
    fn unreachable(&mut self, event: &Unreachable) {
        println!("{}: {}", event.address, event.reason);
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let system = System::new();
    let mut addresses: Vec<_> = std::env::args().skip(1).collect();
    let (mut period, mut left) = (Duration::from_secs(1), None);
    if addresses.is_empty() {
        let listening = system.on("tcp").wait::<Listening>();
        system.supervise(|| TcpServer::bind("127.0.0.1:0")).await?;
        addresses.push(listening.await?.address.to_string());
        (period, left) = (Duration::from_millis(50), Some(3));
    }
    for address in addresses {
        let channel = address.clone();
        let target = move || Target {
            address: address.clone(),
            period,
            left,
        };
        system.supervise(target).channel(&channel).await?;
    }
    system.run().await
}

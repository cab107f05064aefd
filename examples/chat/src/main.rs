//! A chat: `nc 127.0.0.1 7777`. The README says how to run it, and where to begin reading.
//!
//! ```text
//! Chat ── if one of these fails, those after it begin anew
//!  ├─ Hall ── who is here, under which name, in which room
//!  └─ TcpServer
//!      └─ sessions
//!          ├─ Session ── one for each connection; what is said in its room,
//!          └─ ..         it hears on the channel of the room
//! ```

mod config;
mod hall;
mod session;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use circuits::net::{Connection, Listening, TcpServer};
use circuits::prelude::*;

use crate::config::Config;
use crate::hall::Hall;
use crate::session::Session;

/// The service. When the hall begins anew, it knows nobody: so does the server then, and
/// all come in again.
#[component(channel = "tcp", strategy = "rest_for_one")]
struct Chat {
    config: Arc<Config>,
}

#[component]
impl Chat {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        cx.supervise(Hall::default).await?;
        let config = self.config.clone();
        let server = TcpServer::bind(&config.listen)
            .max_connections(config.max_members)
            .idle_timeout(Duration::from_secs(config.idle_seconds))
            .per_connection(move |peer: &Connection| Session::new(peer, &config));
        cx.supervise(move || server.clone()).await?;
        Ok(())
    }

    #[handler("listening")]
    fn listening(&mut self, event: &Listening) {
        println!("chat on {}", event.address);
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            let mut cause = error.as_dyn().source();
            while let Some(error) = cause {
                eprintln!("  {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// Runs until SIGINT or SIGTERM: what is queued is written, then all ends.
async fn serve() -> circuits::Result<()> {
    let config = match std::env::args_os().nth(1) {
        Some(path) => Config::load(Path::new(&path))?,
        None => Config::default(),
    };
    let config = Arc::new(config);
    let system = System::new();
    let chat = move || Chat {
        config: config.clone(),
    };
    system.supervise(chat).await?;
    system.run().await
}

//! Prints files, one after the other: those that are named, else its own manifest.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin cat
//! [package]
//! name = "circuits-examples"
//! ...
//! ```

use std::collections::VecDeque;
use std::path::PathBuf;

use circuits::io::{File, Stdout};
use circuits::prelude::*;
use circuits::stream::{DisconnectReason, Disconnected, Read, Write};

#[component(channel = "file")]
struct Cat {
    files: VecDeque<PathBuf>,
}

#[component]
impl Cat {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        self.next(cx).await
    }

    /// Awaits the output, so that a file is read as fast as it is printed.
    #[handler("read")]
    async fn read(&mut self, event: &Read, cx: &Context<Self>) -> Result<(), Error> {
        cx.on("stdout").call(Write::new(event.data.clone())).await?;
        Ok(())
    }

    #[handler("disconnected")]
    async fn disconnected(
        &mut self,
        event: &Disconnected,
        cx: &Context<Self>,
    ) -> Result<(), Error> {
        if let DisconnectReason::Failed(error) = &event.reason {
            return Err(error.clone());
        }
        self.next(cx).await
    }
}

impl Cat {
    async fn next(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        match self.files.pop_front() {
            Some(path) => drop(cx.register(File::open(path)).channel("file").await?),
            None => cx.system().drain(),
        }
        Ok(())
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut files: VecDeque<_> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if files.is_empty() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        files.push_back(manifest.into());
    }
    let system = System::new();
    system.supervise(Stdout::new).await?;
    system.register(Cat { files }).await?;
    system.run().await
}

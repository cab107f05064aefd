//! Follows a file as `tail -F` does: the one that is named, until it is told to end; else
//! one of its own, which is rotated while it is followed.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin tail
//! 1: the first line
//! 2: the last line of the old file
//! 3: the first line of the new file
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use circuits::io::File;
use circuits::prelude::*;
use circuits::stream::{Connected, Read};

#[component(channel = "file")]
struct Printer {
    lines: u32,
    /// So many are enough.
    most: Option<u32>,
}

#[component]
impl Printer {
    #[handler("read")]
    fn read(&mut self, line: &Read, cx: &Context<Self>) {
        self.lines += 1;
        println!("{}: {}", self.lines, line.data.escape_ascii());
        if self.most == Some(self.lines) {
            cx.system().drain();
        }
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let file = fs::File::options().append(true).create(true).open(path);
    writeln!(file?, "{line}")
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let named = std::env::args_os().nth(1);
    let most = named.is_none().then_some(3);
    let folder = std::env::temp_dir().join(format!("circuits-tail-{}", std::process::id()));
    let path = named.map_or_else(|| folder.join("log"), Into::into);

    let system = System::new();
    system.supervise(move || Printer { lines: 0, most }).await?;
    let connected = system.on("file").wait::<Connected>();
    let followed = path.clone();
    system
        .supervise(move || File::follow(&followed).lines(4096))
        .await?;
    connected.await?;
    if most.is_some() {
        fs::create_dir(&folder)?;
        append(&path, "the first line")?;
        append(&path, "the last line of the old file")?;
        // It has its name long enough to be seen.
        system.on("file").wait::<Read>().await?;
        fs::rename(&path, folder.join("log.1"))?;
        append(&path, "the first line of the new file")?;
        system.join().await?;
        fs::remove_dir_all(&folder)?;
        return Ok(());
    }
    system.run().await
}

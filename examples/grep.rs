//! Looks for a word in each file that comes into a directory: `grep word directory`, until
//! it is told to end; else for `rain` in a directory of its own, into which two files come.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin grep
//! monday:2: rain in the north
//! tuesday:1: rain everywhere
//! ```

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use circuits::ComponentId;
use circuits::io::{Access, Accessed, File, Watch};
use circuits::prelude::*;
use circuits::stream::{Disconnected, Read};

/// Reads each file that somebody has written, as a child of its own.
#[component(channel = "grep")]
struct Grep {
    word: String,
    /// The file and the number of its last line, for each that is read.
    lines: HashMap<ComponentId, u32>,
    /// So many files are enough.
    most: Option<u32>,
}

#[component]
impl Grep {
    #[handler("accessed", channel = "watch")]
    async fn accessed(&mut self, event: &Accessed, cx: &Context<Self>) -> Result<(), Error> {
        if event.access == Access::Written {
            let file = File::open(&event.path).lines(64 * 1024);
            cx.register(file).channel(cx.channel()).await?;
        }
        Ok(())
    }

    #[handler("read")]
    fn read(&mut self, event: &Read) {
        let number = self.lines.entry(event.connection.id().owner()).or_default();
        *number += 1;
        let text = String::from_utf8_lossy(&event.data);
        if text.contains(&self.word) {
            let path = event
                .connection
                .peer()
                .path()
                .and_then(|path| path.file_name());
            let name = path.unwrap_or_default().display();
            println!("{name}:{number}: {text}");
        }
    }

    #[handler("disconnected")]
    fn disconnected(&mut self, event: &Disconnected, cx: &Context<Self>) {
        self.lines.remove(&event.connection.id().owner());
        self.most = self.most.map(|most| most - 1);
        if self.most == Some(0) {
            cx.system().drain();
        }
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (word, named) = (arguments.next(), arguments.next());
    let own = std::env::temp_dir().join(format!("circuits-grep-{}", std::process::id()));
    let most = named.is_none().then_some(2);
    let root = named.map_or_else(|| own.clone(), PathBuf::from);
    let word = word.unwrap_or_else(|| "rain".to_owned());
    fs::create_dir_all(&root)?;

    let system = System::new();
    let lines = HashMap::new();
    system.register(Grep { word, lines, most }).await?;
    system
        .supervise(move || Watch::new().recursive(&root).accesses())
        .await?;
    if most.is_none() {
        return system.run().await;
    }
    let done = system.on("grep").wait::<Disconnected>();
    fs::write(own.join("monday"), "sun in the south\nrain in the north\n")?;
    done.await?;
    fs::write(own.join("tuesday"), "rain everywhere\n")?;
    system.join().await?;
    Ok(fs::remove_dir_all(&own)?)
}

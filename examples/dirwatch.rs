//! Tells what happens in a directory and all below: in the one that is named, until it is
//! told to end; else in one of its own, in which something happens.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin dirwatch
//! created   news/
//! created   news/today
//! modified  news/today
//! moved     news/today -> news/yesterday
//! deleted   news/yesterday
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use circuits::io::{Created, Deleted, Modified, Moved, Watch};
use circuits::prelude::*;

#[component(channel = "watch")]
struct Printer {
    root: PathBuf,
}

#[component]
impl Printer {
    #[handler("created")]
    fn created(&mut self, event: &Created) {
        let end = if event.is_directory { "/" } else { "" };
        println!("created   {}{end}", self.short(&event.path));
    }

    #[handler("modified")]
    fn modified(&mut self, event: &Modified) {
        println!("modified  {}", self.short(&event.path));
    }

    #[handler("moved")]
    fn moved(&mut self, event: &Moved) {
        let [from, to] = [&event.from, &event.to].map(|path| match path {
            Some(path) => self.short(path),
            None => "elsewhere".to_owned(),
        });
        println!("moved     {from} -> {to}");
    }

    #[handler("deleted")]
    fn deleted(&mut self, event: &Deleted, cx: &Context<Self>) {
        println!("deleted   {}", self.short(&event.path));
        if event.path.ends_with("news/yesterday") {
            cx.system().drain();
        }
    }
}

impl Printer {
    fn short(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.display().to_string()
    }
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let named = std::env::args_os().nth(1);
    let own = std::env::temp_dir().join(format!("circuits-dirwatch-{}", std::process::id()));
    let is_own = named.is_none();
    let root = std::path::absolute(named.map_or_else(|| own.clone(), PathBuf::from))?;
    if is_own {
        fs::create_dir(&root)?;
    }
    let system = System::new();
    let shown = root.clone();
    system
        .supervise(move || Printer {
            root: shown.clone(),
        })
        .await?;
    let watched = root.clone();
    system
        .supervise(move || Watch::new().recursive(&watched))
        .await?;
    if !is_own {
        return system.run().await;
    }
    fs::create_dir(root.join("news"))?;
    let created = system.on("watch").wait::<Created>();
    created.await?;
    // A step is taken when the one before was told.
    let modified = system.on("watch").wait::<Modified>();
    fs::write(root.join("news/today"), "rain")?;
    modified.await?;
    fs::rename(root.join("news/today"), root.join("news/yesterday"))?;
    fs::remove_file(root.join("news/yesterday"))?;
    system.join().await?;
    Ok(fs::remove_dir_all(&own)?)
}

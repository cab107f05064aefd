//! Components from a file: it is loaded, changed, got wrong, and put right again.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin loading
//! loaded front as echo
//! loaded back as echo
//! front says > hello
//! not loaded: line 3: no component type is named `ecco`: the catalog has `echo`
//! front says > hello
//! unloaded back
//! loaded front as echo
//! front says >> hello
//! ```

use std::{env, fs, process};

use circuits::loader::{Catalog, LoadFailed, Loaded, Loader, Unloaded};
use circuits::prelude::*;
use serde::Deserialize;

#[derive(Event)]
#[event(reply = String)]
struct Say(&'static str);

#[component]
#[derive(Clone, Deserialize)]
struct Echo {
    prefix: String,
}

#[component]
impl Echo {
    #[handler("say")]
    fn say(&self, event: &Say) -> String {
        format!("{} {}", self.prefix, event.0)
    }
}

/// Prints what the loader tells, and what the front says when it is asked.
#[component(channel = "loader")]
struct Printer;

#[derive(Event)]
struct Ask;

#[component]
impl Printer {
    #[handler("loaded")]
    fn loaded(&mut self, event: &Loaded) {
        println!("loaded {} as {}", event.name, event.kind);
    }

    #[handler("unloaded")]
    fn unloaded(&mut self, event: &Unloaded) {
        println!("unloaded {}", event.name);
    }

    #[handler("load_failed")]
    fn failed(&mut self, event: &LoadFailed) {
        println!("not loaded: {}", event.errors[0]);
    }

    #[handler("ask")]
    async fn ask(&mut self, _event: &Ask, cx: &Context<Self>) -> Result<Option<()>, Error> {
        println!("front says {}", cx.on("front").call(Say("hello")).await?);
        Ok(Some(()))
    }
}

fn entry(name: &str, kind: &str, prefix: &str) -> String {
    let head = format!("[[component]]\nname = '{name}'\ntype = '{kind}'\n");
    format!("{head}channel = '{name}'\nconfig.prefix = '{prefix}'\n")
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    let folder = env::temp_dir().join(format!("circuits-loading-{}", process::id()));
    fs::create_dir_all(&folder)?;
    let file = folder.join("app.toml");
    fs::write(
        &file,
        entry("front", "echo", ">") + &entry("back", "echo", "<"),
    )?;

    let catalog = Catalog::new().component("echo", |echo: Echo| echo);
    let loader = Loader::new(catalog).file(&file).reload_on_change();
    let system = System::new();
    let printer = system.supervise(|| Printer).await?;
    system.supervise(move || loader.clone()).await?;
    system.to(&printer).call(Ask).await?;
    let failed = system.on("loader").wait::<LoadFailed>();
    fs::write(&file, entry("front", "ecco", ">"))?;
    failed.await?;
    system.to(&printer).call(Ask).await?;
    let loaded = system.on("loader").wait::<Loaded>();
    fs::write(&file, entry("front", "echo", ">>"))?;
    loaded.await?;
    system.to(&printer).call(Ask).await?;
    Ok(fs::remove_dir_all(&folder)?)
}

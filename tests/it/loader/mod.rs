//! Components that are loaded, replaced and unloaded at run time.

mod by_event;
mod file;
mod random_files;
mod watched;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use circuits::CallError;
use circuits::loader::{
    Catalog, Changes, List, LoadError, LoadFailed, Loaded, Loader, Reload, Unloaded,
};
use circuits::prelude::*;
use circuits::supervisor::ChildState;
use serde::{Deserialize, Serialize};

use crate::support::{Log, within};

#[derive(Event)]
#[event(reply = String)]
struct Say(&'static str);

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct EchoConfig {
    prefix: String,
    /// Whether it fails to start.
    broken: bool,
}

#[component(channel = "echo")]
struct Echo {
    config: EchoConfig,
    log: Log,
}

#[component]
impl Echo {
    #[handler("started")]
    fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        if self.config.broken {
            return Err(Error::new("it is broken"));
        }
        self.log.add(format_args!("{} started", cx.name()));
        Ok(())
    }

    #[handler("stopped")]
    fn stopped(&mut self, cx: &Context<Self>) {
        self.log.add(format_args!("{} stopped", cx.name()));
    }

    #[handler("say")]
    fn say(&self, event: &Say, cx: &Context<Self>) -> String {
        format!("{}{} from life {}", self.config.prefix, event.0, cx.life())
    }
}

#[component(channel = "clock")]
struct Clock;

#[component]
impl Clock {
    #[handler("say")]
    fn say(&self, event: &Say) -> String {
        format!("tick {}", event.0)
    }
}

/// What needs a setting that has no default.
#[derive(Clone, Deserialize)]
struct PortConfig {
    port: u16,
}

#[component(channel = "port")]
struct Port(PortConfig);

#[component]
impl Port {
    #[handler("say")]
    fn say(&self, _event: &Say) -> String {
        self.0.port.to_string()
    }
}

/// Writes down what a loader tells.
#[component(channel = "loader")]
struct Listener(Log);

#[component]
impl Listener {
    #[handler("loaded")]
    fn loaded(&mut self, event: &Loaded) {
        self.0
            .add(format_args!("loaded {} {}", event.name, event.kind));
    }

    #[handler("unloaded")]
    fn unloaded(&mut self, event: &Unloaded) {
        self.0.add(format_args!("unloaded {}", event.name));
    }

    #[handler("load_failed")]
    fn load_failed(&mut self, event: &LoadFailed) {
        for error in &event.errors {
            self.0.add(format_args!("failed {error}"));
        }
    }
}

fn catalog(log: &Log) -> Catalog {
    let log = log.clone();
    let echo = move |config: EchoConfig| Echo {
        config,
        log: log.clone(),
    };
    Catalog::new()
        .component("echo", echo)
        .component("clock", |(): ()| Clock)
        .component("port", Port)
}

/// A folder of its own for one test, which takes it away.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("circuits-loader-{}-{number}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("app.toml")
    }

    fn write(&self, text: impl AsRef<[u8]>) {
        fs::write(self.file(), text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn start(system: &System, log: &Log, file: Option<&Path>) -> Address<Loader> {
    let mut loader = Loader::new(catalog(log)).limit(4096);
    if let Some(file) = file {
        loader = loader.file(file);
    }
    system.supervise(move || loader.clone()).await.unwrap()
}

fn load_error(error: CallError) -> LoadError {
    let CallError::Failed(error) = error else {
        panic!("{error}");
    };
    error.downcast_ref::<LoadError>().unwrap().clone()
}

async fn reload(system: &System) -> Result<Changes, LoadError> {
    within(system.on("loader").call(Reload))
        .await
        .map_err(load_error)
}

/// Says which lives are lived under which names, in the order loaded.
async fn lives(system: &System) -> Vec<(String, u64)> {
    let list = within(system.on("loader").call(List)).await.unwrap();
    list.into_iter()
        .map(|listed| {
            assert_eq!(listed.state, Some(ChildState::Running), "{}", listed.name);
            (listed.name, listed.life)
        })
        .collect()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

async fn say(system: &System, channel: &str) -> String {
    within(system.on(channel).call(Say("hi"))).await.unwrap()
}

const APP: &str = r#"
# What runs.
[[component]]
name = "front"
type = "echo"
channel = "front"
restart = "transient"
shutdown = "2s"
[component.config]
prefix = "> "

[[component]]
name = "clock"
type = "clock"

[[component]]
name = "back"
type = "echo"
channel = "back"
shutdown = "brutal"
"#;

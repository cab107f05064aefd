//! Loading from a file, and again when it is told to.

use std::fs;

use circuits::loader::{Catalog, Entry, Fault, Load, LoadError, Loader, Mistake};
use circuits::prelude::*;
use circuits::testing::crash;
use circuits::{Restart, StartError};

use super::{APP, Folder, catalog, lives, names, reload, say, start};
use crate::support::{Log, settle, within};

#[tokio::test(start_paused = true)]
async fn a_file_is_loaded_in_its_order_and_ends_in_reverse() {
    let folder = Folder::new();
    folder.write(APP);
    let (system, log) = (System::new(), Log::default());
    let loader = start(&system, &log, Some(&folder.file())).await;
    let loaded = ["front", "clock", "back"].map(|name| (name.to_owned(), 1));
    assert_eq!(lives(&system).await, loaded);
    assert_eq!(say(&system, "front").await, "> hi from life 1");
    let children = loader.children().list().await.unwrap();
    assert_eq!(children[0].restart, Restart::Transient);
    within(loader.stop()).await;
    // The last one is killed, and does not hear of it.
    assert_eq!(
        log.take(),
        ["front started", "back started", "front stopped"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_loader_whose_file_is_wrong_does_not_start() {
    let folder = Folder::new();
    let system = System::new();
    let file = folder.file();
    for (text, expected) in [
        (None, "cannot be read"),
        (
            Some("[[component]]\nname = \"front\"\ntype = \"echo\"\nconfig.broken = true"),
            "`front` did not start",
        ),
        (
            Some("[[component]]"),
            "line 1: `name` is missing; line 1: `type` is missing",
        ),
    ] {
        if let Some(text) = text {
            folder.write(text);
        }
        let loader = Loader::new(catalog(&Log::default())).file(&file);
        let error = system.supervise(move || loader.clone()).await.unwrap_err();
        let StartError::Failed { error, .. } = error else {
            panic!("{error}");
        };
        let error: &LoadError = error.downcast_ref().unwrap();
        assert!(error.to_string().contains(expected), "{error}");
    }
    let watched = Loader::new(Catalog::new()).file(folder.0.join("none/app.toml"));
    let watched = watched.reload_on_change();
    assert!(system.supervise(move || watched.clone()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_in_a_file_is_told_with_its_line() {
    let folder = Folder::new();
    folder.write(APP);
    let system = System::new();
    start(&system, &Log::default(), Some(&folder.file())).await;
    let before = lives(&system).await;
    folder.write(
        r#"title = "app"
[[component]]
nmae = "a"
type = 5
restart = "often"
[[component]]
name = "b"
type = "ecco"
[[component]]
name = "c"
type = "port"
shutdown = "5 seconds"
[[component]]
name = "d"
type = "port"
[component.config]
port = 70000
[[component]]
name = "e"
type = "echo"
channel = ""
[component.config]
prefix = "x"
sufix = "y"
[[component]]
name = "f"
type = "clock"
config = 3
[[component]]
name = "g"
type = "clock"
[[component]]
name = "g"
type = "clock"
"#,
    );
    let error = reload(&system).await.unwrap_err();
    let told: Vec<_> = error.faults().iter().map(Fault::to_string).collect();
    let expected = [
        "line 1: `title` is no key here: write one of `component`",
        "line 3: `nmae` is no key here: write one of `name`, `type`, `channel`, `restart`, `shutdown`, `config`",
        "line 4: `type` takes text in quotes",
        "line 5: `restart` takes \"permanent\", \"transient\" or \"temporary\"",
        "line 8: no component type is named `ecco`: the catalog has `clock`, `echo`, `port`",
        "line 12: `shutdown` takes a whole number and a unit, such as \"500ms\", \"5s\", \"2m\" or \"1h\", or \"brutal\" or \"infinite\"",
        "line 17: the configuration of `d` does not fit: invalid value: integer `70000`, expected u16",
        "line 21: the component cannot listen on this channel",
        "line 24: components of type `echo` have no setting `sufix`",
        "line 28: `config` takes a table: write `[component.config]`",
        "line 33: two components are named `g`: give one another name",
    ];
    for line in expected {
        assert!(told.iter().any(|told| told == line), "{line}\n{told:#?}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");

    folder.write("[[component]]\nname = \"a\ntype = 1 2");
    let error = reload(&system).await.unwrap_err();
    assert_eq!(error.faults()[0].line(), Some(2), "{error}");
    assert!(matches!(error.faults()[0].mistake(), Mistake::Syntax(_)));
    assert_eq!(lives(&system).await, before);
}

#[tokio::test(start_paused = true)]
async fn a_reload_does_what_has_changed_and_leaves_the_rest_alone() {
    let folder = Folder::new();
    folder.write(APP);
    let (system, log) = (System::new(), Log::default());
    start(&system, &log, Some(&folder.file())).await;
    let changes = reload(&system).await.unwrap();
    assert_eq!(changes.kept, names(&["front", "clock", "back"]));
    log.take();

    let app = APP.replace("> ", ">> ").replace("clock", "tower")
        + "[[component]]\nname = \"new\"\ntype = \"echo\"";
    folder.write(app.replace("type = \"tower\"", "type = \"clock\""));
    let changes = reload(&system).await.unwrap();
    assert_eq!(changes.removed, names(&["clock"]));
    assert_eq!(changes.replaced, names(&["front"]));
    assert_eq!(changes.added, names(&["tower", "new"]));
    assert_eq!(changes.kept, names(&["back"]));
    assert_eq!(
        log.take(),
        ["front stopped", "front started", "new started"]
    );
    assert_eq!(say(&system, "front").await, ">> hi from life 2");
    assert_eq!(say(&system, "back").await, "hi from life 1");

    folder.write("");
    let changes = reload(&system).await.unwrap();
    assert_eq!(changes.removed, names(&["new", "tower", "back", "front"]));
    assert!(lives(&system).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn where_one_does_not_start_the_others_do_and_the_one_before_is_back() {
    let folder = Folder::new();
    folder.write(APP);
    let system = System::new();
    start(&system, &Log::default(), Some(&folder.file())).await;
    let broken = "[[component]]\nname = \"new\"\ntype = \"echo\"\nconfig.broken = true\n";
    let app = APP
        .replace("prefix = \"> \"", "broken = true")
        .replace("\"back\"\nshut", "\"rear\"\nshut");
    folder.write(app.clone() + broken);
    let error = reload(&system).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`front` did not start: `front` failed to start: it is broken; `new` did not start: `new` \
         failed to start: it is broken"
    );
    assert!(say(&system, "front").await.starts_with("> hi"));
    assert_eq!(say(&system, "rear").await, "hi from life 1");

    // Mended, it is done again; what was done already is not.
    folder.write(app.replace("broken = true", "prefix = \"! \""));
    let changes = reload(&system).await.unwrap();
    assert_eq!(changes.replaced, names(&["front"]));
    assert_eq!(changes.kept, names(&["clock", "back"]));
    assert!(say(&system, "front").await.starts_with("! hi"));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_gone_too_large_or_no_text_changes_nothing() {
    let folder = Folder::new();
    folder.write(APP);
    let system = System::new();
    start(&system, &Log::default(), Some(&folder.file())).await;
    let before = lives(&system).await;
    let told = async || {
        reload(&system).await.unwrap_err().faults()[0]
            .mistake()
            .clone()
    };
    folder.write(vec![b'#'; 4097]);
    assert!(matches!(
        told().await,
        Mistake::TooLarge { limit: 4096, .. }
    ));
    folder.write([0xff, 0xfe]);
    assert!(matches!(told().await, Mistake::Read { .. }));
    fs::remove_file(folder.file()).unwrap();
    assert!(matches!(told().await, Mistake::Read { .. }));
    fs::create_dir(folder.file()).unwrap();
    assert!(matches!(told().await, Mistake::Read { .. }));
    assert_eq!(lives(&system).await, before);
}

#[tokio::test(start_paused = true)]
async fn what_was_loaded_by_event_is_no_concern_of_the_file_except_for_its_name() {
    let folder = Folder::new();
    folder.write("");
    let system = System::new();
    let loader = start(&system, &Log::default(), Some(&folder.file())).await;
    let own = Entry::new("front", "echo").channel("own");
    system.to(&loader).call(Load(own)).await.unwrap();
    folder.write(APP);
    let error = reload(&system).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`front` is loaded already: unload or replace it"
    );
    assert_eq!(lives(&system).await, [("front".to_owned(), 1)]);
    folder.write(APP.replace("\"front\"\ntype", "\"other\"\ntype"));
    assert_eq!(
        reload(&system).await.unwrap().added,
        names(&["other", "clock", "back"])
    );
    folder.write("");
    reload(&system).await.unwrap();
    assert_eq!(lives(&system).await, [("front".to_owned(), 1)]);

    // A new life loads the file; what was loaded by event is gone.
    folder.write(APP);
    crash(&system, &loader, Error::new("a test")).await.unwrap();
    settle().await;
    within(loader.children().count()).await.unwrap();
    assert_eq!(loader.life(), 2);
    assert_eq!(say(&system, "front").await, "> hi from life 1");
}

//! Loading again when the file changes; real files, and the real clock.

use std::fs;

use circuits::loader::{List, LoadFailed, Loader};
use circuits::prelude::*;

use super::{Folder, catalog};
use crate::support::{Log, within};

/// Waits until the components of a system are these; for tests with real files.
async fn until_loaded(system: &System, expected: &[&str]) {
    within(async {
        loop {
            let list = system.on("loader").call(List).await.unwrap();
            let loaded: Vec<_> = list.iter().map(|listed| &*listed.name).collect();
            if loaded == expected {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_that_changes_is_loaded_again_also_where_another_one_replaces_it() {
    let folder = Folder::new();
    let one = |name: &str| format!("[[component]]\nname = \"{name}\"\ntype = \"clock\"\n");
    folder.write(one("first"));
    let system = System::new();
    let loader = Loader::new(catalog(&Log::default())).file(folder.file());
    let loader = loader.reload_after(Duration::from_millis(5));
    let loader = system.supervise(move || loader.clone()).await.unwrap();
    until_loaded(&system, &["first"]).await;

    folder.write(one("second"));
    until_loaded(&system, &["second"]).await;

    // As editors do.
    let other = folder.0.join("app.toml.new");
    fs::write(&other, one("third")).unwrap();
    fs::rename(&other, folder.file()).unwrap();
    until_loaded(&system, &["third"]).await;

    for broken in [Some("[[component]]\nname = \"thi"), None] {
        let failed = system.on("loader").wait::<LoadFailed>();
        match broken {
            Some(text) => folder.write(text),
            None => fs::remove_file(folder.file()).unwrap(),
        }
        let failed = within(failed).await.unwrap();
        assert!(!failed.errors.is_empty());
        until_loaded(&system, &["third"]).await;
    }
    folder.write(one("fourth"));
    until_loaded(&system, &["fourth"]).await;
    assert_eq!(loader.life(), 1);
}

//! Watched files and directories, on a real file system.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use circuits::Restart;
use circuits::io::{
    Access, Accessed, AddPath, Change, Created, Deleted, Modified, Moved, Overflow, Queue,
    RemovePath, Watch,
};
use circuits::prelude::*;
use circuits::testing::Probe;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::folder::Folder;

const SOON: Duration = Duration::from_secs(10);

async fn within<F: std::future::IntoFuture>(future: F) -> F::Output {
    tokio::time::timeout(SOON, future.into_future())
        .await
        .expect("in time")
}

struct Watched {
    system: System,
    probe: Probe,
    folder: Folder,
}

/// Watches a new folder in the way that is said.
async fn watched(watch: impl Fn(&Path) -> Watch) -> Watched {
    let folder = Folder::new();
    let system = System::new();
    let probe = Probe::with_capacity(&system, "watch", 10_000)
        .await
        .unwrap();
    let watch = watch(folder.path());
    within(system.supervise(move || watch.clone()))
        .await
        .unwrap();
    Watched {
        system,
        probe,
        folder,
    }
}

async fn all_below() -> Watched {
    watched(|folder| Watch::new().recursive(folder)).await
}

impl Watched {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    async fn created(&self, path: &Path) -> bool {
        let path = path.to_owned();
        let created = self.probe.expect::<Created>();
        let created = created
            .matching(move |event| event.path == path)
            .within(SOON)
            .await;
        created.unwrap().is_directory
    }

    async fn deleted(&self, path: &Path) -> bool {
        let path = path.to_owned();
        let deleted = self.probe.expect::<Deleted>();
        let deleted = deleted
            .matching(move |event| event.path == path)
            .within(SOON)
            .await;
        deleted.unwrap().is_directory
    }

    /// Waits until all that has happened so far is told.
    async fn settled(&self, folder: &str) {
        let path = self.write(&format!("{folder}/last"), "");
        self.created(&path).await;
    }

    /// The paths told as created, in order.
    fn all_created(&self) -> Vec<PathBuf> {
        let all = self.probe.all::<Created>();
        all.iter().map(|event| event.path.clone()).collect()
    }
}

#[tokio::test]
async fn io_050_what_happens_to_a_file_is_told_by_name() {
    let watched = watched(|folder| Watch::new().path(folder)).await;
    let path = watched.write("a", "1");
    assert!(!watched.created(&path).await);
    let modified = watched
        .probe
        .expect::<Modified>()
        .within(SOON)
        .await
        .unwrap();
    assert_eq!((&modified.path, modified.change), (&path, Change::Content));

    let to = watched.path("b");
    fs::rename(&path, &to).unwrap();
    let moved = watched.probe.expect::<Moved>().within(SOON).await.unwrap();
    assert_eq!((&moved.from, &moved.to), (&Some(path), &Some(to.clone())));

    fs::remove_file(&to).unwrap();
    assert!(!watched.deleted(&to).await);
    let accessed = watched.probe.all::<Accessed>();
    assert!(accessed.is_empty(), "nobody asked for it");
}

#[tokio::test]
async fn io_050_a_directory_is_told_once_as_created_and_once_as_deleted() {
    let watched = all_below().await;
    let path = watched.path("d");
    fs::create_dir(&path).unwrap();
    assert!(watched.created(&path).await);
    fs::remove_dir(&path).unwrap();
    assert!(watched.deleted(&path).await);
    watched.settled(".").await;
    assert_eq!(watched.probe.all::<Deleted>().len(), 1);
    let (created, last) = (watched.all_created(), watched.path("last"));
    assert_eq!(created, [path, last]);
}

#[tokio::test]
async fn io_050_metadata_and_accesses_are_told_if_asked() {
    let watched = watched(|folder| Watch::new().path(folder).accesses()).await;
    let path = watched.write("a", "1");
    let written = watched.probe.expect::<Accessed>();
    let written = written.matching(|event| event.access == Access::Written);
    assert_eq!(written.within(SOON).await.unwrap().path, path);
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let changed = watched.probe.expect::<Modified>();
    let changed = changed.matching(|event| event.change == Change::Metadata);
    assert_eq!(changed.within(SOON).await.unwrap().path, path);
    watched.probe.clear();
    fs::read(&path).unwrap();
    let opened = watched
        .probe
        .expect::<Accessed>()
        .within(SOON)
        .await
        .unwrap();
    assert_eq!((&opened.path, opened.access), (&path, Access::Opened));
}

#[tokio::test]
async fn io_050_paths_are_added_and_removed_by_event() {
    let watched = watched(|_| Watch::new()).await;
    let on = watched.system.on("watch");
    watched.write("before", "");
    let add = AddPath::new(watched.folder.path());
    assert!(on.call(add.clone()).await.unwrap());
    assert!(!on.call(add).await.unwrap(), "it was added before");
    let path = watched.write("while", "");
    watched.created(&path).await;

    let remove = RemovePath::new(watched.folder.path());
    assert!(on.call(remove.clone()).await.unwrap());
    assert!(
        !on.call(remove).await.unwrap(),
        "it is not watched any more"
    );
    watched.write("after", "");
    on.call(AddPath::new(watched.folder.path())).await.unwrap();
    let again = watched.write("again", "");
    watched.created(&again).await;
    assert_eq!(watched.all_created(), [path, again]);
}

#[tokio::test]
async fn io_050_a_file_in_a_subdirectory_is_told_if_it_is_watched_with_all_below() {
    let folder = |folder: &Path| {
        fs::create_dir_all(folder.join("d/e")).unwrap();
        folder.to_owned()
    };
    let deep = watched(|path| Watch::new().recursive(folder(path))).await;
    let path = deep.write("d/e/a", "");
    deep.created(&path).await;

    let flat = watched(|path| Watch::new().path(folder(path))).await;
    flat.write("d/e/a", "");
    flat.settled(".").await;
    assert_eq!(flat.all_created(), [flat.path("./last")]);
}

#[tokio::test]
async fn io_050_a_subdirectory_made_later_is_watched_unless_said() {
    let later = all_below().await;
    fs::create_dir(later.path("d")).unwrap();
    later.created(&later.path("d")).await;
    let path = later.write("d/a", "");
    later.created(&path).await;

    let not = watched(|folder| Watch::new().recursive(folder).subdirectories(false)).await;
    fs::create_dir(not.path("d")).unwrap();
    not.created(&not.path("d")).await;
    not.write("d/a", "");
    not.settled(".").await;
    assert_eq!(not.all_created(), [not.path("d"), not.path("./last")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_050_nothing_in_directories_made_in_a_hurry_is_lost_or_doubled() {
    let watched = all_below().await;
    let mut expected = Vec::new();
    for round in 0..40 {
        let mut path = watched.path(&format!("round{round}"));
        for depth in 0..5 {
            fs::create_dir(&path).unwrap();
            let file = path.join(format!("file{depth}"));
            fs::write(&file, "").unwrap();
            expected.extend([path.clone(), file]);
            path.push("d");
        }
    }
    for path in &expected {
        watched.created(path).await;
    }
    watched.settled(".").await;
    let mut created = watched.all_created();
    assert_eq!(created.pop(), Some(watched.path("./last")));
    created.sort();
    expected.sort();
    assert_eq!(created, expected);
}

#[tokio::test]
async fn io_050_what_is_removed_with_all_below_is_not_told() {
    let watched = all_below().await;
    for name in ["d", "d/e", "f"] {
        fs::create_dir(watched.path(name)).unwrap();
        watched.created(&watched.path(name)).await;
    }
    let removed = watched.system.on("watch");
    let removed = removed.call(RemovePath::new(watched.path("d")));
    assert!(removed.await.unwrap());
    watched.write("d/a", "");
    watched.write("d/e/a", "");
    watched.settled("f").await;
    let created = watched.all_created();
    assert!(!created.contains(&watched.path("d/a")), "{created:?}");
    assert!(!created.contains(&watched.path("d/e/a")), "{created:?}");
}

#[tokio::test]
async fn io_050_a_directory_that_moves_is_watched_under_its_new_name() {
    let watched = all_below().await;
    let outside = Folder::new();
    fs::create_dir_all(outside.path().join("d/e")).unwrap();
    fs::rename(outside.path().join("d"), watched.path("d")).unwrap();
    let moved = watched.probe.expect::<Moved>().within(SOON).await.unwrap();
    assert_eq!((&moved.from, &moved.to), (&None, &Some(watched.path("d"))));
    watched.created(&watched.path("d/e")).await;

    fs::rename(watched.path("d"), watched.path("g")).unwrap();
    let moved = watched.probe.expect::<Moved>().within(SOON).await.unwrap();
    let names = (&moved.from, &moved.to);
    assert_eq!(names, (&Some(watched.path("d")), &Some(watched.path("g"))));
    let path = watched.write("g/e/a", "");
    watched.created(&path).await;

    fs::rename(watched.path("g"), outside.path().join("g")).unwrap();
    let moved = watched.probe.expect::<Moved>().within(SOON).await.unwrap();
    assert_eq!((&moved.from, &moved.to), (&Some(watched.path("g")), &None));
    fs::write(outside.path().join("g/e/b"), "").unwrap();
    watched.settled(".").await;
    let created = watched.all_created();
    assert!(
        created.iter().all(|path| !path.ends_with("e/b")),
        "{created:?}"
    );
}

#[tokio::test]
async fn io_050_links_are_not_followed() {
    let watched = all_below().await;
    let outside = Folder::new();
    let link = watched.path("link");
    symlink(outside.path(), &link).unwrap();
    assert!(!watched.created(&link).await);
    fs::write(outside.path().join("a"), "").unwrap();
    watched.settled(".").await;
    assert_eq!(watched.all_created(), [link, watched.path("./last")]);
}

#[tokio::test]
async fn io_050_a_path_that_is_missing_is_an_error_that_names_it() {
    let system = System::new();
    let watch = || Watch::new().path("/nowhere/at/all");
    let error = system.supervise(watch).await.unwrap_err().into();
    let text = chain(&error);
    assert!(
        text.contains("`/nowhere/at/all` cannot be watched: make it first"),
        "{text}"
    );

    system.supervise(Watch::new).await.unwrap();
    let missing = AddPath::new("/nowhere/at/all");
    let error = system.on("watch").call(missing).await.unwrap_err();
    let text = chain(&Error::from(error));
    assert!(
        text.contains("`/nowhere/at/all` cannot be watched"),
        "{text}"
    );
}

/// An error and its causes.
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.as_dyn().source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn io_050_a_life_that_begins_again_watches_what_it_was_made_with() {
    let folder = Folder::new();
    let system = System::new();
    let probe = Probe::with_capacity(&system, "watch", 10_000)
        .await
        .unwrap();
    let path = folder.path().to_owned();
    let watch = system.supervise(move || Watch::new().recursive(&path));
    let watch = watch.restart(Restart::Permanent).await.unwrap();
    watch.kill();
    within(async {
        while watch.life() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    system.to(&watch).call(RemovePath::new("/")).await.unwrap();
    let path = folder.path().to_owned();
    system
        .to(&watch)
        .call(AddPath::recursive(path))
        .await
        .unwrap();
    fs::write(folder.path().join("a"), "").unwrap();
    probe.expect::<Created>().within(SOON).await.unwrap();
}

#[tokio::test]
async fn io_050_changes_are_gathered_by_choice() {
    let window = Duration::from_millis(200);
    let watched = watched(|folder| Watch::new().path(folder).debounce(window)).await;
    let brief = watched.write("brief", "");
    fs::remove_file(&brief).unwrap();
    let path = watched.path("a");
    for round in 0..20 {
        fs::write(&path, format!("{round}")).unwrap();
    }
    assert!(!watched.created(&path).await);
    for round in 0..20 {
        fs::write(&path, format!("{round}")).unwrap();
    }
    let modified = watched
        .probe
        .expect::<Modified>()
        .within(SOON)
        .await
        .unwrap();
    assert_eq!((&modified.path, modified.change), (&path, Change::Content));
    fs::remove_file(&path).unwrap();
    watched.deleted(&path).await;
    let names = watched.probe.names();
    assert_eq!(
        names[2..],
        ["created", "modified", "deleted"],
        "{:?}",
        watched.probe
    );
}

/// Takes its time for what is created, so that the watch has to wait.
#[component(channel = "watch", mailbox = 1)]
struct Slow {
    go: std::sync::Arc<tokio::sync::Semaphore>,
}

#[component]
impl Slow {
    #[handler("created")]
    async fn created(&mut self, _event: &Created) {
        self.go.acquire().await.unwrap().forget();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_050_a_full_queue_is_told_and_new_directories_are_still_found() {
    let folder = Folder::new();
    let system = System::new();
    let go = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let held = go.clone();
    let probe = Probe::with_capacity(&system, "watch", 10_000)
        .await
        .unwrap();
    system
        .supervise(move || Slow { go: held.clone() })
        .await
        .unwrap();
    let path = folder.path().to_owned();
    let watch = move || Watch::new().recursive(&path).queue(8);
    system.supervise(watch).await.unwrap();
    for number in 0..2_000 {
        fs::write(folder.path().join(format!("{number}")), "").unwrap();
    }
    let late = folder.path().join("late");
    fs::create_dir(&late).unwrap();
    fs::write(late.join("in"), "").unwrap();
    go.add_permits(1_000_000);
    let overflow = probe.expect::<Overflow>().within(SOON).await.unwrap();
    assert_eq!(overflow.queue, Queue::Component);
    let found = probe.expect::<Created>();
    let inside = late.join("in");
    found
        .matching(move |event| event.path == inside)
        .within(SOON)
        .await
        .unwrap();
}

#[tokio::test]
async fn io_050_a_full_queue_of_the_kernel_is_told() {
    let folder = Folder::new();
    let mut program = Command::new(env!("CARGO_BIN_EXE_watching"))
        .arg(folder.path())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    assert_eq!(
        within(lines.next_line()).await.unwrap().unwrap(),
        "watching"
    );
    let pid = program.id().unwrap();
    send(pid, "STOP");
    let most = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let most: usize = most.trim().parse().unwrap();
    // Each file that is made is at least three notices.
    for number in 0..most / 2 {
        fs::write(folder.path().join(format!("{number}")), "").unwrap();
    }
    send(pid, "CONT");
    assert_eq!(within(lines.next_line()).await.unwrap().unwrap(), "Kernel");
}

fn send(pid: u32, signal: &str) {
    let mut kill = std::process::Command::new("kill");
    let status = kill.arg(format!("-{signal}")).arg(pid.to_string()).status();
    assert!(status.unwrap().success());
}

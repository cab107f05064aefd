//! Worker processes: what they do, and what becomes of them.

mod faults;
#[path = "../../../programs/jobs.rs"]
mod jobs;
mod work;

use std::fs;
use std::path::{Path, PathBuf};

use circuits::CallError;
use circuits::prelude::*;
use circuits::worker::ProcessWorker;
use tokio::task::JoinHandle;

use self::jobs::{Act, Hold};
use crate::support::within;

/// A worker whose processes are those of the test program.
fn processes(count: usize) -> ProcessWorker {
    jobs::worker(count).program(env!("CARGO_BIN_EXE_worker"))
}

async fn start(worker: ProcessWorker) -> (System, Address<ProcessWorker>) {
    let system = System::new();
    let worker = within(system.supervise(move || worker.clone())).await;
    (system, worker.unwrap())
}

async fn pid(system: &System) -> u32 {
    within(system.call(Act::Nothing)).await.unwrap()
}

/// Asks once the worker hears jobs again.
async fn pid_again(system: &System) -> u32 {
    within(async {
        loop {
            match system.call(Act::Nothing).await {
                Err(CallError::NoHandler) => tokio::task::yield_now().await,
                answer => return answer.unwrap(),
            }
        }
    })
    .await
}

/// What a call failed with.
fn failure(error: CallError) -> Error {
    match error {
        CallError::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = format!("circuits-worker-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn has(&self, file: &str) -> bool {
        self.0.join(file).exists()
    }

    fn write(&self, file: &str) {
        fs::write(self.0.join(file), "").unwrap();
    }

    /// Waits for a file.
    async fn sees(&self, file: &str) {
        eventually(|| self.has(file)).await;
    }

    /// Begins a job that is held; returns its call and the id of its process.
    async fn hold(&self, system: &System) -> (JoinHandle<Result<u32, CallError>>, u32) {
        let (hold, system) = (Hold(self.0.clone()), system.clone());
        let call = tokio::spawn(async move { system.call(hold).await });
        self.sees("begun").await;
        let id = fs::read_to_string(self.0.join("begun")).unwrap();
        (call, id.parse().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn eventually(holds: impl Fn() -> bool) {
    within(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

/// Tells whether there is a process, be it a zombie.
fn is_there(pid: u32) -> bool {
    Path::new("/proc").join(pid.to_string()).exists()
}

fn kill(pid: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status();
    assert!(killed.unwrap().success());
}

//! A program that a worker starts again and again; `tests/it/worker/processes` says
//! what it must do.
//!
//! The variable `WORKER_TEST` says what it is: nothing, a worker process; `silent`,
//! `exits`, `garbage` and `other`, one that does not begin as it should; `exits_if` and the
//! name of a file, one that exits where there is such a file; `parent`, a program with a
//! worker that is itself.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;
use std::{env, process, thread};

use circuits::System;
use circuits::worker::Worker;

mod jobs;

fn main() -> circuits::Result<()> {
    let mode = env::var("WORKER_TEST").unwrap_or_default();
    let is_worker = env::args()
        .nth(1)
        .is_some_and(|it| it == "--circuits-worker");
    if is_worker {
        let socket = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        match mode.split_once(' ').unwrap_or((&mode, "")) {
            ("silent", _) => thread::sleep(Duration::from_secs(600)),
            ("exits", _) => process::exit(3),
            ("exits_if", file) if Path::new(file).exists() => process::exit(3),
            ("garbage", _) => {
                (&socket).write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
                thread::sleep(Duration::from_secs(600));
            }
            ("other", _) => Worker::processes(1).job::<jobs::Echo>().serve(),
            _ => {}
        }
        drop(jobs::SOCKET.set(socket));
    }
    jobs::worker(2).serve();
    assert!(!is_worker, "it serves, and ends");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(parent())
}

/// Prints the ids of two processes, of which one hangs, and waits to be killed.
async fn parent() -> circuits::Result<()> {
    let system = System::new();
    system.supervise(|| jobs::worker(2)).await?;
    let folder = env::args().nth(1).unwrap_or_default();
    system.fire(jobs::Hold(folder.into()));
    println!("{}", system.call(jobs::Act::Nothing).await?);
    system.call(jobs::Act::Hang).await?;
    Ok(())
}

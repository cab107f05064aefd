//! A pool of worker processes counts the words of files, and outlives a crash.
//!
//! ```text
//! $ cargo run -p circuits-examples --bin wordpool
//! one.txt: 1000 words
//! two.txt: 2000 words
//! three.txt: 3000 words
//! 6000 words by 2 processes
//! crash.txt: the process ended before the job was done (signal: 6 (SIGABRT))
//! one.txt: 1000 words
//! ```

use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, fs, process, thread};

use circuits::CallError;
use circuits::prelude::*;
use circuits::worker::{Job, JobContext, ProcessWorker, Worker};
use serde::{Deserialize, Serialize};

/// Counts the words of a file; replies with the process as well.
#[derive(Event, Clone, Serialize, Deserialize)]
#[event(channel = "worker", reply = (u32, usize))]
struct Count(PathBuf);

impl Job for Count {
    fn run(&self, _cx: &JobContext) -> Result<(u32, usize), Error> {
        let text = fs::read_to_string(&self.0)?;
        if text.starts_with("crash") {
            process::abort(); // on a thread, this would be the end of us all
        }
        thread::sleep(Duration::from_millis(100)); // so that both have something to do
        Ok((process::id(), text.split_whitespace().count()))
    }
}

/// Made here for both sides: the pool, and its processes.
fn pool() -> ProcessWorker {
    Worker::processes(2).job::<Count>()
}

type Counted = Result<(u32, usize), CallError>;

fn show(file: &str, counted: &Counted) {
    match counted {
        Ok((_, words)) => println!("{file}: {words} words"),
        Err(CallError::Failed(error)) => println!("{file}: {error}"),
        Err(error) => println!("{file}: {error}"),
    }
}

#[component]
struct Quiet;

#[component]
impl Quiet {
    /// Handled here, a failure is not logged.
    #[handler("exception", channel = "*")]
    fn exception(&mut self) {}
}

#[tokio::main]
async fn main() -> circuits::Result<()> {
    pool().serve(); // goes no further in a worker process
    let system = System::new();
    system.supervise(pool).await?;
    system.supervise(|| Quiet).await?;

    let folder = env::temp_dir().join(format!("circuits-wordpool-{}", process::id()));
    fs::create_dir_all(&folder)?;
    for (number, name) in [(1000, "one"), (2000, "two"), (3000, "three")] {
        fs::write(folder.join(format!("{name}.txt")), "word ".repeat(number))?;
    }
    fs::write(folder.join("crash.txt"), "crash")?;

    let count = |file: &str| system.call(Count(folder.join(file)));
    let files = ["one.txt", "two.txt", "three.txt"];
    let counted: [Counted; 3] =
        tokio::join!(count(files[0]), count(files[1]), count(files[2])).into();
    files
        .iter()
        .zip(&counted)
        .for_each(|(file, it)| show(file, it));
    let (processes, words): (HashSet<u32>, Vec<usize>) = counted.into_iter().flatten().unzip();
    println!(
        "{} words by {} processes",
        words.iter().sum::<usize>(),
        processes.len()
    );
    show("crash.txt", &count("crash.txt").await);
    show("one.txt", &count("one.txt").await);

    fs::remove_dir_all(&folder)?;
    system.drain();
    system.run().await
}

//! Jobs that behave, and jobs that do not, for the tests of worker processes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;
use std::{fs, process, thread};

use circuits::prelude::*;
use circuits::worker::{Job, JobContext, ProcessWorker, Worker};
use serde::{Deserialize, Serialize};

/// The socket of this process, for those who do harm with it.
pub(crate) static SOCKET: OnceLock<File> = OnceLock::new();

/// Makes the worker, for both sides.
pub(crate) fn worker(processes: usize) -> ProcessWorker {
    Worker::processes(processes)
        .job::<Add>()
        .job::<Act>()
        .job::<Hold>()
        .job::<Echo>()
}

#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(channel = "worker", reply = u64, success, failure)]
pub(crate) struct Add(pub(crate) u64, pub(crate) u64);

impl Job for Add {
    fn run(&self, _cx: &JobContext) -> Result<u64, Error> {
        let sum = self.0.checked_add(self.1);
        sum.ok_or_else(|| Error::new("the sum is too large"))
    }
}

/// Does something; replies with the id of the process.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(channel = "worker", reply = u32)]
pub(crate) enum Act {
    Nothing,
    Print(String),
    ReadAll,
    Fail,
    Panic,
    Abort,
    Exit(i32),
    Hang,
    Garbage(Vec<u8>),
    HalfAFrame,
    LeadsItsGroup,
}

impl Job for Act {
    fn run(&self, _cx: &JobContext) -> Result<u32, Error> {
        match self {
            Self::Nothing => {}
            Self::Print(text) => println!("{text}"),
            Self::ReadAll => {
                let mut text = String::new();
                io::stdin().read_to_string(&mut text)?;
                if !text.is_empty() {
                    return Err(Error::new(text));
                }
            }
            Self::Fail => {
                let cause = io::Error::other("the disk is full");
                return Err(io::Error::other(Wrapped(cause)).into());
            }
            Self::Panic => panic!("out of luck"),
            Self::Abort => process::abort(),
            Self::Exit(code) => process::exit(*code),
            Self::Hang => loop {
                thread::park();
            },
            Self::Garbage(bytes) => {
                SOCKET.get().unwrap().write_all(bytes)?;
                thread::sleep(Duration::from_secs(600));
            }
            Self::HalfAFrame => {
                SOCKET.get().unwrap().write_all(&[0, 0, 0, 99, 3, 0])?;
                process::exit(4);
            }
            Self::LeadsItsGroup => {
                let stat = fs::read_to_string("/proc/self/stat")?;
                let group = stat.split(' ').nth(4).unwrap().parse()?;
                return Ok(group);
            }
        }
        Ok(process::id())
    }
}

#[derive(Debug)]
struct Wrapped(io::Error);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the report cannot be written")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Writes its process's id into the file `begun`, and waits for the file `go`, or until it is
/// cancelled: then it writes the file `cancelled`.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(channel = "worker", reply = u32)]
pub(crate) struct Hold(pub(crate) PathBuf);

impl Job for Hold {
    fn run(&self, cx: &JobContext) -> Result<u32, Error> {
        let (id, new) = (process::id(), self.0.join("new"));
        fs::write(&new, id.to_string())?;
        fs::rename(new, self.0.join("begun"))?;
        while !self.0.join("go").exists() {
            if cx.is_cancelled() {
                fs::write(self.0.join("cancelled"), "")?;
                return Err(Error::new("given up"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(id)
    }
}

/// Replies with as many bytes as it says.
#[derive(Event, Clone, Debug, Serialize, Deserialize)]
#[event(channel = "worker", reply = String)]
pub(crate) struct Echo {
    pub(crate) text: String,
    pub(crate) times: usize,
}

impl Job for Echo {
    fn run(&self, _cx: &JobContext) -> Result<String, Error> {
        Ok(self.text.repeat(self.times))
    }
}

//! A process that takes part in a measurement.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

/// The clock of `/proc/<pid>/stat`, on Linux.
const TICKS_A_SECOND: f64 = 100.0;

/// This program as a process of its own; it ends when its standard input does.
pub(super) struct Part {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Part {
    /// Starts this program with these arguments.
    pub(super) fn start(arguments: &[&str]) -> io::Result<Self> {
        Self::run(Command::new(std::env::current_exe()?).args(arguments))
    }

    /// Starts a program.
    pub(super) fn run(command: &mut Command) -> io::Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().map(BufReader::new);
        let output = output.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self { child, output })
    }

    /// Reads a line of what it prints.
    pub(super) fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        match line.trim() {
            "" => Err(io::Error::other("a part has ended too early")),
            line => Ok(line.to_owned()),
        }
    }

    /// Lets it end, and waits for that.
    pub(super) fn end(mut self) -> io::Result<()> {
        drop(self.child.stdin.take());
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("a part has failed: {status}"))),
        }
    }

    /// Returns how many seconds of processor it has taken.
    pub(super) fn cpu(&self) -> io::Result<f64> {
        let stat = self.proc("stat")?;
        // What follows the name, which is in brackets.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks: Vec<f64> = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse().ok())
            .collect();
        Ok(ticks.iter().sum::<f64>() / TICKS_A_SECOND)
    }

    /// Returns how many bytes of memory it holds.
    pub(super) fn memory(&self) -> io::Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
        number
            .map(|kib| kib * 1024)
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// Returns how many descriptors it has open.
    pub(super) fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Returns how many it has when they do not get fewer any more, or so few.
    pub(super) fn descriptors_settled(&self, expected: usize) -> io::Result<usize> {
        for _ in 0..100 {
            if self.descriptors()? <= expected {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.descriptors()
    }

    fn proc(&self, file: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // One that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

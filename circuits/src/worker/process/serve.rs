//! The side of the process: takes jobs from a socket, one at a time, and answers.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::Error;
use crate::worker::JobContext;
use crate::worker::job::{Cancels, message};
use crate::worker::process::ProcessJob;
use crate::worker::process::wire::{self, Frame, Report, Tag, WireError};

/// The argument that makes a program a worker process.
pub(crate) const MARKER: &str = "--circuits-worker";

/// Does one job of a type that the list knows.
pub(crate) type Run = fn(&[u8], &JobContext) -> Outcome;

/// What is answered.
pub(crate) type Outcome = (Tag, Vec<u8>);

/// One type of jobs, as the process knows it.
#[derive(Clone, Copy)]
pub(crate) struct Served {
    pub(crate) name: &'static str,
    pub(crate) run: Run,
}

impl Served {
    pub(crate) fn of<J: ProcessJob>() -> Self {
        Self {
            name: J::NAME,
            run: run::<J>,
        }
    }
}

/// Serves jobs and ends the process, if this is a worker process.
pub(crate) fn serve(jobs: &[Served], limit: usize) {
    if std::env::args_os().nth(1).is_none_or(|it| it != MARKER) {
        return;
    }
    let code = match work(jobs, limit) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("this worker process cannot go on: {error}");
            1
        }
    };
    process::exit(code);
}

fn work(jobs: &[Served], limit: usize) -> io::Result<()> {
    let mut socket = take_socket()?;
    let names: Vec<_> = jobs.iter().map(|job| job.name).collect();
    // Both sides say first what they are, and then look what the other is.
    let greeting = wire::greeting(&names, limit).map_err(io::Error::other)?;
    wire::write(&mut socket, &greeting)?;
    let Some(greeting) = wire::read(&mut socket, wire::GREETING_LIMIT)? else {
        return Ok(());
    };
    let theirs = wire::check_greeting(&greeting, &names).map_err(wire::invalid)?;
    let limit = limit.min(theirs);
    let incoming = socket.try_clone()?;
    // One job is done while the next may be on its way.
    let (sender, receiver) = sync_channel(1);
    thread::Builder::new()
        .name("circuits-frames".to_owned())
        .spawn(move || listen(incoming, &sender, limit))?;
    labor(&mut socket, &receiver, jobs, limit)
}

/// A job, and what cancels it.
struct Task {
    frame: Frame,
    cx: JobContext,
}

/// Reads frames until there are no more; then the worker has gone, and so does this
/// process, in the middle of a job as well.
fn listen(mut socket: UnixStream, tasks: &SyncSender<Task>, limit: usize) {
    let mut current: Option<(u64, Cancels)> = None;
    loop {
        match wire::read(&mut socket, limit) {
            Ok(Some(frame)) if frame.tag == Tag::Job => {
                let (cancels, cx) = Cancels::new();
                current = Some((frame.number, cancels));
                if tasks.send(Task { frame, cx }).is_err() {
                    return;
                }
            }
            Ok(Some(frame)) if frame.tag == Tag::Cancel => {
                current.take_if(|(number, _)| *number == frame.number);
            }
            Ok(None) => process::exit(0),
            Ok(Some(_)) | Err(_) => {
                eprintln!("this worker process got what is no frame, and ends");
                process::exit(1);
            }
        }
    }
}

fn labor(
    socket: &mut UnixStream,
    tasks: &Receiver<Task>,
    jobs: &[Served],
    limit: usize,
) -> io::Result<()> {
    while let Ok(Task { frame, cx }) = tasks.recv() {
        let (index, body) = split(&frame.body).map_err(wire::invalid)?;
        let job = jobs
            .get(index)
            .ok_or_else(|| wire::invalid(WireError::Garbage))?;
        let outcome = catch_unwind(AssertUnwindSafe(|| (job.run)(body, &cx)));
        let (tag, body) =
            outcome.unwrap_or_else(|panic| (Tag::Panicked, message(&*panic).into_bytes()));
        let mut reply = wire::frame(tag, frame.number, &body);
        if reply.len() - 4 > limit {
            let text = format!("the reply takes {} bytes, and a frame {limit}", body.len());
            reply = wire::frame(Tag::Unreadable, frame.number, text.as_bytes());
        }
        wire::write(socket, &reply)?;
    }
    Ok(())
}

/// Puts the number of the type of a job in front of it.
pub(crate) fn join(index: usize, job: &[u8]) -> Vec<u8> {
    let index = u16::try_from(index).unwrap_or(u16::MAX);
    [&index.to_be_bytes()[..], job].concat()
}

fn split(body: &[u8]) -> Result<(usize, &[u8]), WireError> {
    match body {
        [high, low, job @ ..] => Ok((usize::from(u16::from_be_bytes([*high, *low])), job)),
        _ => Err(WireError::Garbage),
    }
}

fn run<J: ProcessJob>(body: &[u8], cx: &JobContext) -> Outcome {
    let job: J = match wire::decode(body) {
        Ok(job) => job,
        Err(error) => return (Tag::Unreadable, error.to_string().into_bytes()),
    };
    let encoded = match job.run(cx) {
        Ok(reply) => wire::encode(&reply).map(|body| (Tag::Done, body)),
        Err(error) => wire::encode(&report(&error)).map(|body| (Tag::Failed, body)),
    };
    encoded.unwrap_or_else(|error| (Tag::Unreadable, error.to_string().into_bytes()))
}

/// An error as it travels: it and its causes, of which a chain has a bounded number.
fn report(error: &Error) -> Report {
    const CAUSES: usize = 32;
    let first: &(dyn std::error::Error + 'static) = error.as_dyn();
    let chain = std::iter::successors(Some(first), |error| error.source());
    let texts = chain.take(CAUSES).map(ToString::to_string).collect();
    Report { texts }
}

/// Takes the socket that stands at the place of the standard input, and puts nothing
/// in its place: neither a job that reads nor a program that a job starts shall get
/// what is meant for this process.
fn take_socket() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let nothing = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(nothing)?;
    Ok(UnixStream::from(socket))
}

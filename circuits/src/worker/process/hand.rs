//! One process of a worker, from start to end, and the task that gives it its jobs.
//!
//! ```text
//!  start ─► greet ─► free ◄─────────────────┐
//!    ▲       │         │ order               │ answer
//!    │       │         └────────► at work ───┘
//!    └─ wait ◄── ended, killed ◄──────┘
//! ```

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as Socket;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};

use crate::component::{Component, Handle};
use crate::worker::JobError;
use crate::worker::crew::{Alive, Crew, Stage, Turn};
use crate::worker::process::error::{ProcessError, RemoteError};
use crate::worker::process::event::{Killed, ProcessEnded};
use crate::worker::process::serve::MARKER;
use crate::worker::process::wire::{self, Frame, Report, Tag, WireError};
use crate::{Context, Error};

/// A process that has closed its socket, or was told to end, has so long for it.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How processes are started, and what they may do.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The program; this one, unless said.
    pub(crate) program: Option<PathBuf>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) start_limit: Duration,
    pub(crate) job_limit: Option<Duration>,
    pub(crate) max_frame: usize,
    pub(crate) kill_cancelled: bool,
    /// The names of the jobs, in their order.
    pub(crate) jobs: Vec<&'static str>,
}

/// One job for one process.
pub(crate) struct Order {
    pub(crate) job: &'static str,
    /// The number of its type, and the job.
    pub(crate) body: Vec<u8>,
    pub(crate) done: oneshot::Sender<Reply>,
    pub(crate) turn: Turn,
}

/// What became of a job: the bytes of its reply, or why there are none.
pub(crate) type Reply = Result<Bytes, Error>;

type Frames = FramedRead<OwnedReadHalf, LengthDelimitedCodec>;

/// A running process that has said what it is.
pub(crate) struct Process {
    child: Child,
    pid: u32,
    frames: Frames,
    out: OwnedWriteHalf,
    next: u64,
}

/// How a process was found to be of no use any more.
enum Fault {
    Ended,
    Killed(Killed),
}

impl Process {
    /// Starts a process, and waits until it has said what it is.
    pub(crate) async fn start(plan: &Plan) -> Result<Self, ProcessError> {
        let program = match &plan.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(ProcessError::Unknown)?,
        };
        let mut process = match Self::spawn(&program, plan) {
            Ok(process) => process,
            Err(source) => return Err(ProcessError::Spawn { program, source }),
        };
        match tokio::time::timeout(plan.start_limit, process.greet(plan)).await {
            Ok(Ok(())) => Ok(process),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ProcessError::Silent(plan.start_limit)),
        }
    }

    fn spawn(program: &Path, plan: &Plan) -> io::Result<Self> {
        let (ours, theirs) = Socket::pair()?;
        ours.set_nonblocking(true)?;
        // What a job prints goes where the messages go: frames have a way of their
        // own, the socket, which nobody prints to.
        let prints = io::stderr().as_fd().try_clone_to_owned()?;
        let child = Command::new(program)
            .arg(MARKER)
            .envs(plan.env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(prints))
            // A signal of the terminal is for the worker, which ends in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let (incoming, out) = UnixStream::from_std(ours)?.into_split();
        let codec = LengthDelimitedCodec::builder()
            .max_frame_length(plan.max_frame.max(wire::GREETING_LIMIT))
            .new_codec();
        Ok(Self {
            pid: child.id().unwrap_or_default(),
            child,
            frames: FramedRead::new(incoming, codec),
            out,
            next: 0,
        })
    }

    async fn greet(&mut self, plan: &Plan) -> Result<(), ProcessError> {
        let greeting = wire::greeting(&plan.jobs, plan.max_frame);
        let greeting = greeting.map_err(|error| ProcessError::Stranger(io::Error::other(error)))?;
        // It may have ended before it reads: what it answers tells.
        let _ = self.out.write_all(&greeting).await;
        let frame = read(&mut self.frames).await;
        let Some(frame) = frame.map_err(ProcessError::Stranger)? else {
            let status = self.child.wait().await;
            return Err(ProcessError::Ended(status.map_err(ProcessError::Stranger)?));
        };
        match wire::check_greeting(&frame, &plan.jobs) {
            Ok(_) => Ok(()),
            Err(WireError::Jobs { theirs, ours }) => Err(ProcessError::Jobs { theirs, ours }),
            Err(error) => Err(ProcessError::Stranger(wire::invalid(error))),
        }
    }

    /// Waits until the process has ended, or says something unasked.
    async fn fault(&mut self) -> Fault {
        match read(&mut self.frames).await {
            Ok(None) => Fault::Ended,
            Ok(Some(_)) | Err(_) => Fault::Killed(Killed::Garbage),
        }
    }

    /// Has one job done; the process is of use only where there is a reply.
    async fn work(&mut self, plan: &Plan, order: &mut Order) -> Result<Reply, Fault> {
        self.next += 1;
        let number = self.next;
        let Self { frames, out, .. } = self;
        // A process that ends while it is written to is noticed where it is read.
        let told = async {
            let _ = out
                .write_all(&wire::frame(Tag::Job, number, &order.body))
                .await;
            order.done.closed().await;
            if !plan.kill_cancelled {
                let _ = out.write_all(&wire::frame(Tag::Cancel, number, &[])).await;
                std::future::pending::<()>().await;
            }
        };
        let over = async {
            match plan.job_limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            frame = read(frames) => match frame {
                Ok(None) => Err(Fault::Ended),
                Ok(Some(frame)) if frame.number == number => {
                    reply(frame).ok_or(Fault::Killed(Killed::Garbage))
                }
                Ok(Some(_)) | Err(_) => Err(Fault::Killed(Killed::Garbage)),
            },
            () = told => Err(Fault::Killed(Killed::Cancelled)),
            () = over => {
                let limit = plan.job_limit.unwrap_or_default();
                Err(Fault::Killed(Killed::OverTime(limit)))
            }
        }
    }

    /// Ends the process if it has not ended, and takes leave of it.
    async fn end(mut self, fault: Fault) -> io::Result<ProcessEnded> {
        let killed = match fault {
            Fault::Killed(why) => Some(why),
            Fault::Ended => None,
        };
        // One that has closed its socket and goes on is of no use either.
        let ends = async {
            if killed.is_none() {
                let _ = tokio::time::timeout(LAST_WORDS, self.child.wait()).await;
            }
            self.child.start_kill().or_else(is_dead)?;
            self.child.wait().await
        };
        let status = ends.await?;
        Ok(ProcessEnded {
            pid: self.pid,
            status,
            job: None,
            killed,
        })
    }

    /// Tells the process to end, which has nothing to do, and waits for it.
    async fn dismiss(mut self) {
        drop((self.out, self.frames));
        if tokio::time::timeout(LAST_WORDS, self.child.wait())
            .await
            .is_err()
        {
            let _ = self.child.kill().await;
        }
    }
}

/// Reads a frame; `None` when the process has ended. Cancel safe.
async fn read(frames: &mut Frames) -> io::Result<Option<Frame>> {
    match frames.next().await {
        None => Ok(None),
        Some(Ok(bytes)) => wire::parse(bytes.freeze()).map(Some).map_err(wire::invalid),
        Some(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(error),
        // A process that is killed may leave half a frame, or what it never read.
        Some(Err(_)) => Ok(None),
    }
}

/// Reads an answer; `None` where it is none.
fn reply(frame: Frame) -> Option<Reply> {
    let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
    let error = match frame.tag {
        Tag::Done => return Some(Ok(frame.body)),
        Tag::Failed => {
            let report: Report = wire::decode(&frame.body).ok()?;
            RemoteError::new(report.texts)?.into()
        }
        Tag::Panicked => JobError::Panicked(text(&frame.body)).into(),
        Tag::Unreadable => JobError::Uncarried(text(&frame.body)).into(),
        Tag::Greeting | Tag::Job | Tag::Cancel => return None,
    };
    Some(Err(error))
}

/// A process that has ended cannot be killed, and need not.
fn is_dead(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    }
}

/// The task that has a process, gives it jobs, and starts another one when it ends.
pub(crate) struct Hand {
    plan: Arc<Plan>,
    crew: Arc<Crew<Order>>,
    system: Handle,
    channel: Arc<str>,
    process: Option<Process>,
    next: oneshot::Receiver<Order>,
    /// Processes that ended in a row without a job done.
    ends: u32,
    _alive: Alive,
}

impl Hand {
    /// Signs a process on, which gets jobs from now on.
    pub(crate) fn new<C: Component>(
        cx: &Context<C>,
        plan: &Arc<Plan>,
        crew: &Arc<Crew<Order>>,
        process: Process,
    ) -> Result<Self, JobError> {
        Ok(Self {
            plan: plan.clone(),
            crew: crew.clone(),
            system: cx.system(),
            channel: cx.channel().into(),
            process: Some(process),
            next: crew.add_free(),
            ends: 0,
            _alive: crew.sign_on().ok_or(JobError::Stopped)?,
        })
    }

    /// Works until the crew ends; fails where no process can be started any more.
    pub(crate) async fn run(mut self) -> Result<(), ProcessError> {
        let crew = self.crew.clone();
        tokio::select! {
            biased;
            // The process is dropped, and killed by that.
            () = crew.until(Stage::Cut) => Ok(()),
            end = self.labor() => end,
        }
    }

    async fn labor(&mut self) -> Result<(), ProcessError> {
        loop {
            let Some(mut process) = self.process.take() else {
                // An order that comes meanwhile waits for the process.
                tokio::select! {
                    biased;
                    () = self.crew.until(Stage::Ends) => return Ok(()),
                    renewed = renew(&self.plan, self.ends) => self.process = Some(renewed?),
                }
                continue;
            };
            let order = tokio::select! {
                biased;
                fault = process.fault() => {
                    let ended = process.end(fault).await;
                    self.tell(ended, None);
                    continue;
                }
                order = &mut self.next => order,
            };
            let Ok(mut order) = order else {
                process.dismiss().await;
                return Ok(());
            };
            let reply = match process.work(&self.plan, &mut order).await {
                Ok(reply) => {
                    self.ends = 0;
                    self.process = Some(process);
                    reply
                }
                Err(fault) => {
                    let ended = process.end(fault).await;
                    Err(self.tell(ended, Some(order.job)).into())
                }
            };
            let Order { done, turn, .. } = order;
            // Free before the result is told: who has it may ask for a turn at once.
            self.next = self.crew.add_free();
            drop(turn);
            let _ = done.send(reply);
        }
    }

    /// Tells how a process ended; returns what that means for its job.
    fn tell(&mut self, ended: io::Result<ProcessEnded>, job: Option<&'static str>) -> JobError {
        self.ends += 1;
        let ended = match ended {
            Ok(ended) => ProcessEnded { job, ..ended },
            Err(error) => {
                tracing::error!(target: "circuits", %error, "a worker process cannot be ended");
                return JobError::Lost(Arc::new(error));
            }
        };
        let ProcessEnded {
            pid,
            status,
            killed,
            ..
        } = &ended;
        tracing::warn!(target: "circuits", pid, %status, ?killed, job, "a worker process ended");
        let error = match *killed {
            None => JobError::Died(*status),
            Some(Killed::OverTime(limit)) => JobError::OverTime(limit),
            Some(Killed::Garbage) => JobError::Garbage,
            Some(Killed::Cancelled) => JobError::Cancelled,
        };
        drop(self.system.on(&self.channel).fire(ended));
        error
    }
}

/// Starts a process in the place of one that ended; the more of them ended in a row,
/// the later.
async fn renew(plan: &Plan, ends: u32) -> Result<Process, ProcessError> {
    const TRIES: u32 = 5;
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);
    let mut failures = 0;
    loop {
        let step = (ends + failures).saturating_sub(2).min(16);
        if ends + failures > 1 {
            tokio::time::sleep((FIRST * 2_u32.pow(step)).min(LONGEST)).await;
        }
        match Process::start(plan).await {
            Ok(process) => return Ok(process),
            Err(error) if failures + 1 == TRIES => return Err(error),
            Err(error) => {
                failures += 1;
                tracing::warn!(target: "circuits", %error, "a worker process does not start");
            }
        }
    }
}

//! The worker that does its jobs in processes of their own.

use std::fmt;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::oneshot;

use crate::worker::crew::{Crew, Stage};
use crate::worker::hearer::Executor;
use crate::worker::jobs::Jobs;
use crate::worker::process::event::Broken;
use crate::worker::process::hand::{Hand, Order, Plan, Process};
use crate::worker::process::serve::{Served, join, serve};
use crate::worker::process::{ProcessJob, wire};
use crate::worker::{JobError, Worker};
use crate::{Context, Error, Shutdown, component, handler};

/// Does jobs in processes of their own: the same program, started once more for each.
///
/// Make it in one function, which `main` calls first to [`serve`](Self::serve), and
/// which then is the factory. Jobs and replies are carried over by serde; everything
/// else is as with a [`Worker`](crate::worker::Worker): its channel, its order, its
/// bounds, that each job is done once, how jobs are cancelled, and how it stops.
///
/// # When a process crashes
/// A panic of a job is an error, as on a thread. What ends its process (an abort, an
/// exit, a signal, too much memory) costs that job only, which fails with
/// [`JobError::Died`] and the exit status. [`ProcessEnded`](crate::worker::ProcessEnded)
/// tells, and another process takes its place: at once at first, later the more of them
/// end in a row, up to 5 s. If five of them do not even start, this life of the worker
/// ends as a failure, and its supervisor decides.
///
/// # When a job hangs
/// With [`job_limit`](Self::job_limit) the process is killed then, and replaced; so it
/// is when the worker ends without waiting for it. With
/// [`kill_cancelled`](Self::kill_cancelled) also when nobody wants the job any more.
///
/// # What the processes are
/// Each is in a process group of its own, so that a signal of the terminal reaches the
/// worker's process alone. It ends with it, however that ends, also in the middle of a
/// job. Its standard output is the standard error of the worker's process: whatever a job
/// prints, it is in nobody's way. Its standard input is empty. It is known by its first
/// argument, `--circuits-worker`.
///
/// # Examples
///
/// ```no_run
/// use circuits::prelude::*;
/// use circuits::worker::{Job, JobContext, ProcessWorker, Worker};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Clone, Serialize, Deserialize)]
/// #[event(channel = "worker", reply = usize)]
/// struct Words(String);
///
/// impl Job for Words {
///     fn run(&self, _cx: &JobContext) -> Result<usize, Error> {
///         Ok(std::fs::read_to_string(&self.0)?.split_whitespace().count())
///     }
/// }
///
/// fn worker() -> ProcessWorker {
///     Worker::processes(2).job::<Words>()
/// }
///
/// #[tokio::main]
/// async fn main() -> circuits::Result<()> {
///     worker().serve(); // first: this goes no further in a worker process
///     let system = System::new();
///     system.supervise(worker).await?;
///     println!("{}", system.call(Words("README.md".into())).await?);
///     Ok(())
/// }
/// ```
#[component(channel = "worker", crate = crate)]
#[derive(Clone)]
pub struct ProcessWorker {
    processes: usize,
    max_queue: Option<usize>,
    shutdown: Shutdown,
    plan: Plan,
    jobs: Jobs<Processes>,
    served: Vec<Served>,
    life: Option<Arc<Life>>,
}

impl Worker {
    /// Makes a worker with so many processes, from 1 to 1,024.
    pub fn processes(processes: usize) -> ProcessWorker {
        ProcessWorker::new(processes)
    }
}

impl ProcessWorker {
    fn new(processes: usize) -> Self {
        Self {
            processes: processes.clamp(1, 1024),
            max_queue: None,
            shutdown: Shutdown::After(Duration::from_secs(5)),
            plan: Plan {
                program: None,
                env: Vec::new(),
                start_limit: Duration::from_secs(10),
                job_limit: None,
                max_frame: 16 * 1024 * 1024,
                kill_cancelled: false,
                jobs: Vec::new(),
            },
            jobs: Jobs::new(),
            served: Vec::new(),
            life: None,
        }
    }

    /// Serves jobs and ends the process, if this is one that a worker has started;
    /// returns at once if it is not.
    ///
    /// Call it first in `main`, before anything is read, written, or started.
    pub fn serve(&self) {
        serve(&self.served, self.plan.max_frame);
    }

    /// Makes it do jobs of a type.
    #[must_use]
    pub fn job<J: ProcessJob>(mut self) -> Self {
        if self.jobs.add::<J>() {
            self.served.push(Served::of::<J>());
            self.plan.jobs.push(J::NAME);
        }
        self
    }

    /// Sets how many jobs may wait; see [`Worker::max_queue`].
    #[must_use]
    pub fn max_queue(mut self, jobs: usize) -> Self {
        self.max_queue = Some(jobs);
        self
    }

    /// Sets how long running jobs are waited for when the worker ends; 5 s unless said.
    #[must_use]
    pub fn shutdown(mut self, limit: impl Into<Shutdown>) -> Self {
        self.shutdown = limit.into();
        self
    }

    /// Sets how long one job may take before its process is killed; no limit, unless
    /// said.
    #[must_use]
    pub fn job_limit(mut self, limit: Duration) -> Self {
        self.plan.job_limit = Some(limit);
        self
    }

    /// Sets how long a process may take to start; 10 s unless said.
    #[must_use]
    pub fn start_limit(mut self, limit: Duration) -> Self {
        self.plan.start_limit = limit;
        self
    }

    /// Sets how many bytes a job and a reply may take; 16 MiB unless said. What is
    /// larger fails with [`JobError::Uncarried`].
    #[must_use]
    pub fn max_frame(mut self, bytes: usize) -> Self {
        self.plan.max_frame = bytes.min(u32::MAX as usize);
        self
    }

    /// Makes it kill the process of a running job that nobody wants any more, instead
    /// of telling the job.
    #[must_use]
    pub fn kill_cancelled(mut self) -> Self {
        self.plan.kill_cancelled = true;
        self
    }

    /// Starts another program than this one; it has to serve the same jobs.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.plan.program = Some(path.into());
        self
    }

    /// Sets a variable in the environment of the processes, which is else that of this
    /// one.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.plan.env.push((key.into(), value.into()));
        self
    }
}

/// As many processes as there are processors, and no jobs yet.
impl Default for ProcessWorker {
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, NonZero::get))
    }
}

#[component(crate = crate)]
impl ProcessWorker {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let crew = Arc::new(Crew::new(self.processes, self.max_queue));
        self.life = Some(Arc::new(Life(crew.clone())));
        let plan = Arc::new(self.plan.clone());
        let starts = (0..self.processes).map(|_| Process::start(&plan));
        for process in try_join_all(starts).await? {
            let hand = Hand::new(cx, &plan, &crew, process)?;
            let (system, worker) = (cx.system(), cx.address());
            cx.spawn(async move {
                if let Err(error) = hand.run().await {
                    let error = Error::fatal(error);
                    system.to(&worker).fire(Broken { error }).await;
                }
            });
        }
        let executor = Processes {
            plan,
            crew: crew.clone(),
        };
        self.jobs.start(cx, &executor, &crew, self.shutdown).await
    }

    #[handler("broken")]
    fn broken(&mut self, event: &Broken) -> Result<(), Error> {
        Err(event.error.clone())
    }

    #[handler("stopped")]
    async fn stopped(&mut self) {
        if let Some(Life(crew)) = self.life.as_deref() {
            crew.end();
            crew.ended().await;
        }
    }
}

impl fmt::Debug for ProcessWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.plan.jobs.join(", ");
        write!(f, "ProcessWorker({} processes: {jobs})", self.processes)
    }
}

/// The processes of one life of a worker; they end with it.
struct Life(Arc<Crew<Order>>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// The processes of one life, as those see them who have jobs.
#[derive(Clone)]
pub(crate) struct Processes {
    plan: Arc<Plan>,
    crew: Arc<Crew<Order>>,
}

impl<J: ProcessJob> Executor<J> for Processes {
    async fn execute(&self, job: &J) -> Result<J::Reply, Error> {
        let uncarried = |text: String| JobError::Uncarried(text);
        let job = wire::encode(job).map_err(|error| uncarried(error.to_string()))?;
        let index = self.plan.jobs.iter().position(|name| *name == J::NAME);
        let body = join(index.unwrap_or(usize::MAX), &job);
        let (size, limit) = (wire::size(&body), self.plan.max_frame);
        if size > limit {
            let text = format!("it takes {size} bytes, and `max_frame` allows {limit}");
            return Err(uncarried(text).into());
        }
        let turn = self.crew.turn().await?;
        let (done, reply) = oneshot::channel();
        let order = Order {
            job: J::NAME,
            body,
            done,
            turn,
        };
        self.crew.give(order).map_err(|_| JobError::Stopped)?;
        let reply = tokio::select! {
            biased;
            reply = reply => reply.unwrap_or_else(|_| Err(JobError::Abandoned.into())),
            () = self.crew.until(Stage::Cut) => Err(JobError::Abandoned.into()),
        }?;
        Ok(wire::decode(&reply).map_err(|error| uncarried(error.to_string()))?)
    }
}

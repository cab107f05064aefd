//! The worker that does its jobs on threads of its own.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::worker::crew::{Crew, Stage, Turn};
use crate::worker::hearer::Executor;
use crate::worker::job::{Cancels, message};
use crate::worker::jobs::Jobs;
use crate::worker::pool::Life;
use crate::worker::{Job, JobContext, JobError, Pool};
use crate::{Context, Error, Shutdown, component, handler};

/// Does jobs on threads of its own.
///
/// It hears the types of jobs that were added with [`job`](Self::job) on its channel,
/// `"worker"`, unless `supervise(..).channel("..")` puts it on another; as any
/// component, it hears as well what is fired on `"*"`. Closures are run by
/// [`pool`](Self::pool).
///
/// # Order and bounds
/// Jobs are begun in the order in which they come, of whatever type, as soon as a
/// thread is free; they end in any order. Threads are started when they are needed,
/// stay, and end with the worker.
///
/// Jobs that find no thread free wait: 1,024 of each type in the worker, those after
/// them in its mailbox, which holds 1,024 more and then keeps its senders waiting, as
/// every mailbox does. With [`max_queue`](Self::max_queue) no more than that many
/// wait, and the next one fails at once with [`JobError::Full`].
///
/// # Done once
/// Each job is done by one thread. A second worker that does the same type of job on
/// the same channel does not start, and says so: use more threads, or another
/// channel. Workers on several channels are several handlers of what is fired on `"*"`.
///
/// # When things fail
/// An `Err` or a panic of a job goes to its caller, as `CallError::Failed`, and is fired
/// as an `exception`; the thread goes on. In a program built with `panic = "abort"` a
/// panic ends the process.
///
/// # When nobody waits for a job
/// A job that waits for its turn when its caller goes (its time is over, its future was
/// dropped) is not begun: [`JobError::Cancelled`]. So is one whose event is cancelled
/// (`fire(..).cancelable()`), in silence. A job that runs is told
/// by [`JobContext::is_cancelled`], and its result vanishes.
///
/// # When it stops
/// In a `stop`, jobs that wait fail at once with [`JobError::Stopped`]; those that run are
/// waited for as long as [`shutdown`](Self::shutdown) says, then they get
/// [`JobError::Abandoned`]. In a drain (also `unregister`, and a system that ends by a
/// signal) the jobs that wait are done as well; each type of job has that time. Killed, it
/// waits for nothing. What is not waited for is told by [`JobContext::is_cancelled`], and
/// its thread ends when it returns, or with the process.
///
/// # Tests with a paused clock
/// The clock does not wait for these threads: a time limit is over at once. Await the
/// call without one.
#[component(channel = "worker", crate = crate)]
pub struct Worker {
    threads: usize,
    max_queue: Option<usize>,
    shutdown: Shutdown,
    jobs: Jobs<Threads>,
    pool: Pool,
    life: Option<Life>,
}

impl Worker {
    /// Makes a worker with so many threads, from 1 to 4,096.
    pub fn threads(threads: usize) -> Self {
        Self {
            threads: threads.clamp(1, 4096),
            max_queue: None,
            shutdown: Shutdown::After(Duration::from_secs(5)),
            jobs: Jobs::new(),
            pool: Pool::default(),
            life: None,
        }
    }

    /// Makes it do jobs of a type.
    #[must_use]
    pub fn job<J: Job>(mut self) -> Self {
        self.jobs.add::<J>();
        self
    }

    /// Sets how many jobs, of all types, may wait for a thread; further ones fail at
    /// once. Unless said, all wait, as [above](Self#order-and-bounds).
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

    /// Returns its threads, to run closures on.
    pub fn pool(&self) -> Pool {
        self.pool.clone()
    }
}

/// Ten threads, and no jobs yet.
impl Default for Worker {
    fn default() -> Self {
        Self::threads(10)
    }
}

/// Made for the factory of `supervise`: of all clones, one can run at a time.
impl Clone for Worker {
    fn clone(&self) -> Self {
        Self {
            threads: self.threads,
            max_queue: self.max_queue,
            shutdown: self.shutdown,
            jobs: self.jobs.clone(),
            pool: self.pool.clone(),
            life: None,
        }
    }
}

#[component(crate = crate)]
impl Worker {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> Result<(), Error> {
        let crew = Arc::new(Crew::new(self.threads, self.max_queue));
        let threads = Threads { crew };
        let life = self.life.insert(self.pool.open(threads)?);
        let (threads, crew) = (&life.threads, &life.threads.crew);
        self.jobs.start(cx, threads, crew, self.shutdown).await
    }

    /// Those who hear the jobs have ended: what still runs are closures.
    #[handler("stopped")]
    async fn stopped(&mut self) {
        if let Some(life) = &self.life {
            life.threads.crew.end();
            life.threads.crew.ended().await;
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs: Vec<_> = self.jobs.names().collect();
        write!(f, "Worker({} threads: {})", self.threads, jobs.join(", "))
    }
}

/// The threads of one life, as those see them who have jobs.
#[derive(Clone)]
pub(crate) struct Threads {
    pub(crate) crew: Arc<Crew<Task>>,
}

/// What a thread is given: the work, and its turn.
pub(crate) struct Task {
    work: Box<dyn Work>,
    turn: Turn,
}

trait Work: Send {
    fn perform(&mut self);
    /// Tells the result, once the thread is free again.
    fn report(self: Box<Self>);
}

struct Assignment<F, T> {
    work: Option<F>,
    cx: JobContext,
    outcome: Option<Result<T, JobError>>,
    done: oneshot::Sender<Result<T, JobError>>,
}

impl<F, T> Work for Assignment<F, T>
where
    F: FnOnce(&JobContext) -> T + Send,
    T: Send,
{
    fn perform(&mut self) {
        if let Some(work) = self.work.take() {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(&self.cx)));
            self.outcome = Some(outcome.map_err(|panic| JobError::Panicked(message(&*panic))));
        }
    }

    fn report(self: Box<Self>) {
        if let Some(outcome) = self.outcome {
            let _ = self.done.send(outcome);
        }
    }
}

impl Threads {
    /// Runs a closure on one of the threads, when it is its turn.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, JobError>
    where
        T: Send + 'static,
        F: FnOnce(&JobContext) -> T + Send + 'static,
    {
        let turn = self.crew.turn().await?;
        let (_cancels, cx) = Cancels::new();
        let (done, result) = oneshot::channel();
        let work = Box::new(Assignment {
            work: Some(work),
            cx,
            outcome: None,
            done,
        });
        self.give(Task { work, turn })?;
        tokio::select! {
            biased;
            result = result => result.unwrap_or(Err(JobError::Abandoned)),
            () = self.crew.until(Stage::Cut) => Err(JobError::Abandoned),
        }
    }

    /// Gives a task to a free thread, or to a new one.
    fn give(&self, task: Task) -> Result<(), JobError> {
        let Err(task) = self.crew.give(task) else {
            return Ok(());
        };
        let alive = self.crew.sign_on().ok_or(JobError::Stopped)?;
        let crew = self.crew.clone();
        let thread = thread::Builder::new().name("circuits-worker".to_owned());
        let labors = move || {
            labor(&crew, task);
            drop(alive);
        };
        match thread.spawn(labors) {
            Ok(_) => Ok(()),
            Err(error) => Err(JobError::Thread(Arc::new(error))),
        }
    }
}

/// What a thread does, until there is nothing to do any more.
fn labor(crew: &Crew<Task>, mut task: Task) {
    loop {
        let Task { mut work, turn } = task;
        work.perform();
        // Free before the result is told: who has it may ask for a turn at once.
        let next = crew.add_free();
        drop(turn);
        // A result that nobody takes is dropped here, and may panic at that.
        let _ = catch_unwind(AssertUnwindSafe(|| work.report()));
        match next.blocking_recv() {
            Ok(given) => task = given,
            Err(_) => return,
        }
    }
}

impl<J: Job> Executor<J> for Threads {
    async fn execute(&self, job: &J) -> Result<J::Reply, Error> {
        let job = job.clone();
        self.run(move |cx| job.run(cx)).await?
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.crew, f)
    }
}

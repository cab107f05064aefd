//! Who does the jobs of one life of a worker, and how that ends.
//!
//! ```text
//! caller ─► room ─► turn (first come, first served) ─► a free hand ─► result
//!           full?   waits: fails at once when the      runs: waited for,
//!                   crew has ended                     until the crew is cut
//! ```
//!
//! A job waits in its caller's own future, so one that goes leaves no trace. A turn
//! goes along with the job and comes back when the job has ended, wanted or not.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use crate::worker::JobError;

/// The hands that do tasks of type `T`, so many at once.
pub(crate) struct Crew<T> {
    /// One permit for each hand. Tokio's semaphore is fair: it is the queue.
    turns: Arc<Semaphore>,
    /// One permit for each job that may run or wait; none where all may wait.
    room: Option<Room>,
    hands: Mutex<Hands<T>>,
    /// Comes to its end when the last hand has left.
    ended: tokio::sync::Mutex<mpsc::Receiver<()>>,
    stage: watch::Sender<Stage>,
}

/// How far a crew is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Works,
    /// Nothing begins any more.
    Ends,
    /// Running jobs are not waited for.
    Cut,
}

struct Room {
    places: Arc<Semaphore>,
    limit: usize,
}

struct Hands<T> {
    /// Those who have nothing to do.
    free: Vec<oneshot::Sender<T>>,
    /// Cloned for each hand; `None` once the crew has ended.
    alive: Option<mpsc::Sender<()>>,
}

/// The right to have one job done; held until the job has ended.
pub(crate) struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: Option<OwnedSemaphorePermit>,
}

/// Held by each hand until it leaves.
pub(crate) struct Alive {
    _alive: mpsc::Sender<()>,
}

impl<T> Crew<T> {
    /// Makes a crew of so many hands; with a limit, so many jobs may wait.
    pub(crate) fn new(hands: usize, limit: Option<usize>) -> Self {
        let (alive, ended) = mpsc::channel(1);
        let room = limit.map(|limit| {
            let places = hands.saturating_add(limit).min(Semaphore::MAX_PERMITS);
            let places = Arc::new(Semaphore::new(places));
            Room { places, limit }
        });
        Self {
            turns: Arc::new(Semaphore::new(hands)),
            room,
            hands: Mutex::new(Hands {
                free: Vec::new(),
                alive: Some(alive),
            }),
            ended: tokio::sync::Mutex::new(ended),
            stage: watch::Sender::new(Stage::Works),
        }
    }

    /// Waits for the right to a hand, in the order of asking.
    pub(crate) async fn turn(&self) -> Result<Turn, JobError> {
        if self.turns.is_closed() {
            return Err(JobError::Stopped);
        }
        let place = match &self.room {
            Some(Room { places, limit }) => {
                let place = places.clone().try_acquire_owned();
                Some(place.map_err(|_| JobError::Full(*limit))?)
            }
            None => None,
        };
        let turn = self.turns.clone().acquire_owned().await;
        Ok(Turn {
            _turn: turn.map_err(|_| JobError::Stopped)?,
            _place: place,
        })
    }

    /// Gives a task to a hand that is free; gives it back where there is none.
    pub(crate) fn give(&self, mut task: T) -> Result<(), T> {
        loop {
            let Some(hand) = self.hands().free.pop() else {
                return Err(task);
            };
            match hand.send(task) {
                Ok(()) => return Ok(()),
                Err(back) => task = back,
            }
        }
    }

    /// Says that a hand is free; returns what brings its next task, which ends
    /// without one where there will be none.
    pub(crate) fn add_free(&self) -> oneshot::Receiver<T> {
        let (sender, task) = oneshot::channel();
        let mut hands = self.hands();
        if hands.alive.is_some() {
            hands.free.push(sender);
        }
        task
    }

    /// Signs a hand on; `None` once the crew has ended.
    pub(crate) fn sign_on(&self) -> Option<Alive> {
        let alive = self.hands().alive.clone()?;
        Some(Alive { _alive: alive })
    }

    /// Ends the crew: jobs that wait for a turn fail at once, hands that are free
    /// leave, the others leave when their job is done.
    pub(crate) fn end(&self) {
        self.turns.close();
        self.enter(Stage::Ends);
        let mut hands = self.hands();
        let rest = (std::mem::take(&mut hands.free), hands.alive.take());
        drop(hands);
        drop(rest);
    }

    /// Waits until all hands have left, once the crew has been ended, or until it
    /// is cut.
    pub(crate) async fn ended(&self) {
        let ended = async {
            let mut ended = self.ended.lock().await;
            while ended.recv().await.is_some() {}
        };
        tokio::select! {
            biased;
            () = ended => {}
            () = self.until(Stage::Cut) => {}
        }
    }

    /// Ends the crew, and waits for running jobs no more.
    pub(crate) fn cut(&self) {
        self.end();
        self.enter(Stage::Cut);
    }

    /// Waits until the crew is as far as this.
    pub(crate) async fn until(&self, stage: Stage) {
        // The sender lives as long as this does.
        let _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }

    fn enter(&self, stage: Stage) {
        self.stage.send_if_modified(|now| {
            let goes_on = *now < stage;
            *now = stage.max(*now);
            goes_on
        });
    }

    fn hands(&self) -> MutexGuard<'_, Hands<T>> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> fmt::Debug for Crew<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crew({} turns)", self.turns.available_permits())
    }
}

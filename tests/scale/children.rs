//! Children that end badly: they hang, take their time, panic or block.

use std::fmt;
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use circuits::component::Declare;
use circuits::prelude::*;
use circuits::supervisor::ChildSpec;
use circuits::{Backoff, Options, Shutdown};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::plan::STRATEGIES;
use crate::random::{ON_PURPOSE, Random};

/// So many levels, without the root.
const DEPTH: usize = 4;

/// How a child behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It ends when it is told to.
    Prompt,
    HangsInHandler,
    HangsInStopped,
    /// Its `stopped` handler takes so long.
    TakesTime(Duration),
    /// A handler that runs when it is told to end panics after so long.
    PanicsInHandler(Duration),
    PanicsInStopped,
    PanicsInDrop,
    /// It fails, and its next life never starts.
    HangsInRestart,
    /// It fails, and waits out a long backoff.
    WaitsToRestart,
    BlocksInHandler,
    BlocksInStopped,
    BlocksInDrop,
}

impl Manner {
    pub(crate) const ON_VIRTUAL_TIME: [Self; 10] = [
        Self::Prompt,
        Self::Prompt,
        Self::HangsInHandler,
        Self::HangsInStopped,
        Self::TakesTime(Duration::ZERO),
        Self::PanicsInHandler(Duration::ZERO),
        Self::PanicsInStopped,
        Self::PanicsInDrop,
        Self::HangsInRestart,
        Self::WaitsToRestart,
    ];

    /// Without those that restart: a group that is restarted would stop those
    /// that block before the tree ends.
    pub(crate) const ON_REAL_TIME: [Self; 11] = [
        Self::Prompt,
        Self::Prompt,
        Self::HangsInHandler,
        Self::HangsInStopped,
        Self::TakesTime(Duration::ZERO),
        Self::PanicsInHandler(Duration::ZERO),
        Self::PanicsInStopped,
        Self::PanicsInDrop,
        Self::BlocksInHandler,
        Self::BlocksInStopped,
        Self::BlocksInDrop,
    ];

    fn blocks(self) -> bool {
        let others = matches!(self, Self::BlocksInStopped | Self::BlocksInDrop);
        others || self == Self::BlocksInHandler
    }

    /// Returns how long it takes to end if nobody kills it; `None` for ever.
    fn needs(self) -> Option<Duration> {
        match self {
            Self::Prompt | Self::PanicsInStopped | Self::PanicsInDrop => Some(Duration::ZERO),
            Self::TakesTime(time) | Self::PanicsInHandler(time) => Some(time),
            _ => None,
        }
    }
}

/// A random tree of such children.
pub(crate) struct Forest(Arc<Shared>);

struct Shared {
    children: Vec<Planned>,
    stopping: watch::Sender<bool>,
    gate: Gate,
    values: AtomicUsize,
}

#[derive(Debug)]
struct Planned {
    parent: Option<usize>,
    strategy: usize,
    manner: Manner,
    shutdown: Shutdown,
}

impl Forest {
    /// Draws a tree of at most so many children, whose times are at most so many
    /// milliseconds. At most three of them block.
    pub(crate) fn draw(random: &mut Random, manners: &[Manner], most: usize, longest: u64) -> Self {
        let time = |random: &mut Random| {
            let millis = 1 + random.below(longest as usize);
            Duration::from_millis(millis as u64)
        };
        let mut children: Vec<Planned> = Vec::new();
        let mut depths: Vec<usize> = Vec::new();
        let mut blocking = 0;
        for number in 0..=random.below(most) {
            let parent = random.below(number + 1).checked_sub(1);
            let parent = parent.filter(|it| depths[*it] < DEPTH);
            depths.push(parent.map_or(1, |it| depths[it] + 1));
            let mut manner = match random.pick(manners) {
                Manner::TakesTime(_) => Manner::TakesTime(2 * time(random)),
                Manner::PanicsInHandler(_) => Manner::PanicsInHandler(2 * time(random)),
                manner => manner,
            };
            if manner.blocks() {
                blocking += 1;
                if blocking > 3 {
                    manner = Manner::Prompt;
                }
            }
            let shutdown = match random.below(10) {
                0 => Shutdown::Brutal,
                1..4 if manner.needs().is_some() => Shutdown::Infinite,
                _ => Shutdown::After(time(random)),
            };
            children.push(Planned {
                parent,
                strategy: random.below(STRATEGIES.len()),
                manner,
                shutdown,
            });
        }
        Self(Arc::new(Shared {
            children,
            stopping: watch::Sender::new(false),
            gate: Gate::default(),
            values: AtomicUsize::new(0),
        }))
    }

    /// Starts all of it, and lets all handle one event.
    pub(crate) async fn start(&self) -> System {
        let system = System::with(Options::new().unlimited_restarts());
        for number in self.0.children_of(None) {
            let started = system.children().start(spec(&self.0, number)).await;
            started.unwrap();
        }
        drop(system.on("child").fire(Act));
        system
    }

    /// Returns the sum of the times that all of them may take to end.
    pub(crate) fn time(&self) -> Duration {
        let times = self.0.children.iter().map(|child| match child.shutdown {
            Shutdown::Brutal => Duration::ZERO,
            Shutdown::After(limit) => limit,
            Shutdown::Infinite => child.manner.needs().unwrap(),
        });
        times.sum()
    }

    /// Tells the handlers that wait for it that the end has begun.
    pub(crate) fn set_stopping(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Returns how many values of components there are.
    pub(crate) fn values(&self) -> usize {
        self.0.values.load(Ordering::SeqCst)
    }

    /// Returns how many children block at some time.
    pub(crate) fn blocking(&self) -> usize {
        let children = self.0.children.iter();
        children.filter(|child| child.manner.blocks()).count()
    }

    /// Returns how many block before anybody is told to end.
    pub(crate) fn blocking_at_once(&self) -> usize {
        let children = self.0.children.iter();
        let block = children.filter(|child| child.manner == Manner::BlocksInHandler);
        block.count()
    }

    /// Returns how many threads are blocked, or were.
    pub(crate) fn blocked(&self) -> usize {
        self.0.gate.blocked.load(Ordering::SeqCst)
    }

    /// Makes ready for a start, after an end.
    pub(crate) fn reset(&self) {
        *self.0.gate.is_open.lock().unwrap() = false;
        self.0.gate.blocked.store(0, Ordering::SeqCst);
        self.0.stopping.send_replace(false);
    }

    /// Lets all blocked threads go on.
    pub(crate) fn unblock(&self) {
        *self.0.gate.is_open.lock().unwrap() = true;
        self.0.gate.bell.notify_all();
    }
}

impl fmt::Debug for Forest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0.children).finish()
    }
}

impl Shared {
    fn children_of(&self, parent: Option<usize>) -> Vec<usize> {
        let numbers = 0..self.children.len();
        let theirs = numbers.filter(|number| self.children[*number].parent == parent);
        theirs.collect()
    }
}

/// Where threads wait.
#[derive(Default)]
struct Gate {
    is_open: Mutex<bool>,
    bell: Condvar,
    blocked: AtomicUsize,
}

impl Gate {
    fn block(&self) {
        let mut is_open = self.is_open.lock().unwrap();
        self.blocked.fetch_add(1, Ordering::SeqCst);
        while !*is_open {
            is_open = self.bell.wait(is_open).unwrap();
        }
    }
}

/// What some of them handle badly.
#[derive(Event)]
struct Act;

struct Child<const STRATEGY: usize> {
    number: usize,
    shared: Arc<Shared>,
}

impl<const STRATEGY: usize> Declare for Child<STRATEGY> {
    const OPTIONS: Options = Options::new()
        .channel("child")
        .strategy(STRATEGIES[STRATEGY])
        .unlimited_restarts();
}

fn spec(shared: &Arc<Shared>, number: usize) -> ChildSpec {
    match shared.children[number].strategy {
        0 => child::<0>(shared, number),
        1 => child::<1>(shared, number),
        2 => child::<2>(shared, number),
        _ => child::<3>(shared, number),
    }
}

fn child<const STRATEGY: usize>(shared: &Arc<Shared>, number: usize) -> ChildSpec {
    let Planned {
        manner, shutdown, ..
    } = shared.children[number];
    let shared = shared.clone();
    let spec = ChildSpec::new(format!("c{number}"), move || {
        shared.values.fetch_add(1, Ordering::SeqCst);
        Child::<STRATEGY> {
            number,
            shared: shared.clone(),
        }
    });
    let spec = spec.shutdown(shutdown);
    match manner {
        Manner::WaitsToRestart => spec.backoff(Backoff::constant(Duration::from_secs(3600))),
        _ => spec,
    }
}

impl<const STRATEGY: usize> Child<STRATEGY> {
    fn manner(&self) -> Manner {
        self.shared.children[self.number].manner
    }
}

#[component]
impl<const STRATEGY: usize> Child<STRATEGY> {
    #[handler("started")]
    async fn started(&mut self, cx: &Context<Self>) -> circuits::Result<()> {
        if self.manner() == Manner::HangsInRestart && cx.life() > 1 {
            pending::<()>().await;
        }
        for number in self.shared.children_of(Some(self.number)) {
            cx.children().start(spec(&self.shared, number)).await?;
        }
        Ok(())
    }

    #[handler("act")]
    async fn act(&mut self, _event: &Act) {
        match self.manner() {
            Manner::HangsInHandler => pending().await,
            Manner::PanicsInHandler(time) => {
                let mut stopping = self.shared.stopping.subscribe();
                let _ = stopping.wait_for(|stopping| *stopping).await;
                sleep(time).await;
                panic!("{ON_PURPOSE}");
            }
            Manner::HangsInRestart | Manner::WaitsToRestart => panic!("{ON_PURPOSE}"),
            Manner::BlocksInHandler => self.shared.gate.block(),
            _ => {}
        }
    }

    #[handler("stopped")]
    async fn stopped(&mut self) {
        match self.manner() {
            Manner::HangsInStopped => pending().await,
            Manner::TakesTime(time) => sleep(time).await,
            Manner::PanicsInStopped => panic!("{ON_PURPOSE}"),
            Manner::BlocksInStopped => self.shared.gate.block(),
            _ => {}
        }
    }
}

impl<const STRATEGY: usize> Drop for Child<STRATEGY> {
    fn drop(&mut self) {
        self.shared.values.fetch_sub(1, Ordering::SeqCst);
        match self.manner() {
            Manner::PanicsInDrop if !std::thread::panicking() => panic!("{ON_PURPOSE}"),
            Manner::BlocksInDrop => self.shared.gate.block(),
            _ => {}
        }
    }
}

//! Cases: who does what, in rounds.
//!
//! ```text
//! for each round: for each case: each side once   (who begins changes)
//! ```

use std::future::Future;
use std::time::Duration;

use crate::harness::{On, median};
use crate::peers::{Actix, ByAddress, ByChannel, ByHand, Kameo, Peer, Ractor, Xtra};

/// The names of all sides, in the order of the tables.
pub(crate) const NAMES: [&str; 7] = [
    ByHand::NAME,
    ByChannel::NAME,
    ByAddress::NAME,
    Kameo::NAME,
    Ractor::NAME,
    Actix::NAME,
    Xtra::NAME,
];

/// What belongs into one chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Telling,
    Asking,
    Many,
    Living,
}

impl Theme {
    pub(crate) const ALL: [Self; 4] = [Self::Telling, Self::Asking, Self::Many, Self::Living];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Telling => "One event to one receiver",
            Self::Asking => "There and back",
            Self::Many => "One event to many",
            Self::Living => "Starting, failing, ending",
        }
    }

    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Telling => "telling",
            Self::Asking => "asking",
            Self::Many => "many",
            Self::Living => "living",
        }
    }
}

/// What the same driver does with every peer.
pub(crate) trait Workload: Clone + Send + 'static {
    /// Does so many operations, checks what came of them, and returns the time.
    fn run<P: Peer>(self, peer: P, count: u64) -> impl Future<Output = Duration> + Send + 'static;
}

/// One peer in a case.
pub(crate) struct Side {
    pub(crate) name: &'static str,
    run: Box<dyn Fn() -> Duration>,
}

/// One workload on one runtime, done by each peer that can.
pub(crate) struct Case {
    pub(crate) workload: String,
    pub(crate) on: On,
    pub(crate) theme: Theme,
    /// How many operations one run makes.
    pub(crate) count: u64,
    /// No more rounds than that, since one takes long.
    most: usize,
    pub(crate) sides: Vec<Side>,
}

impl Case {
    pub(crate) fn new(theme: Theme, workload: &str, on: On, count: u64) -> Self {
        Self {
            workload: workload.to_owned(),
            on,
            theme,
            count,
            most: usize::MAX,
            sides: Vec::new(),
        }
    }

    pub(crate) fn at_most(mut self, rounds: usize) -> Self {
        self.most = rounds;
        self
    }

    /// Adds all peers, with a driver that is the same for all.
    pub(crate) fn all(self, work: impl Workload) -> Self {
        let case = self.peer::<ByHand>(work.clone());
        let case = case.peer::<ByChannel>(work.clone());
        let case = case.peer::<ByAddress>(work.clone());
        let case = case.peer::<Kameo>(work.clone());
        let case = case.peer::<Ractor>(work.clone());
        let case = case.peer::<Actix>(work.clone());
        case.peer::<Xtra>(work)
    }

    fn peer<P: Peer>(self, work: impl Workload) -> Self {
        self.side::<P, _>(move |peer, count| work.clone().run(peer, count))
    }

    /// Adds one peer, with a driver of its own.
    pub(crate) fn side<P: Peer, F>(
        mut self,
        work: impl Fn(P, u64) -> F + Clone + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Duration> + Send + 'static,
    {
        let (on, count) = (self.on, self.count);
        let run = move || {
            let work = work.clone();
            P::run(on, async move {
                let working = work(P::begin(on), count);
                working.await
            })
        };
        self.sides.push(Side {
            name: P::NAME,
            run: Box::new(run),
        });
        self
    }

    /// Leaves a peer out that has no such thing.
    pub(crate) fn without<P: Peer>(mut self) -> Self {
        self.sides.retain(|side| side.name != P::NAME);
        self
    }

    pub(crate) fn label(&self) -> String {
        format!("{}, {}", self.workload, self.on.label())
    }
}

/// What came of one case.
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) on: On,
    pub(crate) theme: Theme,
    pub(crate) cells: Vec<Cell>,
}

/// What came of one side of it.
pub(crate) struct Cell {
    pub(crate) name: &'static str,
    /// The median time of one operation.
    pub(crate) nanoseconds: f64,
    /// The median of its times divided by those of the baseline.
    pub(crate) ratio: f64,
}

impl Row {
    pub(crate) fn cell(&self, name: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.name == name)
    }
}

/// Measures all cases, round by round.
pub(crate) fn measure(cases: &[Case], rounds: usize) -> Vec<Row> {
    let mut times: Vec<Vec<Vec<f64>>> = Vec::new();
    times.resize_with(cases.len(), Vec::new);
    for round in 0..rounds {
        for (case, times) in cases.iter().zip(&mut times) {
            if round < case.most {
                times.push(case.round(round));
            }
        }
    }
    eprint!("\r{:<70}\r", "");
    let rows = cases.iter().zip(&times);
    rows.map(|(case, times)| case.row(times)).collect()
}

impl Case {
    /// Lets each side run once, and returns nanoseconds an operation.
    fn round(&self, round: usize) -> Vec<f64> {
        let mut times = vec![0.0; self.sides.len()];
        for turn in 0..self.sides.len() {
            // Whoever comes later finds a warmer machine, so they take turns.
            let at = (turn + round) % self.sides.len();
            let what = format!("{}: {}, {}", round + 1, self.label(), self.sides[at].name);
            eprint!("\r{what:<70}");
            let time = (self.sides[at].run)();
            times[at] = time.as_nanos() as f64 / self.count as f64;
        }
        times
    }

    fn row(&self, rounds: &[Vec<f64>]) -> Row {
        let baseline = self.sides.iter().position(|side| side.name == ByHand::NAME);
        let of = |at: usize| rounds.iter().map(move |round| round[at]);
        let cell = |at: usize| Cell {
            name: self.sides[at].name,
            nanoseconds: median(of(at).collect()),
            // Neighbors in time are compared, so that a busy minute weighs on both.
            ratio: baseline.map_or(f64::NAN, |hand| {
                median(of(at).zip(of(hand)).map(|(it, hand)| it / hand).collect())
            }),
        };
        Row {
            workload: self.workload.clone(),
            on: self.on,
            theme: self.theme,
            cells: (0..self.sides.len()).map(cell).collect(),
        }
    }
}
